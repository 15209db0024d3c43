"""Values that are believed for a moment: spares a read of the database on every request of a busy page."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Believed(Generic[K, V]):
    """A bounded map whose values are asked for again after `seconds`."""

    def __init__(self, seconds: float, limit: int = 10_000) -> None:
        self._seconds = seconds
        self._limit = limit
        self._kept: dict[K, tuple[float, V]] = {}
        self._lock = Lock()

    def get(self, key: K, load: Callable[[], V]) -> V:
        """The remembered value, or a fresh one from `load`, which runs outside the lock."""
        now = time.monotonic()
        with self._lock:
            found = self._kept.get(key)
        if found is not None and found[0] > now:
            return found[1]
        value = load()
        with self._lock:
            if len(self._kept) >= self._limit:
                self._kept.clear()
            self._kept[key] = (now + self._seconds, value)
        return value

    def drop(self, key: K) -> None:
        """Forget one value."""
        with self._lock:
            self._kept.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
