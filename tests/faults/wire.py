"""26 ways in which a portal's answer goes wrong: once on a read, once behind a write, and for good."""

import gzip
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from app.desk.listing.lists import SHARED_SECONDS
from tests.faults.proxy import Planned
from tests.faults.site import Site
from tests.faults.survival import DONE, Case, comes_back, look, pins, portal_of, read, target, within, write
from tests.faults.told import is_pinned
from tests.support.frame import Frame

PIN = b"imopenlines.session.mode.pin"
MOST_REQUESTS = 6  # that one question may cost, its repeats with it
_COLLEAGUE = 31
FORGIVEN = 2.2  # seconds after which a portal that failed is asked again

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
    quick: bool = False


FAULTS = (
    Fault("503 once", http(503, _LIMITED), "keep", recovers=True, refuses=True, quick=True),
    Fault("503 four times", http(503, _LIMITED), "keep", times=4, refuses=True),
    Fault("503 HTML", http(503, _HTML, kind="text/html"), "keep", quick=True),
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
    Fault("a number of 5,000 digits", http(200, _ROW % (b"9" * 5000)), "keep", quick=True),
    Fault("100,000 brackets deep", http(200, b'{"result":' + b"[" * 100_000), "keep", quick=True),
    Fault("broken gzip", http(200, _BROKEN, "Content-Encoding: gzip"), "keep"),
    Fault("broken UTF-8", http(200, b'{"result":{"result":{"list":"\xff\xfe"}}}'), "keep"),
    Fault("302 in a loop", http(302, b"", "Location: http://PORTAL/rest/batch"), "keep", quick=True),
    Fault("302 without Location", http(302, b""), "keep"),
    Fault("401 expired", http(401, _EXPIRED), "keep", recovers=True, refuses=True, quick=True),
    Fault("hang", b"", "close", seconds=30),
    Fault("a byte a second", b"", "close", seconds=-1),
)


def survive(site: Site, fault: Fault) -> None:
    """Once on a read; once instead of the answer to a write that was carried out; then for good."""
    frame = site.desk()
    if fault.seconds:
        return _endless(site, frame, fault)
    fault = replace(fault, raw=fault.raw.replace(b"PORTAL", portal_of(frame).host.encode()))
    chat, colleague = target(frame), Frame(frame.sandbox, _COLLEAGUE)
    assert colleague.open().status == 200
    _once_on_reads(site, frame, chat, fault)
    _once_on_a_write(site, frame, chat, fault)
    _for_good(site, frame, chat, colleague, fault)
    comes_back(frame, chat)
    return None


def _once_on_reads(site: Site, frame: Frame, chat: int, fault: Fault) -> None:
    """A card and a list meet it once each."""
    proxy = portal_of(frame).proxy
    time.sleep(SHARED_SECONDS)  # as long as a list is shown again without asking
    for question in (lambda: look(frame), lambda: read(frame, chat)):
        plan = deque([Planned(fault.raw, fault.then)] * fault.times)
        with site.trouble(proxy, plan=plan):
            reply = question()
        assert proxy.struck, "no request met it"
        assert reply.status == 200 or not fault.recovers, f"a read was not recovered: {reply.text[:200]}"
        stale = reply.status == 200 and reply.json().get("stale")
        assert not (fault.recovers and stale) or fault.refuses, "a list was not recovered"


def _once_on_a_write(site: Site, frame: Frame, chat: int, fault: Fault) -> None:
    """The answer to a command to pin is replaced; the portal has carried it out unless it says otherwise."""
    proxy = portal_of(frame).proxy
    within(2 * SHARED_SECONDS, lambda: chat in frame.dialogs())  # what a read met once may have been kept
    frame.sandbox.forget()
    plan = [Planned(fault.raw, fault.then, pass_on=not fault.refuses, about=PIN)] * fault.times
    with site.trouble(proxy, plan=deque(plan)):
        _, outcome = write(frame, chat)
    assert proxy.struck, "the click did not meet it"
    assert pins(frame) <= 1, "a write was repeated blindly"
    if not fault.refuses:
        assert pins(frame) == 1
        assert outcome in ("done", "unconfirmed"), outcome
        assert is_pinned(frame, chat), "the portal had carried it out"
    assert outcome == "done" or not (fault.refuses and fault.recovers), f"refused, not repeated: {outcome}"


def _for_good(site: Site, frame: Frame, chat: int, colleague: Frame, fault: Fault) -> None:
    """Every answer is so: nothing is believed, and an address that is told is not asked.

    The colleague's list is older than those that are shown again without asking.
    """
    proxy = portal_of(frame).proxy
    with site.trouble(proxy, forever=Planned(fault.raw, fault.then)):
        assert read(frame, chat).status >= 400
        assert proxy.struck <= MOST_REQUESTS, f"{proxy.struck} requests for one card"
        listed = look(colleague)
        assert listed.status >= 400 or _admits(listed.json()), "a list out of nothing"
        _, outcome = write(frame, chat, "unpin" if is_pinned(frame, chat) else "pin")
        assert outcome not in DONE, outcome


def _admits(listing: dict[str, Any]) -> bool:
    """Whether a list says that it is an old one, or not the whole one."""
    return bool(listing["stale"] or listing["notices"])


def _endless(site: Site, frame: Frame, fault: Fault) -> None:
    """An answer that does not come, or never ends; the portal carries out what it is asked for."""
    chat = target(frame)
    orders = {"kind": "hang", "after": True} if fault.seconds > 0 else {"kind": "drip", "seconds": 1.0}
    frame.sandbox.fault(**orders)
    reply = read(frame, chat)
    assert reply.status in (502, 503, 504), reply.text[:200]
    frame.sandbox.heal()
    time.sleep(FORGIVEN)
    frame.sandbox.fault(method=PIN.decode(), **orders)
    frame.sandbox.forget()
    _, outcome = write(frame, chat)
    assert outcome in ("done", "unconfirmed"), outcome
    assert pins(frame) == 1, "a write was not sent, or repeated blindly"
    frame.sandbox.heal()
    comes_back(frame, chat)


def _case(fault: Fault) -> Case:
    return Case("wire", fault.name, lambda site: survive(site, fault), alone=False, quick=fault.quick)


CASES = tuple(_case(fault) for fault in FAULTS)
