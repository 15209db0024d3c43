"""How many actions fit into one batch, and how many batches fly at once, by what each portal has shown.

A batch should keep the portal busy for about five seconds: its own limit is sixty, ours is ten. Portals that
run one person's requests one after the other gain nothing from two at a time (page "REST limits").
"""

import threading
from collections import OrderedDict
from collections.abc import Callable

BATCH_SECONDS = 5.0
FIRST_BATCH = 10
_UNKNOWN_COMMAND = 0.1
_SERIAL_SECONDS = 600.0
_WORTH_JUDGING = 1.0
_PORTALS = 2000


class Pace:
    """Observed running times in this process, by portal and method."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._each: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._serial: OrderedDict[str, float] = OrderedDict()

    def size(self, portal: str, method: str, count: int, room: int) -> int:
        """How many of `count` actions the next batch takes: even parts, none longer than five seconds.

        `room` is how many commands a batch has left beside its lists.
        """
        each = self._each.get((portal, method))
        most = FIRST_BATCH if each is None else max(1, min(room, int(BATCH_SECONDS / each)))
        parts = -(-count // most)
        return -(-count // parts) if each is not None and parts else min(count, most)

    def expected(self, portal: str, method: str, count: int) -> float:
        """Seconds that `count` actions are expected to take in one batch."""
        return self._each.get((portal, method), _UNKNOWN_COMMAND) * count

    def width(self, portal: str, method: str) -> int:
        """How many batches may fly at once: one until the method was timed, and on serialising portals."""
        if (portal, method) not in self._each:
            return 1
        return 1 if self._serial.get(portal, 0.0) > self._clock() else 2

    def note(self, portal: str, method: str, count: int, seconds: float) -> None:
        """Learn from a batch of `count` actions and a list that ran for `seconds`."""
        each = max(seconds / (count + 1), 0.001)
        with self._lock:
            known = self._each.pop((portal, method), None)
            self._each[portal, method] = each if known is None else (known + each) / 2
            _shorten(self._each)

    def note_timeout(self, portal: str, method: str, count: int) -> None:
        """Learn from a batch that did not answer in time: the next one is much smaller."""
        self.note(portal, method, count, 4 * BATCH_SECONDS)

    def note_pair(self, portal: str, wall: float, longest: float) -> None:
        """Learn from two batches that flew together for `wall` seconds: did the portal run them in turn?"""
        if longest < _WORTH_JUDGING:
            return
        with self._lock:
            if wall > 1.6 * longest:
                self._serial[portal] = self._clock() + _SERIAL_SECONDS
                _shorten(self._serial)
            else:
                self._serial.pop(portal, None)


def _shorten(table: OrderedDict[str, float] | OrderedDict[tuple[str, str], float]) -> None:
    while len(table) > _PORTALS:
        table.popitem(last=False)
