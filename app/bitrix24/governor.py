"""Keeps us inside a portal's budget, so that it never has to refuse: the page "Limits" of the documentation.

A portal drains `rate` requests a second from a bucket of `burst` and answers 503 past it, counted per portal
and source address. One governor per process shares its buckets with the others through `Buckets`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

from app.bitrix24.errors import PortalBusy

Priority = Literal["interactive", "background"]

_RESERVE = 10  # of the bucket, kept free of background work so that a click finds room
_SLOTS_KEPT = 2  # of the requests in flight, kept free likewise
_IN_FLIGHT_TTL = 30.0  # seconds after which the slot of a killed process is free again
_POLL = 0.05


class Buckets(Protocol):
    """Where the counters live: this process (`MemoryBuckets`) or a store shared by several."""

    def take(self, key: str, rate: float, burst: int, cost: int, reserve: int) -> float:
        """Take `cost` unless less than `reserve` would stay free; 0, or the seconds until it may work."""

    def enter(self, key: str, limit: int, ttl: float) -> str | None:
        """Take one of `limit` places for at most `ttl` seconds; None when all are taken."""

    def leave(self, key: str, token: str) -> None:
        """Give the place back; an unknown token is no error."""

    def park(self, key: str, seconds: float) -> None:
        """Let `take` on this key wait for at least so long."""


class Governor:
    """Hands out permission to send. Interactive requests wait up to `wait` seconds, background ones never."""

    def __init__(
        self,
        buckets: Buckets,
        rate: float = 2.0,
        burst: int = 50,
        in_flight: int = 8,
        wait: float = 3.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._buckets = buckets
        # A little under the portal's numbers: requests bunch up on the way, its bucket drains in steps.
        self._rate = rate * 0.97
        self._burst = max(1, burst - burst // 16)
        self._in_flight = in_flight
        self._wait = wait
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def slot(
        self, portal: str, priority: Priority = "interactive", *, wait: float | None = None
    ) -> Iterator[None]:
        """Hold a place among the portal's requests while one is sent.

        `wait` makes the wait shorter, in seconds. Raises PortalBusy(retry_after) when none is free in time;
        background waits for none.
        """
        limit = 0.0 if priority == "background" else self._wait if wait is None else min(wait, self._wait)
        token = self._admit(portal, priority, self._clock() + limit)
        try:
            yield
        finally:
            self._buckets.leave(f"flight:{portal}", token)

    def limited(self, portal: str, seconds: float) -> None:
        """The portal said that its bucket is full: nobody asks it for so long."""
        self._buckets.park(f"rate:{portal}", seconds)

    def allow(self, key: str, rate: float, burst: int) -> bool:
        """Take one of a small allowance of its own (`rate` a second, `burst` at once), never waiting."""
        return self._buckets.take(f"allow:{key}", rate, burst, 1, 0) == 0

    def _admit(self, portal: str, priority: Priority, until: float) -> str:
        while True:
            token, pause = self._try(portal, priority)
            if token is not None:
                return token
            if self._clock() + pause > until:
                raise PortalBusy(max(1.0, pause))
            self._sleep(pause)

    def _try(self, portal: str, priority: Priority) -> tuple[str | None, float]:
        background = priority == "background"
        places = max(1, self._in_flight - _SLOTS_KEPT) if background else self._in_flight
        token = self._buckets.enter(f"flight:{portal}", places, _IN_FLIGHT_TTL)
        if token is None:
            return None, _POLL
        reserve = min(_RESERVE, self._burst - 1) if background else 0
        pause = self._buckets.take(f"rate:{portal}", self._rate, self._burst, 1, reserve)
        if pause == 0:
            return token, 0.0
        self._buckets.leave(f"flight:{portal}", token)
        return None, pause
