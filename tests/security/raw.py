"""Requests as no client would send them: bytes on a socket, and what comes back."""

import contextlib
import socket
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Answer:
    """Status (0: the server hung up), everything that came, and how long it took."""

    status: int
    content: bytes
    seconds: float


def send(port: int, *pieces: bytes, wait: float = 10.0) -> Answer:
    """Send these bytes and read until the server has answered or hung up."""
    began = time.monotonic()
    content = b""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as sock:
        with contextlib.suppress(OSError):  # it may answer and close before all of it was sent
            for piece in pieces:
                sock.sendall(piece)
        with contextlib.suppress(OSError):
            while chunk := sock.recv(65536):
                content += chunk
    line = content.split(b" ", 2)
    status = int(line[1]) if len(line) > 2 and line[1].isdigit() else 0
    return Answer(status, content, time.monotonic() - began)


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request's bytes; underscores in header names become hyphens."""
    given = {"Host": "pinline.example", "Connection": "close", "Content-Length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace") + body


def resident(process_id: int) -> float:
    """What one process holds now, in MB."""
    return _status(process_id, "VmRSS")


def peak(process_id: int) -> float:
    """The most that it has held since `forget_peak`, in MB: the kernel's own mark, which misses nothing."""
    return _status(process_id, "VmHWM")


def forget_peak(process_id: int) -> None:
    """Let the mark begin at what it holds now."""
    Path(f"/proc/{process_id}/clear_refs").write_text("5")


def _status(process_id: int, name: str) -> float:
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def children(process_id: int) -> list[int]:
    """Its children."""
    with Path(f"/proc/{process_id}/task/{process_id}/children").open() as listed:
        return [int(text) for text in listed.read().split()]
