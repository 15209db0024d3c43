"""What "survived" means, as one routine for all faults.

The state that the app tells is the portal's, every answer holds a sentence for a person and comes inside
12 s, all is normal again within 5 s of the fault's end, and the log holds no traceback.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from urllib3.exceptions import HTTPError

from tests.faults.site import OPERATOR, Portal, Site, leaks, mistakes
from tests.support.frame import Frame, Reply

DEADLINE = 12.0
RECOVERY = 5.0
_PIN = "imopenlines.session.mode.pin"


@dataclass(frozen=True, slots=True)
class Case:
    """One fault. `stores` says where it can happen; `alone` keeps others from running beside it."""

    group: str
    name: str
    run: Callable[[Site], None]
    stores: tuple[str, ...] = ("sqlite", "postgresql")
    alone: bool = True
    quick: bool = False


def portal_of(frame: Frame) -> Portal:
    """The frame's portal, with its proxy."""
    assert isinstance(frame.sandbox, Portal)
    return frame.sandbox


def target(frame: Frame) -> int:
    """A dialog of the operator's own that is not pinned."""
    truth = frame.sandbox.truth(OPERATOR)
    return next(
        chat
        for chat, row in frame.dialogs().items()
        if row["mine"] and row["stage"] in {"work", "answered"} and not truth[chat]["pinned"]
    )


def asked(question: Callable[[], Reply]) -> Reply:
    """The answer, which must come in time and be one for a person."""
    began = time.monotonic()
    reply = question()
    seconds = time.monotonic() - began
    assert seconds <= DEADLINE, f"answered after {seconds:.1f} s"
    check_words(reply)
    return reply


def check_words(reply: Reply) -> None:
    """Every refusal and every result says what happened in a sentence, without raw codes or types."""
    if reply.status in (204, 304):
        return
    if "json" not in reply.headers.get("Content-Type", ""):
        assert "Traceback" not in reply.text
        assert len(reply.text) > 200, "a blank frame"
        return
    body = reply.json()
    told = [body["message"]] if reply.status >= 400 else [row["message"] for row in body.get("results", [])]
    for sentence in told:
        assert " " in sentence.strip(), f"no sentence: {sentence!r}"
        assert not any(sign in sentence for sign in ("Error", "Exception", "Traceback", "{", "http://"))


def is_pinned(frame: Frame, chat: int) -> bool:
    """The portal's own truth."""
    return bool(frame.sandbox.truth(OPERATOR)[chat]["pinned"])


def check_told(frame: Frame, reply: Reply, chat: int, *, before: bool, wanted: bool) -> str:
    """What the app says of one write must be so in the portal; returns the outcome."""
    truth = is_pinned(frame, chat)
    if reply.status != 200:
        assert truth is before, f"{reply.status} {reply.json()['error']}, but the portal has changed"
        return str(reply.json()["error"])
    outcome: str = reply.json()["results"][0]["outcome"]
    if outcome in ("done", "already"):
        assert truth is wanted, f"{outcome}, but the portal says otherwise"
    elif outcome != "unconfirmed":
        assert truth is before, f"{outcome}, but the portal has changed"
    return outcome


def read(frame: Frame, chat: int) -> Reply:
    """A question that always reaches the portal."""
    return asked(lambda: frame.get(f"/api/dialogs/{chat}"))


def write(frame: Frame, chat: int, name: str = "pin") -> tuple[Reply, str]:
    """A pin or unpin whose answer is held against the portal's truth."""
    before = is_pinned(frame, chat)
    reply = asked(lambda: frame.act(name, chat))
    return reply, check_told(frame, reply, chat, before=before, wanted=name == "pin")


def comes_back(frame: Frame, chat: int) -> float:
    """Seconds until reading and writing work again, the page renewing its session as it does by itself."""
    began = time.monotonic()
    trouble = "not tried"
    while time.monotonic() - began < RECOVERY:
        try:
            trouble = _try_all(frame, chat)
        except (OSError, HTTPError) as error:
            trouble = type(error).__name__
        if not trouble:
            return time.monotonic() - began
        time.sleep(0.2)
    raise AssertionError(f"not normal {RECOVERY:.0f} s after the fault: {trouble}")


def redis_is_asked_again() -> None:
    """Each worker leaves Redis alone for 2 s after a failure: `comes_back` may have asked another."""
    time.sleep(2.2)


def _try_all(frame: Frame, chat: int) -> str:
    """What does not work yet, or nothing."""
    listing = frame.get("/api/dialogs")
    if listing.status == 401:
        renewed = frame.renew(frame.sandbox.opening(OPERATOR)[1])
        if renewed.status != 204:
            return f"renewal {renewed.status}"
        listing = frame.get("/api/dialogs")
    if listing.status != 200:
        return f"list {listing.status} {listing.text[:120]}"
    card = frame.get(f"/api/dialogs/{chat}")
    if card.status != 200:
        return f"card {card.status} {card.text[:120]}"
    for name in ("unpin", "pin"):
        reply = frame.act(name, chat)
        if reply.status != 200 or reply.json()["results"][0]["outcome"] not in ("done", "already"):
            return f"{name} {reply.status} {reply.text[:200]}"
        if is_pinned(frame, chat) is not (name == "pin"):
            return f"{name} said done and was not"
    return ""


def within(seconds: float, question: Callable[[], object]) -> None:
    """Wait until the question is true."""
    until = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < until, f"not so within {seconds:.0f} s"
        time.sleep(0.1)


@contextmanager
def watched(site: Site) -> Iterator[None]:
    """Nothing in the log of the time inside, at DEBUG, tells of an error that nobody foresaw, or a secret."""
    before = len(site.app.log())
    yield
    log = site.app.log()[before:]
    found = mistakes(log)
    assert not found, f"{len(found)} mistakes in the log: {found[0][:600]}"
    told = leaks(log, site.secrets())
    assert not told, f"{len(told)} secrets in the log"


def pins(frame: Frame) -> int:
    """How many commands to pin reached the portal since `forget()`."""
    return portal_of(frame).commands(_PIN)
