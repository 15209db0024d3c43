"""A small HTTP server that misbehaves on order: raw sockets, so that every fault of the wire can be shown."""

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

Answerer = Callable[[socket.socket, "Request"], bool]  # True: the connection stays open


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    connection: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """Serves on a free port; the answers are used in turn, the last one for good."""

    def __init__(
        self, *answers: Answerer, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self._answers = answers
        self._tls = tls
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, dualstack_ipv6=host == "::")
        self._listener.settimeout(0.03)
        self._open = True
        self._sockets: list[socket.socket] = []
        self.requests: list[Request] = []
        self.connections = 0
        self._peers: set[int] = set()
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._thread.join()
        self._listener.close()
        self.drop()

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://localhost:{self.port}"

    def settled(self) -> int:
        """How many connections came before this question: they are accepted in order, and so is our own."""
        with socket.create_connection(("127.0.0.1", self.port)) as probe:
            while probe.getsockname()[1] not in self._peers:
                time.sleep(0.001)
        self.connections -= 1
        return self.connections

    def drop(self) -> None:
        """Close every connection from this side."""
        for sock in self._sockets:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._sockets.clear()

    def _accept(self) -> None:
        while self._open:
            try:
                sock, peer = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            self._peers.add(peer[1])
            threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        with suppress(OSError, ValueError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            self._sockets.append(sock)
            reader = sock.makefile("rb")
            while (request := _read(reader, number)) is not None:
                self.requests.append(request)
                answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
                if not answer(sock, request):
                    break
            reader.close()
            sock.close()


def _read(reader: Any, number: int) -> Request | None:
    line = reader.readline().decode()
    if not line:
        return None
    method, path, _ = line.split(" ", 2)
    headers = {}
    while (header := reader.readline().decode().strip()) != "":
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    return Request(number, method, path, headers, reader.read(int(headers.get("content-length", 0))))


def head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def body(content: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Answerer:
    """A whole answer; the connection stays open."""

    def answer(sock: socket.socket, _: Request) -> bool:
        sock.sendall(head(status, {"Content-Length": str(len(content)), **(headers or {})}) + content)
        return True

    return answer


def reply(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Answerer:
    """A whole JSON answer."""
    return body(json.dumps(value).encode(), status, {"Content-Type": "application/json", **(headers or {})})


def raw(content: bytes) -> Answerer:
    """Just these bytes, then the connection is closed."""

    def answer(sock: socket.socket, _: Request) -> bool:
        sock.sendall(content)
        return False

    return answer


def drip(content: bytes, start: bytes = b"", every: float = 0.2) -> Answerer:
    """One byte at a time, for as long as it takes."""

    def answer(sock: socket.socket, _: Request) -> bool:
        sock.sendall(start)
        for index in range(len(content)):
            time.sleep(every)
            sock.sendall(content[index : index + 1])
        return False

    return answer


def hang(seconds: float = 30.0) -> Answerer:
    """No answer, and no end of the connection either."""

    def answer(sock: socket.socket, _: Request) -> bool:
        sock.settimeout(seconds)
        sock.recv(1)
        return False

    return answer


def reset(start: bytes = b"") -> Answerer:
    """A TCP reset, after these bytes."""

    def answer(sock: socket.socket, _: Request) -> bool:
        if start:
            sock.sendall(start)
            time.sleep(0.1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return answer


def close() -> Answerer:
    """An orderly end without an answer."""
    return raw(b"")
