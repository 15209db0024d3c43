"""A small threaded WSGI server with keep-alive, whose answers can be broken on purpose.

A view that wants the wire to misbehave fills `environ["sandbox.wire"]`; only this file touches sockets.
"""

import contextlib
import io
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from itertools import count
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import unquote

_connections = count(1)
MAX_BODY = 32 * 1024 * 1024


@dataclass
class Wire:
    """How the answer leaves: `reset`, `truncated`, `drip`, `close` (hang up without a word) or whole."""

    kind: str = ""
    seconds: float = 1.0


class Handler(BaseHTTPRequestHandler):
    """One connection; each request goes to the server's WSGI application."""

    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True
    server: "Server"

    def setup(self) -> None:
        """Number the connection, so that requests tell whether it was reused."""
        super().setup()
        self.number = next(_connections)
        self.server.sockets.add(self.connection)

    def finish(self) -> None:
        """Forget the connection; a peer that is gone is no news."""
        with contextlib.suppress(OSError):
            super().finish()
        self.server.sockets.discard(self.connection)

    def handle(self) -> None:
        """Serve until the peer leaves."""
        with contextlib.suppress(ConnectionError, TimeoutError, ValueError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def answer(self) -> None:
        """Run the application and send what it says, whole or broken."""
        body = self.read_body()
        wire = Wire()
        sent: list[Any] = []

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            sent[:] = [status, headers]
            return lambda data: None

        result: Iterable[bytes] = self.server.application(self.environ(body, wire), start)
        payload = b"".join(result)
        if hasattr(result, "close"):
            result.close()
        self.send(sent[0], sent[1], payload, wire)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = answer

    def read_body(self) -> bytes:
        """The request's body, by length or in chunks."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MAX_BODY))

    def environ(self, body: bytes, wire: Wire) -> dict[str, Any]:
        """The WSGI environment."""
        path, _, query = self.path.partition("?")
        values: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "sandbox.wire": wire,
            "sandbox.connection": self.number,
        }
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            if key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
                values[key] = f"{values[key]}, {value}" if key in values else value
        return values

    def send(self, status: str, headers: list[tuple[str, str]], payload: bytes, wire: Wire) -> None:
        """Write the answer as the wire wants it."""
        if wire.kind in ("reset", "close"):
            self.hang_up(hard=wire.kind == "reset")
            return
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if wire.kind == "truncated":
            self.wfile.write(payload[: len(payload) // 2])
            self.hang_up(hard=False)
        elif wire.kind == "drip":
            self.drip(payload, wire.seconds)
        else:
            self.wfile.write(payload)

    def drip(self, payload: bytes, seconds: float) -> None:
        """A byte at a time."""
        for byte in payload:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.stopping.wait(seconds):
                break
        self.close_connection = True

    def hang_up(self, *, hard: bool) -> None:
        """Close; `hard` sends a reset instead of a farewell."""
        with contextlib.suppress(OSError):
            self.wfile.flush()
        if hard:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()
        self.close_connection = True


class Server(ThreadingMixIn, TCPServer):
    """One port, a thread per connection."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, host: str, port: int, application: Any, stopping: threading.Event) -> None:
        self.application = application
        self.stopping = stopping
        self.sockets: set[socket.socket] = set()
        super().__init__((host, port), Handler)
        self.port: int = self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Errors of the sandbox itself are shown; lost connections are not."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self.accept_all, daemon=True).start()

    def accept_all(self) -> None:
        """Take connections until the port closes, asleep meanwhile: a sandbox may have hundreds of ports."""
        while not self.stopping.is_set():
            with contextlib.suppress(OSError):
                self.process_request(*self.get_request())

    def stop(self) -> None:
        """Stop listening and drop the open connections; `stopping` is set already."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.server_close()
        for open_socket in list(self.sockets):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
