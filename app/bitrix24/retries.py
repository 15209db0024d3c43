"""What may be sent again: refusals before execution twice, reads once, writes never once they may have left.

Repeats of every kind are at most a tenth of a portal's traffic over 500 requests, so that a failing portal is
not asked twice as much.
"""

import threading
from collections.abc import Iterable

from app.bitrix24.errors import (
    AddressRefused,
    BadAnswer,
    BitrixError,
    NotSent,
    PortalBusy,
    RestError,
    Stale,
    TimedOut,
    TransportError,
)

_READS = {"app.info", "profile", "scope", "events", "server.time", "user.admin", "user.current"}
_TAKING = {"event.offline.get"}  # named like a read, but reserves what it returns
_TRANSIENT = {"INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER"}
_MOST = 10.0
_SHARE = 0.08  # under a tenth, so that 500 requests pay for the store that a portal begins with
_PORTALS = 10_000
_OUTCOMES: tuple[tuple[type[BitrixError], str], ...] = (
    (AddressRefused, "address_refused"),
    (NotSent, "not_sent"),
    (TimedOut, "timed_out"),
    (BadAnswer, "bad_answer"),
    (TransportError, "broken_off"),
    (PortalBusy, "portal_busy"),
)


class Retries:
    """How many repeats each portal has earned: eight for a hundred requests, ten in store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._earned: dict[str, float] = {}

    def earn(self, portal: str) -> None:
        """One more request that is no repeat."""
        with self._lock:
            if len(self._earned) > _PORTALS and portal not in self._earned:
                self._earned.clear()
            self._earned[portal] = min(_MOST, self._earned.get(portal, _MOST) + _SHARE)

    def left(self, portal: str) -> bool:
        """Is there a repeat to take?"""
        with self._lock:
            return self._earned.get(portal, _MOST) >= 1

    def spend(self, portal: str) -> bool:
        """Take one repeat, if there is one."""
        with self._lock:
            left = self._earned.get(portal, _MOST)
            if left < 1:
                return False
            self._earned[portal] = left - 1
            return True


def writes(methods: Iterable[str]) -> bool:
    """Does any of these methods change something? Unknown ones count as if they did."""
    return any(not _reads(method.lower()) for method in methods)


def may_repeat(error: BitrixError, write: bool) -> bool:
    """Is it safe and of use to send this again at once? Rate limits are not the question here."""
    if isinstance(error, NotSent | Stale):
        return not isinstance(error, AddressRefused)
    if write:
        return False
    if isinstance(error, TransportError):
        return not isinstance(error, TimedOut)
    return isinstance(error, RestError) and error.code.upper() in _TRANSIENT


def outcome_of(error: BitrixError) -> str:
    """One word for the record: the portal's code, or what became of the request."""
    if isinstance(error, RestError):
        return error.code or "no_code"
    return next((word for kind, word in _OUTCOMES if isinstance(error, kind)), "failed")


def _reads(method: str) -> bool:
    return method in _READS or (method.endswith((".get", ".list")) and method not in _TAKING)
