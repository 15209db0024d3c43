"""Turns of an operator's clicks: those on the same dialog run in the order they came, others side by side.

Without turns a quick "pin, unpin" could reach the portal in either order. The rule: a click takes its place
in the line of its process and in the one that all processes share at once, so that both have the same order.
Without the shared line turns hold in one process; the read-back still says what is true.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile

from app.bitrix24.errors import PortalBusy
from app.bitrix24.net import TOTAL_SECONDS
from app.portals.model import OperatorKey
from app.storage.claims import Claim, RedisClaims

CLICK_SECONDS = TOTAL_SECONDS
"""How long a click may last, all in all: its turn, a list, a refresh, the write and the list behind it."""

_PAUSE = 0.02
"""Seconds between two looks at the shared line; of one process at most one click on a dialog looks."""

_STRIPES = 64
_Chats = frozenset[int] | None  # None: all of them


class _Wish:
    """One click's wish for its dialogs; no two are equal. `claim` is its place in the shared line."""

    def __init__(self, chats: _Chats) -> None:
        self.chats = chats
        self.claim: Claim | None = None

    def meets(self, other: "_Wish") -> bool:
        """Whether both touch a dialog."""
        return self.chats is None or other.chats is None or not self.chats.isdisjoint(other.chats)


class Turns:
    """The clicks of each operator in the order they came, waiting or under way.

    `claims` are what all processes share, if they share anything; `patience` is in seconds, for those who
    come without a limit of their own.
    """

    def __init__(self, claims: RedisClaims | None = None, patience: float = CLICK_SECONDS) -> None:
        self._claims = claims
        self._patience = patience
        self._changed = threading.Condition()
        self._lines: dict[OperatorKey, list[_Wish]] = {}
        self._entering = tuple(threading.Lock() for _ in range(_STRIPES))

    @contextmanager
    def take(self, key: OperatorKey, chats: _Chats, until: float | None = None) -> Iterator[None]:
        """Hold the operator's turn for these chats, None for all of them, as long as the block lasts.

        Raises `PortalBusy` when it does not come until then (by the monotonic clock).
        """
        until, mine = time.monotonic() + self._patience if until is None else until, _Wish(chats)
        line = self._enter(key, mine)
        try:
            self._wait_here(line, mine, until)
            self._wait_everywhere(mine, until)
            yield
        finally:
            if self._claims is not None and mine.claim is not None:
                self._claims.leave(mine.claim)
            with self._changed:
                line.remove(mine)
                if not line:
                    del self._lines[key]
                self._changed.notify_all()

    def _enter(self, key: OperatorKey, mine: _Wish) -> list[_Wish]:
        """Take a place in both lines; nobody of this operator may come in between."""
        with self._entering[hash(key) % _STRIPES]:
            if self._claims is not None:
                mine.claim = self._claims.enter(f"{key.member_id}:{key.user_id}", mine.chats)
            with self._changed:
                line = self._lines.setdefault(key, [])
                line.append(mine)
        return line

    def _wait_here(self, line: list[_Wish], mine: _Wish, until: float) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: _is_next(line, mine), until - time.monotonic()):
                raise PortalBusy(1.0)

    def _wait_everywhere(self, mine: _Wish, until: float) -> None:
        if self._claims is None or mine.claim is None or mine.claim.free:
            return
        while not self._claims.is_next(mine.claim):
            if time.monotonic() + _PAUSE > until:
                raise PortalBusy(1.0)
            time.sleep(_PAUSE)


def _is_next(line: list[_Wish], mine: _Wish) -> bool:
    """Whether nobody who came earlier touches the same dialogs."""
    return not any(earlier.meets(mine) for earlier in takewhile(lambda each: each is not mine, line))
