"""The governor's counters in this process, and the way back to them when a shared store is down."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from app.bitrix24.governor import Buckets

_log = logging.getLogger(__name__)
_SWEEP_ABOVE = 10_000


@dataclass(slots=True)
class _Counters:
    """Of one key: when the bucket will be empty, until when it is parked, who is in flight until when."""

    empty_at: float = 0.0
    parked_until: float = 0.0
    places: dict[str, float] = field(default_factory=dict)

    def idle(self, now: float) -> bool:
        return self.empty_at <= now and self.parked_until <= now and not self.places


class MemoryBuckets:
    """Leaky buckets (generic cell rate algorithm) of one process; correct only when it is the only one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, _Counters] = {}

    def take(self, key: str, rate: float, burst: int, cost: int, reserve: int) -> float:
        """See `Buckets.take`."""
        with self._lock:
            now = self._clock()
            counters = self._of(key, now)
            filled = max(counters.empty_at, now) + cost / rate
            pause = max(filled - (burst - reserve) / rate, counters.parked_until) - now
            if pause > 1e-9:
                return pause
            counters.empty_at = filled
            return 0.0

    def enter(self, key: str, limit: int, ttl: float) -> str | None:
        """See `Buckets.enter`."""
        with self._lock:
            now = self._clock()
            places = self._of(key, now).places
            for token in [token for token, ends in places.items() if ends <= now]:
                del places[token]
            if len(places) >= limit:
                return None
            token = uuid4().hex
            places[token] = now + ttl
            return token

    def leave(self, key: str, token: str) -> None:
        """See `Buckets.leave`."""
        with self._lock:
            if counters := self._keys.get(key):
                counters.places.pop(token, None)

    def park(self, key: str, seconds: float) -> None:
        """See `Buckets.park`."""
        with self._lock:
            now = self._clock()
            counters = self._of(key, now)
            counters.parked_until = max(counters.parked_until, now + seconds)

    def _of(self, key: str, now: float) -> _Counters:
        if len(self._keys) > _SWEEP_ABOVE and key not in self._keys:
            self._keys = {name: counters for name, counters in self._keys.items() if not counters.idle(now)}
        return self._keys.setdefault(key, _Counters())


class FallbackBuckets:
    """Shared buckets while their store answers, this process' own while it raises `down`."""

    def __init__(self, shared: Buckets, own: Buckets, down: type[Exception]) -> None:
        self._shared = shared
        self._own = own
        self._down = down

    def take(self, key: str, rate: float, burst: int, cost: int, reserve: int) -> float:
        """See `Buckets.take`."""
        try:
            return self._shared.take(key, rate, burst, cost, reserve)
        except self._down:
            _log.warning("shared buckets are down: counting in this process only")
            return self._own.take(key, rate, burst, cost, reserve)

    def enter(self, key: str, limit: int, ttl: float) -> str | None:
        """See `Buckets.enter`."""
        try:
            return self._shared.enter(key, limit, ttl)
        except self._down:
            return self._own.enter(key, limit, ttl)

    def leave(self, key: str, token: str) -> None:
        """See `Buckets.leave`; a place lost with the store frees itself after its time."""
        self._own.leave(key, token)
        try:
            self._shared.leave(key, token)
        except self._down:
            return

    def park(self, key: str, seconds: float) -> None:
        """See `Buckets.park`."""
        self._own.park(key, seconds)
        try:
            self._shared.park(key, seconds)
        except self._down:
            return
