"""What "survived" means, as one routine for all faults.

The state that the app tells is the portal's, every answer holds a sentence for a person and comes inside
12 s, every worker is normal again within 5 s of the fault's end, and the log holds no traceback.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from urllib3.exceptions import HTTPError

from tests.faults.site import OPERATOR, Portal, Site, leaks, mistakes
from tests.faults.told import check_list, check_told, check_words, is_pinned
from tests.faults.twins import twins
from tests.support.frame import Frame, Reply

DEADLINE = 12.0
RECOVERY = 5.0
_TRIES = 60  # connections, until each worker has taken one
_PIN = "imopenlines.session.mode.pin"
DONE = ("done", "already")


@dataclass(frozen=True, slots=True)
class Case:
    """One fault. `stores` says where it can happen; `alone` keeps others from running beside it."""

    group: str
    name: str
    run: Callable[[Site], None]
    stores: tuple[str, ...] = ("sqlite", "postgresql")
    alone: bool = True
    quick: bool = False


class Tried(NamedTuple):
    """What the list, a click and an opening were answered."""

    listed: Reply
    clicked: Reply
    outcome: str
    opened: Reply

    @property
    def statuses(self) -> tuple[int, int, int]:
        """Of the three."""
        return self.listed.status, self.clicked.status, self.opened.status

    @property
    def unwritten(self) -> bool:
        """Whether the click found no place to write: it was refused, or has no way back."""
        return self.clicked.status == 503 or (self.clicked.status == 200 and not self.clicked.json()["undo"])


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


def read(frame: Frame, chat: int) -> Reply:
    """A question that always reaches the portal; what it shows of the dialog is so."""
    reply = asked(lambda: frame.get(f"/api/dialogs/{chat}"))
    if reply.status == 200:
        assert reply.json()["dialog"]["pinned"] is is_pinned(frame, chat), "a card that is not so"
    return reply


def look(frame: Frame) -> Reply:
    """The list, held against the portal's truth."""
    reply = asked(lambda: frame.get("/api/dialogs"))
    if reply.status == 200:
        check_list(frame, reply.json())
    return reply


def opened(frame: Frame) -> Reply:
    """An opening; the list that its page begins with is held against the portal's truth."""
    reply = asked(frame.open)
    if reply.status == 200 and reply.boot["listing"]:
        check_list(frame, reply.boot["listing"])
    return reply


def write(frame: Frame, chat: int, name: str = "pin") -> tuple[Reply, str]:
    """A pin or unpin whose answer is held against the portal's truth."""
    before = is_pinned(frame, chat)
    reply = asked(lambda: frame.act(name, chat))
    return reply, check_told(frame, reply, chat, before=before, wanted=name == "pin")


def try_everything(frame: Frame, chat: int) -> Tried:
    """Read, write and open while something fails: whatever comes must be true and said in words."""
    listed = look(frame)
    clicked, outcome = write(frame, chat, "unpin" if is_pinned(frame, chat) else "pin")
    return Tried(listed, clicked, outcome, opened(Frame(frame.sandbox, OPERATOR)))


def goes_on(frame: Frame, chat: int, after: float) -> None:
    """So many seconds after a fault a session from before reads and writes with the tokens of before."""
    time.sleep(after)
    assert look(frame).status == 200, "the session of before"
    _, outcome = write(frame, chat, "unpin" if is_pinned(frame, chat) else "pin")
    assert outcome == "done", f"{outcome} with the tokens of before"


def comes_back(frame: Frame, chat: int, ended: float | None = None) -> float:
    """Seconds from the fault's end (now, unless given) until every worker reads and writes as ever.

    The page renews its session as it does by itself.
    """
    began = time.monotonic() if ended is None else ended
    while True:
        try:
            trouble = _everywhere(frame, chat)
        except (OSError, HTTPError, AssertionError) as error:
            trouble = f"{type(error).__name__} {error}"
        seconds = time.monotonic() - began
        assert seconds <= RECOVERY, f"not normal {seconds:.1f} s after the fault: {trouble or 'only then'}"
        if not trouble:
            return seconds
        time.sleep(0.2)


def _everywhere(frame: Frame, chat: int) -> str:
    """What does not work yet, with any worker."""
    app = portal_of(frame).site.app
    count = len(app.workers())
    for tab in twins(app, frame, count, _TRIES) if count > 1 else [frame]:
        tab.token = frame.token
        trouble = _try_all(tab, chat)
        frame.token = tab.token
        if trouble:
            return trouble
    return ""


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
    check_list(frame, listing.json())
    card = frame.get(f"/api/dialogs/{chat}")
    if card.status != 200:
        return f"card {card.status} {card.text[:120]}"
    for name in ("unpin", "pin"):
        reply = frame.act(name, chat)
        if reply.status != 200 or reply.json()["results"][0]["outcome"] not in DONE:
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
