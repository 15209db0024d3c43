"""The portal's two limits: the leaky bucket of requests and the operating time of methods."""

import threading
import time
from collections import defaultdict

BUCKETS, BUCKET_SECONDS, NOTICED = 10, 60, 0.1


class Bucket:
    """Leaky bucket per source address: drains `drain` a second, refuses above `size`."""

    def __init__(self) -> None:
        self.levels: dict[str, tuple[float, float]] = {}
        self.lock = threading.Lock()

    def pour(self, source: str, drain: float, size: int) -> bool:
        """Count one request; False means 503."""
        with self.lock:
            at = time.monotonic()
            level, since = self.levels.get(source, (0.0, at))
            level = max(0.0, level - (at - since) * drain)
            fits = level + 1 <= size
            self.levels[source] = (level + 1 if fits else level, at)
        return fits


class Operating:
    """Run time per method in ten one-minute buckets; calls under 0.1 s do not count."""

    def __init__(self) -> None:
        self.minutes: dict[str, dict[int, float]] = defaultdict(dict)
        self.lock = threading.Lock()

    def charge(self, method: str, seconds: float) -> None:
        """Add the time of one call."""
        if seconds < NOTICED:
            return
        with self.lock:
            minute = int(time.time() // BUCKET_SECONDS)
            spent = self.minutes[method]
            spent[minute] = spent.get(minute, 0.0) + seconds

    def total(self, method: str) -> tuple[float, int]:
        """Seconds of the last ten minutes and when the oldest of them is forgiven (unix seconds)."""
        with self.lock:
            current = int(time.time() // BUCKET_SECONDS)
            spent = {m: s for m, s in self.minutes[method].items() if m > current - BUCKETS}
            self.minutes[method] = spent
        oldest = min(spent, default=current)
        return sum(spent.values()), (oldest + BUCKETS) * BUCKET_SECONDS
