"""Threads for what runs beside a request, shared fairly: no portal can hold them all.

The rule: a portal that answers nobody keeps a few threads busy, and everybody else's work finds others.
"""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

THREADS = 64
SHARE = 8
"""How many of the threads one portal may hold at a time: as many as requests to it are let out at once."""

Value = TypeVar("Value")


class Threads:
    """A pool with a share for each portal."""

    def __init__(self, name: str, size: int = THREADS, share: int = SHARE) -> None:
        self._pool = ThreadPoolExecutor(size, name)
        self._size = size
        self._share = share
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()

    def start(self, portal: str, work: Callable[[], Value]) -> Future[Value] | None:
        """Begin the work now in a thread; None when the portal's share, or the pool, is in use."""
        with self._lock:
            if self._held[portal] >= self._share or self._held.total() >= self._size:
                return None
            self._held[portal] += 1
        context = copy_context()
        started = self._pool.submit(context.run, work)
        started.add_done_callback(lambda _: self._end(portal))
        return started

    def _end(self, portal: str) -> None:
        with self._lock:
            self._held[portal] -= 1
            if not self._held[portal]:
                del self._held[portal]

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)
