"""What was made of each operator's last list, so that the next one costs only what changed in it.

The rule: it only spares work. A row that changed is read and remembered anew, what we know of it is put on
anew whenever that changed, and after a few minutes the whole list is.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from app.desk.listing.details import Details, places
from app.desk.listing.known import Written, write
from app.openlines.dialogs import Seen
from app.openlines.memory import Memory, advance, recall
from app.openlines.model import Dialog
from app.openlines.readings import NO_READINGS, Readings
from app.openlines.silence import Mark, silence

BELIEVED = timedelta(minutes=5)
"""How long before everything is read from the database again: other processes remember things too."""

ListKey = tuple[str, int, int]
"""What tells one operator's list from all others: member_id, user_id, generation."""

MOST_ROWS = 8000
"""Rows of all operators together, about 2 KB each."""


class Dressed(msgspec.Struct, frozen=True, gc=False):
    """A dialog with what we know put on; `bare` is as it was read from its row."""

    bare: Dialog
    memory: Memory
    written: Written


class Worn(NamedTuple):
    """What a list has on beside memories: the silent scope, what is stored, and places on top by chat."""

    scope: str
    marks: dict[int, Mark]
    ranks: dict[tuple[int, int], int]
    places: Mapping[int, int]


class Step(NamedTuple):
    """The stamp of the operator's kept list and the version of the portal's memories."""

    stamp: str
    version: int


class Former(NamedTuple):
    """An operator's last list: readings of its rows, and its dialogs by chat. `at`: last made as a whole.

    `step` is where everything stood when it was kept; None: somebody else came between.
    """

    readings: Readings = NO_READINGS
    worn: Worn = Worn("", {}, {}, {})
    dressed: Mapping[int, Dressed] = {}
    at: datetime | None = None
    step: Step | None = None


NOTHING = Former()


class Formers:
    """The last lists of the operators who came last."""

    def __init__(self, clock: Callable[[], datetime], most_rows: int = MOST_ROWS) -> None:
        self._clock = clock
        self._most = most_rows
        self._lock = threading.Lock()
        self._kept: OrderedDict[ListKey, Former] = OrderedDict()
        self._rows = 0

    def get(self, key: ListKey) -> Former:
        """The operator's last list, while it may be believed."""
        with self._lock:
            found = self._kept.get(key, NOTHING)
        return found if found.at and timedelta() <= self._clock() - found.at < BELIEVED else NOTHING

    def put(self, key: ListKey, former: Former) -> None:
        """Keep it in the place of the one before."""
        with self._lock:
            self._drop(key)
            self._kept[key] = former
            self._rows += _size(former)
            while self._rows > self._most:
                self._drop(next(iter(self._kept)))

    def forget(self, member_id: str) -> None:
        """Let go of a portal's lists."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == member_id]:
                self._drop(key)

    def tidy(self) -> None:
        """Let go of what is not believed any more."""
        oldest = self._clock() - BELIEVED
        with self._lock:
            for key in [key for key, former in self._kept.items() if former.at is None or former.at < oldest]:
                self._drop(key)

    def _drop(self, key: ListKey) -> None:
        found = self._kept.pop(key, None)
        self._rows -= 0 if found is None else _size(found)


def _size(former: Former) -> int:
    return len(former.readings.by_mark)


def read_anew(former: Former, seen: Seen) -> list[Dialog]:
    """The dialogs whose rows are new or were read anew: of them there is something to remember."""
    before = former.dressed
    return [
        bare for bare in seen.dialogs if (old := before.get(bare.chat_id)) is None or old.bare is not bare
    ]


def known_details(former: Former, anew: Iterable[Dialog]) -> Details | None:
    """The details as they were put on the list before; None when they say nothing of one of these dialogs."""
    memories = {}
    for bare in anew:
        old = former.dressed.get(bare.chat_id)
        if old is None or old.bare.session_id != bare.session_id:
            return None
        if bare.session_id > 0:
            memories[bare.session_id] = old.memory
    return Details(former.worn.marks, former.worn.ranks, memories)


def dress_rows(
    former: Former, seen: Seen, details: Details, scope: str, my_id: int, now: datetime
) -> tuple[Former, dict[int, Memory]]:
    """Put on what we know; returns the list as made now, and what is new to remember, by session."""
    news: dict[int, Memory] = {}
    dressed: dict[int, Dressed] = {}
    worn = Worn(scope, details.marks, details.ranks, places(seen.dialogs, details.ranks))
    before, same = former.dressed, worn == former.worn
    for bare in seen.dialogs:
        old = before.get(bare.chat_id)
        if old is None or old.bare is not bare:
            memory = _remembered(bare, seen, details, now, news)
        elif same:
            dressed[bare.chat_id] = old
            continue
        else:
            memory = old.memory
        dressed[bare.chat_id] = Dressed(bare, memory, write(_put_on(bare, memory, worn, my_id)))
    return Former(seen.readings, worn, dressed, former.at if before else now), news


def _remembered(bare: Dialog, seen: Seen, details: Details, now: datetime, news: dict[int, Memory]) -> Memory:
    old = details.memories.get(bare.session_id)
    reading = seen.by_chat[bare.chat_id]
    memory = advance(old, bare, author_id=reading.author_id, began=reading.began, now=now)
    if memory != old and bare.session_id > 0:
        news[bare.session_id] = memory
    return memory


def _put_on(bare: Dialog, memory: Memory, worn: Worn, my_id: int) -> Dialog:
    said, place = (
        silence(bool(bare.silent), worn.marks.get(bare.session_id), worn.scope),
        worn.places.get(bare.chat_id),
    )
    return msgspec.structs.replace(
        bare,
        top=place is not None,
        top_rank=place,
        silent=said.silent,
        silent_source=said.source,
        silent_since=said.since,
        waiting_since=memory.waiting_since,
        last_message=recall(bare, memory, my_id),
    )
