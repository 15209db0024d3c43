"""How many threads of a worker one portal may hold, so that one that stalls leaves room for the others.

Whoever waits for a portal holds a thread: behind the governor, in a list that another tab is reading, at a
refresh. Beyond its share a portal's operators are told at once that it is busy.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from app.bitrix24.errors import PortalBusy

OF_PORTAL = 24
"""Of the 64 threads of a worker; the portal itself is never asked by more than 8 at once."""

OPENINGS = 32
"""Openings are not proved yet, so they share one place: that of nobody in particular."""

_RETRY_SECONDS = 2.0


class Crowd:
    """Counts who is inside; `None` is everybody who is not proved yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside: Counter[str | None] = Counter()

    def enter(self, member_id: str | None) -> None:
        """Take a place. Raises PortalBusy when the portal has no place left."""
        limit = OPENINGS if member_id is None else OF_PORTAL
        with self._lock:
            if self._inside[member_id] >= limit:
                raise PortalBusy(_RETRY_SECONDS)
            self._inside[member_id] += 1

    def leave(self, member_id: str | None) -> None:
        """Give the place back."""
        with self._lock:
            self._inside[member_id] -= 1
            if self._inside[member_id] <= 0:
                del self._inside[member_id]

    @contextmanager
    def place_if_free(self, member_id: str) -> Iterator[bool]:
        """Hold a place inside the block where there is one; tells whether."""
        try:
            self.enter(member_id)
        except PortalBusy:
            yield False
            return
        try:
            yield True
        finally:
            self.leave(member_id)

    @contextmanager
    def place(self, member_id: str | None) -> Iterator[None]:
        """Hold a place inside the block. Raises PortalBusy."""
        self.enter(member_id)
        try:
            yield
        finally:
            self.leave(member_id)
