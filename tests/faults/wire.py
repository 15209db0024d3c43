"""26 ways in which a portal's answer goes wrong: once on a read, once behind a write, and for good."""

import gzip
from collections import deque
from dataclasses import dataclass

from tests.faults.proxy import Planned, Toxics
from tests.faults.site import Site
from tests.faults.survival import Case, comes_back, is_pinned, pins, portal_of, read, target, write

_LIMITED = b'{"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"}'
_PARKED = b'{"error":"OPERATION_TIME_LIMIT","error_description":"Method is blocked"}'
_INTERNAL = b'{"error":"INTERNAL_SERVER_ERROR","error_description":"Internal server error"}'
_EXPIRED = b'{"error":"expired_token","error_description":"The access token provided has expired."}'
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
_ROW = b'{"result":{"result":{"list":{"items":[{"id":"chat1","chat":{"id":%s}}]}},"result_error":[]}}'


def http(status: int, body: bytes, *headers: str, kind: str = "application/json") -> bytes:
    """An answer as bytes."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


_HALF = http(200, b'{"result":{"result":{"list":{"items":[]}}}}')
_BROKEN = gzip.compress(b'{"result": {"result": []}}')[:-9] + b"x"


@dataclass(frozen=True, slots=True)
class Fault:
    """`recovers`: a read that meets it once must succeed. `keeps`: the state before is certain."""

    name: str
    raw: bytes
    then: str = "close"
    times: int = 1
    recovers: bool = False
    seconds: float = 0.0
    refuses: bool = False  # such an answer says that nothing was carried out
    empties: bool = False  # a list of such rows is a list without dialogs: an action on it sends nothing
    quick: bool = False


FAULTS = (
    Fault("503 once", http(503, _LIMITED), "keep", recovers=True, refuses=True, quick=True),
    Fault("503 four times", http(503, _LIMITED), "keep", times=4, refuses=True),
    Fault("503 HTML", http(503, _HTML, kind="text/html"), "keep", refuses=True, quick=True),
    Fault("429 operating time", http(429, _PARKED), "keep", refuses=True, quick=True),
    Fault("500", http(500, _INTERNAL), "keep", recovers=True),
    Fault("502 HTML", http(502, _HTML, kind="text/html"), "keep", recovers=True, quick=True),
    Fault("504 empty", http(504, b""), "keep", recovers=True),
    Fault("reset", b"", "reset", recovers=True, quick=True),
    Fault("closed without a word", b"", "close", recovers=True),
    Fault("half a body", _HALF[:-20], "close", recovers=True, quick=True),
    Fault("half the headers", _HALF[:40], "close", recovers=True),
    Fault("truncated JSON", http(200, b'{"result":{"result":{"list":{"it'), "keep", recovers=True),
    Fault("empty 200", http(200, b""), "keep", recovers=True),
    Fault("HTML with 200", http(200, _HTML, kind="text/html"), "keep", recovers=True, quick=True),
    Fault("an array", http(200, b"[]"), "keep"),
    Fault("null", http(200, b"null"), "keep", quick=True),
    Fault("a string", http(200, b'"ok"'), "keep"),
    Fault("a number of 5,000 digits", http(200, _ROW % (b"9" * 5000)), "keep", empties=True, quick=True),
    Fault("100,000 brackets deep", http(200, b'{"result":' + b"[" * 100_000), "keep", quick=True),
    Fault("broken gzip", http(200, _BROKEN, "Content-Encoding: gzip"), "keep"),
    Fault("broken UTF-8", http(200, b'{"result":{"result":{"list":"\xff\xfe"}}}'), "keep"),
    Fault("302 in a loop", http(302, b"", "Location: http://localhost:1/rest/batch"), "keep", quick=True),
    Fault("302 without Location", http(302, b""), "keep"),
    Fault("401 expired", http(401, _EXPIRED), "keep", recovers=True, refuses=True, quick=True),
    Fault("hang", b"", "close", seconds=30),
    Fault("a byte a second", b"", "close", seconds=-1),
)


def survive(site: Site, fault: Fault) -> None:
    """Once on a read; once instead of the answer to a write that was carried out; then for good."""
    frame = site.desk()
    proxy, chat = portal_of(frame).proxy, target(frame)
    if fault.seconds:
        return _endless(site, fault)
    once = [Planned(fault.raw, fault.then)] * fault.times
    proxy.toxics = Toxics(plan=deque(once))
    reply = read(frame, chat)
    assert reply.status == 200 or not fault.recovers, f"a read was not recovered: {reply.text[:200]}"
    proxy.heal()
    if not fault.refuses:
        frame.sandbox.forget()
        proxy.toxics = Toxics(plan=deque([Planned(fault.raw, fault.then, pass_on=True)]))
        _, outcome = write(frame, chat)
        if pins(frame):
            assert outcome in ("done", "unconfirmed"), outcome
            assert is_pinned(frame, chat), "the portal had carried it out"
            assert pins(frame) == 1, "a write was repeated blindly"
        else:
            assert fault.empties, "the click was not sent"
            assert outcome == "failed", "what was not sent has not happened, and is told so"
        proxy.heal()
    proxy.toxics = Toxics(forever=Planned(fault.raw, fault.then))
    assert read(frame, chat).status >= 400
    _, outcome = write(frame, chat, "unpin" if is_pinned(frame, chat) else "pin")
    assert outcome not in ("done", "already"), outcome
    proxy.heal()
    comes_back(frame, chat)
    return None


def _endless(site: Site, fault: Fault) -> None:
    """An answer that does not come, or never ends."""
    frame = site.desk()
    proxy, chat = portal_of(frame).proxy, target(frame)
    orders = {"hang": True} if fault.seconds > 0 else {"slicer": 1, "bandwidth": 0}
    if fault.seconds < 0:
        frame.sandbox.fault("drip", seconds=1.0)
        orders = {}
    with proxy.trouble(**orders):
        reply = read(frame, chat)
        assert reply.status in (502, 503, 504), reply.text[:200]
        frame.sandbox.forget()
        _, outcome = write(frame, chat)
        assert outcome in ("unconfirmed", "failed"), outcome
        assert pins(frame) <= 1, "a write was repeated blindly"
    frame.sandbox.heal()
    comes_back(frame, chat)


def _case(fault: Fault) -> Case:
    return Case("wire", fault.name, lambda site: survive(site, fault), alone=False, quick=fault.quick)


CASES = tuple(_case(fault) for fault in FAULTS)
