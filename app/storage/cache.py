"""Caches of bytes with a time to live. The rule: they may forget anything, and never outgrow their bound."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol


class Cache(Protocol):
    """What every cache can do; losing a value is never an error, keeping one may be."""

    def get(self, key: str) -> bytes | None:
        """The value, or None when it is unknown or too old."""

    def set(self, key: str, value: bytes, seconds: float) -> None:
        """Keep the value for at most `seconds`."""

    def delete(self, key: str) -> None:
        """Forget one value."""

    def delete_prefix(self, prefix: str) -> None:
        """Forget every value whose key starts with `prefix`.

        The one method that may raise SharedStoreDown: who has to forget must know that nothing was forgotten.
        """


class MemoryCache:
    """The cache of one process: least recently used values leave first once `max_bytes` are reached."""

    def __init__(
        self, max_bytes: int = 16 * 1024 * 1024, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max = max_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._used = 0
        self._values: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        """See `Cache.get`."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            if found[0] <= self._clock():
                self._drop(key)
                return None
            self._values.move_to_end(key)
            return found[1]

    def set(self, key: str, value: bytes, seconds: float) -> None:
        """See `Cache.set`; a value larger than the whole cache is not kept."""
        with self._lock:
            self._drop(key)
            size = _size(key, value)
            if size > self._max or seconds <= 0:
                return
            self._values[key] = (self._clock() + seconds, value)
            self._used += size
            while self._used > self._max:
                self._drop(next(iter(self._values)))

    def delete(self, key: str) -> None:
        """See `Cache.delete`."""
        with self._lock:
            self._drop(key)

    def delete_prefix(self, prefix: str) -> None:
        """See `Cache.delete_prefix`."""
        with self._lock:
            for key in [key for key in self._values if key.startswith(prefix)]:
                self._drop(key)

    def _drop(self, key: str) -> None:
        found = self._values.pop(key, None)
        if found is not None:
            self._used -= _size(key, found[1])


def _size(key: str, value: bytes) -> int:
    return len(key) + len(value) + 200  # roughly what Python itself takes for an entry
