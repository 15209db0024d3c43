"""Memories of sessions, written down behind the lists where no other process needs them at once.

The rule: what is not written yet is known here all the same, and nothing of one portal ever holds up another.
A process that is killed takes the last seconds with it; the next list tells most of them again.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Collection, Mapping

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.desk.listing.details import save_memories
from app.openlines.memory import Memory
from app.portals.stores.installed import is_installed
from app.storage.health import OUTAGES

WRITE_SECONDS = 2.0
"""How long what is new may wait while lists come; without any it is written by housekeeping."""

MOST_WAITING = 20_000
"""Sessions that may wait while the database does not answer."""

_ROUNDS = 3
_LOG = logging.getLogger(__name__)
_Waiting = dict[str, dict[int, Memory]]


class Memories:
    """What this process has learnt of sessions and not written down, by portal.

    `alone`: no other process works on this database. Else what is new is written at once.
    """

    def __init__(self, engine: Engine, *, alone: bool) -> None:
        self._engine = engine
        self._alone = alone
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: _Waiting = {}
        self._leaving: _Waiting = {}  # being written: still known here until that is done
        self._versions: Counter[str] = Counter()
        self._next = 0.0

    def version(self, member_id: str) -> int:
        """Another number whenever something new is known of the portal's sessions."""
        with self._lock:
            return self._versions[member_id]

    def note(self, member_id: str, news: Mapping[int, Memory], version: int) -> int | None:
        """Keep what is new; now and then the one who comes writes for all.

        Returns the version now, None when somebody else has noted something since `version`.
        """
        with self._lock:
            in_step = self._versions[member_id] == version
            if news:
                self._versions[member_id] += 1
                self._hold(member_id, self._waiting.get(member_id, {}) | dict(news))
            now = self._versions[member_id]
            due = bool(news) and (not self._alone or time.monotonic() >= self._next)
        if due:
            self.write()
        return now if in_step else None

    def waiting(self, member_id: str, session_ids: Collection[int]) -> dict[int, Memory]:
        """What of these sessions is known here and may not be written yet."""
        with self._lock:
            known = self._leaving.get(member_id, {}) | self._waiting.get(member_id, {})
        return {each: known[each] for each in session_ids if each in known}

    def write(self, patience: float = 0.0) -> None:
        """Write down what waits; while somebody else does, that one takes ours along.

        `patience`: seconds to wait for that one's end, and then look again, for who comes last.
        """
        if not self._writing.acquire(timeout=patience):
            return
        try:
            for _ in range(_ROUNDS):
                with self._lock:
                    self._leaving, self._waiting = self._waiting, {}
                    self._next = time.monotonic() + WRITE_SECONDS
                if not self._leaving or not self._write_portals():
                    return
        finally:
            self._writing.release()

    def forget(self, member_id: str) -> None:
        """Let go of a portal that has left."""
        with self._lock:
            self._versions[member_id] += 1
            self._waiting.pop(member_id, None)
            self._leaving.pop(member_id, None)

    def _write_portals(self) -> bool:
        """Write one portal after the other; False: the database does not answer, the rest waits on."""
        with self._lock:
            portals = list(self._leaving)
        try:
            for member_id in portals:
                with self._lock:
                    memories = self._leaving.get(member_id)
                if memories is not None:
                    self._write_portal(member_id, memories)
                with self._lock:
                    self._leaving.pop(member_id, None)
        except OUTAGES as outage:
            _LOG.warning("memories of sessions wait: %s", type(outage).__name__)
            self._take_back()
            return False
        return True

    def _write_portal(self, member_id: str, memories: Mapping[int, Memory]) -> None:
        try:
            with self._engine.begin() as conn:
                if is_installed(conn, member_id):
                    save_memories(conn, member_id, memories)
        except OUTAGES:
            raise
        except (SQLAlchemyError, OverflowError, ValueError):  # values that the database does not take, ever
            _LOG.exception("memories of sessions are lost", extra={"member_id": member_id})

    def _take_back(self) -> None:
        with self._lock:
            leaving, self._leaving = self._leaving, {}
            for member_id, memories in leaving.items():
                self._hold(member_id, memories | self._waiting.get(member_id, {}))

    def _hold(self, member_id: str, memories: dict[int, Memory]) -> None:
        """Let it wait; whose memories have waited longest go when there is no room. Holds the lock."""
        self._waiting[member_id] = memories
        while sum(map(len, self._waiting.values())) > MOST_WAITING:
            oldest = next(iter(self._waiting))
            _LOG.error("no room: memories of sessions are lost", extra={"member_id": oldest})
            del self._waiting[oldest]
