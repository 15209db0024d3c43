"""Requests that are right in everything but their size: without the limit they would be taken."""

import gzip
import json
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from tests.security.raw import request
from tests.support.frame import Frame

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
LIMIT = 256 * 1024  # bytes of a body, as docs/security-details.md says
MB = 1024 * 1024


@dataclass(frozen=True)
class Oversized:
    """One request: what is too much in it, the only right answer, the bytes.

    `alone`: nothing else speaks against it, so an app without limits takes it.
    """

    name: str
    status: int
    pieces: tuple[bytes, ...]
    alone: bool = True


class Honest:
    """What an operator's browser and portal send, and the same with something added."""

    def __init__(self, frame: Frame) -> None:
        self._origin = frame.origin
        address, fields = frame.prepare("/app")
        self._path, self._form = address.removeprefix(frame.app_url), urlencode(fields).encode()
        self._token, self._chat = str(frame.token), next(iter(frame.dialogs()))
        values = {"member_id": fields["member_id"], "application_token": fields["APPLICATION_TOKEN"]}
        named = {f"auth[{name}]": value for name, value in values.items()}
        self._event = urlencode({"event": "ONAPPTEST", "ts": "1790000000", **named}).encode()

    def opening(self, more: bytes = b"", kind: str = FORM, path: str = "/app", **headers: str) -> bytes:
        """POST /app, or the installer."""
        address = path + "?" + urlsplit(self._path).query
        given = {"Origin": self._origin, "Content_Type": kind, **headers}
        return request("POST", address, self._form + more, **given)

    def packed(self) -> bytes:
        """The opening as gzip, which no portal sends."""
        return request(
            "POST", self._path, gzip.compress(self._form), Content_Type=FORM, Content_Encoding="gzip"
        )

    def chunked(self, more: int) -> tuple[bytes, ...]:
        """The opening in chunks, with so many of 64 KB behind it."""
        head = self.opening(Transfer_Encoding="chunked").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
        pieces = [self._form + b"&pad=", *([b"a" * 65536] * more)]
        chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]
        return (b"\r\n".join(lines), *chunks, b"0\r\n\r\n")

    def event(self, more: bytes = b"") -> bytes:
        """POST /events with the right application token."""
        return request("POST", "/events", self._event + more, Content_Type=FORM)

    def event_in_parts(self, count: int) -> bytes:
        """The same as multipart, with so many fields more."""
        pairs = [pair.split("=") for pair in self._event.decode().split("&")]
        pairs += [[f"f{number}", ""] for number in range(count)]
        named = [(name.replace("%5B", "[").replace("%5D", "]"), value) for name, value in pairs]
        part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        body = "".join(part.format(*pair) for pair in named) + "--x--\r\n"
        return request("POST", "/events", body.encode(), Content_Type="multipart/form-data; boundary=x")

    def run(self, count: int = 1, before: bytes = b"", more: bytes = b"") -> bytes:
        """A bulk run of so many dialogs."""
        body = json.dumps({"action": "pin", "chat_ids": [self._chat] * count}, separators=(",", ":"))
        content = before + body.encode()[:-1] + more + b"}"
        return request("POST", "/api/runs", content, X_B24_Session=self._token, Content_Type=JSON)

    def get(self, query: str = "", **headers: str) -> bytes:
        """GET /app."""
        return request("GET", f"/app{query}", **headers)

    def all(self) -> dict[str, tuple[bytes, ...]]:
        """Each of them without any excess, or with as much as is allowed: 200."""
        room = LIMIT - len(self._form) - len(b"&pad=")
        return {
            "an opening": (self.opening(b"&pad=" + b"a" * room),),
            "an opening in chunks": self.chunked(3),
            "an opening of many fields": (self.opening(_fields(450)),),
            "an installation": (self.opening(path="/install"),),
            "an event": (self.event(_fields(4_900)),),
            "an event in parts": (self.event_in_parts(1_000),),
            "a run": (self.run(before=b" " * 200_000),),
            "a page": (self.get("?" + "a" * 4_000, X_Long="a" * 8_000),),
        }

    def oversized(self) -> list[Oversized]:
        """Everything that is too much."""
        room = LIMIT - len(self._form) - len(b"&pad=")
        long = b"&pad=" + b"a" * 4 * MB
        deep = b"[" * 100_000 + b"]" * 100_000
        terabyte = {"Content_Length": str(2**40)}
        below = {"Content_Length": "-1"}
        headers = {f"X_{number}": "1" for number in range(1_000)}
        return [
            Oversized("a byte too much", 413, (self.opening(b"&pad=" + b"a" * (room + 1)),)),
            Oversized("a long form", 413, (self.opening(long),)),
            Oversized("a long form, installing", 413, (self.opening(long, path="/install"),)),
            Oversized("a long event", 413, (self.event(long),)),
            Oversized("a long event in parts", 413, (self.event_in_parts(6_000),)),
            Oversized("endless chunks", 413, self.chunked(64)),
            Oversized("long JSON", 413, (self.run(before=b" " * MB),)),
            Oversized("10,000 fields", 400, (self.opening(_fields(10_000)),)),
            Oversized("501 fields", 400, (self.opening(_fields(501)),)),
            Oversized("10,000 fields of an event", 400, (self.event(_fields(10_000)),)),
            Oversized("a deep key", 400, (self.opening(b"&data" + b"[a]" * 2_000 + b"=1"),)),
            Oversized("a long address", 414, (self.get("?" + "a" * 100_000),)),
            Oversized("a long header", 431, (self.get(X_Long="a" * 100_000),)),
            Oversized("1,000 headers", 431, (self.get(**headers),)),
            Oversized("a length of a terabyte", 413, (self.opening(**terabyte),), alone=False),
            Oversized("a length below zero", 400, (self.opening(**below),), alone=False),
            Oversized("a compressed body", 400, (self.packed(),), alone=False),
            Oversized("wide JSON", 422, (self.run(20_000),), alone=False),
            Oversized("deep JSON", 422, (self.run(more=b',"more":' + deep),), alone=False),
            Oversized("JSON without end", 422, (self.run(before=b"[" * 100_000),), alone=False),
            Oversized("a huge number", 422, (self.run(more=b',"more":' + b"9" * 200_000),), alone=False),
        ]


def _fields(count: int) -> bytes:
    return b"".join(b"&f%d=" % number for number in range(count))
