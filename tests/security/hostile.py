"""A portal of the attacker's: the authorization server knows it, and what it answers is up to him."""

import gzip
import itertools
import json
import zlib
from collections.abc import Iterator

from tests.security.local import Registrar
from tests.support.stand import Sandbox
from tests.unit.bitrix24.wire import Answerer, Wire, body, drip, hang, head, raw, reset

MB = 1024 * 1024
GZIP = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

ROW = {
    "id": "chat5",
    "chat_id": 5,
    "type": "chat",
    "title": "Client",
    "chat": {
        "id": 5,
        "name": "Client",
        "owner": 27,
        "type": "lines",
        "entity_type": "LINES",
        "entity_id": "livechat|1|5|9",
        "entity_data_1": "Y|NONE|0|N|N|9|1790000000|0|0|0",
    },
    "lines": {"id": 9, "status": 25, "date_create": "2026-11-20T12:00:00+03:00"},
    "date_update": "2026-11-20T12:00:00+03:00",
}
SHOWN = json.dumps({"result": {"result": {"list": [ROW]}}}).encode()
"""An answer whose dialog is shown, unless something that comes with it is too much."""


class Hostile(Sandbox):
    """One such portal, on a wire; `answer` is what it says to everything from now on."""

    _numbers = itertools.count(1)

    def __init__(self, app_url: str, said: Registrar) -> None:
        self.app_url, self._said = app_url, said
        self.member_id = f"{next(self._numbers):032x}"
        self.answer = body(SHOWN)
        self.wire = Wire(lambda sock, request: self.answer(sock, request))

    @property
    def url(self) -> str:
        """Its origin."""
        return self.wire.url

    def control(self, method: str, what: str, body: object = None, **query: object) -> None:
        """Nobody controls it."""

    def opening(self, user_id: int, lang: str = "en", *_: object, **__: object) -> tuple[str, dict[str, str]]:
        """As a portal opens the app, with a token that the authorization server vouches for."""
        token = f"{self.member_id}{user_id:038}"
        endpoint = {"domain": self.host, "client_endpoint": f"{self.url}/rest/"}
        self._said.vouch(token, user_id=user_id, member_id=self.member_id, **endpoint)
        fields = {"AUTH_ID": token, "AUTH_EXPIRES": "3600", "REFRESH_ID": token, "member_id": self.member_id}
        query = f"DOMAIN={self.host}&PROTOCOL=0&LANG={lang}&APP_SID={'a' * 32}"
        return f"{self.app_url}/app?{query}", fields | {"status": "L", "PLACEMENT": "DEFAULT"}


def _long(size: int) -> Iterator[bytes]:
    """What is shown, behind so many MB of something that nobody reads."""
    yield b'{"pad":"'
    yield from itertools.repeat(b"a" * MB, size)
    yield b'",' + SHOWN[1:]


def packed(pieces: Iterator[bytes]) -> bytes:
    """These as gzip."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(piece) for piece in pieces), packer.flush()])


def many(start: bytes, each: bytes, end: bytes, most: int = 16 * MB) -> Answerer:
    """As many of something as the largest answer that is read has room for, in some KB; or fewer."""
    count = min(most, (16 * MB - len(start) - len(end)) // len(each))
    return body(packed(iter((start, each * (count - 1), each.rstrip(b","), end))), headers=GZIP)


def too_long() -> dict[str, Answerer]:
    """Answers above 16 MiB that are right in everything else: only their size speaks against them."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in _long(40))
    chunked = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    return {
        "a gzip bomb": body(packed(_long(100)), headers=GZIP),
        "40 MB": body(b"".join(_long(40))),
        "40 MB in chunks": raw(chunked),
        "40 MB until it hangs up": raw(b"HTTP/1.1 200 X\r\n\r\n" + b"".join(_long(40))),
        "a byte too much": body((b" " * (16 * MB + 1 - len(SHOWN))) + SHOWN),
    }


_BATCH = b'{"result":{"result":'
_CROWDS = {
    "a list": (_BATCH + b'{"list":[', b"0,", b"]}}}"),
    "a list of lists": (_BATCH + b'{"list":[', b"[],", b"]}}}"),
    "a map": (_BATCH + b'{"list":{"1":0', b',"1":0', b"}}}}"),
    "lines": (_BATCH + b'{"list":[],"lines":[', b"{},", b"]}}}"),
    "answers": (_BATCH + b"[", b"0,", b"]}}"),
    "named answers": (_BATCH + b'{"a":0', b',"a":0', b"}}}"),
    "errors": (_BATCH + b'{"list":[]},"result_error":[', b"0,", b"]}}"),
    "parts of an error": (_BATCH + b'{"list":[]},"result_error":{"me":{"error":[', b"0,", b"]}}}}"),
    "times": (_BATCH + b'{"list":[]},"result_time":[', b"0,", b"]}}"),
}
_ALLOWED = 1_490_000  # parts of an answer that is taken apart


def crowded() -> dict[str, Answerer]:
    """Answers of just 16 MiB with millions of something, and with as many as are looked at."""
    full = {f"millions: {name}": many(*parts) for name, parts in _CROWDS.items()}
    return full | {f"just few enough: {name}": many(*parts, _ALLOWED) for name, parts in _CROWDS.items()}


def nonsense() -> dict[str, Answerer]:
    """Broken HTTP and broken JSON, as deep as the decoders go."""
    rows = b'{"result":{"result":{"list":['
    headers = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 60_000) for number in range(50))
    return {
        "a bomb in a bomb": body(gzip.compress(packed(_long(100))), headers=GZIP),
        "a wrong length": raw(head(200, {"Content-Length": str(2**50)}) + SHOWN),
        "a length below zero": raw(head(200, {"Content-Length": "-5"}) + b"{}"),
        "a reset": reset(),
        "a reset half-way": reset(head(200, {"Content-Length": str(len(SHOWN))}) + SHOWN[:-1]),
        "deep JSON": body(b'{"result":' * 100_000),
        "deep rows": body(rows + b"[" * 1_000_000),
        "a deep row": body(rows + b'{"chat":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}}}"),
        "a huge number": body(b'{"result":' + b"9" * 5_000_000 + b"}"),
        "a huge number in a row": body(rows + b'{"chat_id":' + b"9" * 5_000_000 + b"}]}}}"),
        "large headers": raw(b"HTTP/1.1 200 X\r\n" + headers + b"\r\n{}"),
        "a line without end": raw(b"HTTP/1.1 200 " + b"a" * 5 * MB),
        "broken gzip": body(b"\x1f\x8b\x08" + b"\xff" * 1000, headers=GZIP),
        "another encoding": body(SHOWN, headers={"Content-Encoding": "br"}),
        "a redirect to itself": body(SHOWN, 302, {"Location": "/"}),
        "no HTTP": raw(b"SSH-2.0-OpenSSH_9\r\n" * 100),
        "broken UTF-8": body(SHOWN.replace(b'"Client"', b'"\xff\xfe"')),
        "a thousand interim answers": raw(b"HTTP/1.1 100 X\r\n\r\n" * 1000),
    }


def slow() -> dict[str, Answerer]:
    """Those that would take for ever."""
    return {
        "a drip of the body": drip(SHOWN, head(200, {"Content-Length": str(len(SHOWN))}), 0.1),
        "a drip of the head": drip(b"HTTP/1.1 200 X\r\n" + b"X: 1\r\n" * 1000, b"", 0.1),
        "silence": hang(),
    }
