"""One piece of work at a time for one key: whoever comes while it runs gets its answer too."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from typing import Generic, TypeVar

from app.bitrix24.errors import TimedOut
from app.bitrix24.net import TOTAL_SECONDS

Value = TypeVar("Value")


class Flights(Generic[Value]):
    """Runs under way, by key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[Hashable, Future[Value]] = {}

    def run(self, key: Hashable, work: Callable[[], Value], seconds: float = TOTAL_SECONDS) -> Value:
        """The result of `work`, or of the run under way for this key; its error is everybody's error.

        Raises TimedOut when the run under way does not end in so many seconds.
        """
        with self._lock:
            flying = self._flying.get(key)
            mine: Future[Value] = Future()
            if flying is None:
                self._flying[key] = mine
        if flying is not None:
            try:
                return flying.result(timeout=max(0.0, seconds))
            except TooLate:
                raise TimedOut("what others asked for did not come") from None
        try:
            value = work()
        except BaseException as error:
            self._land(key, mine)
            mine.set_exception(error)
            raise
        self._land(key, mine)
        mine.set_result(value)
        return value

    def adopt(self, key: Hashable, flying: Future[Value]) -> None:
        """Let others join a run that was started elsewhere; a run that is known already stays."""
        with self._lock:
            if key in self._flying:
                return
            self._flying[key] = flying
        flying.add_done_callback(lambda _: self._land(key, flying))

    def _land(self, key: Hashable, flying: Future[Value]) -> None:
        with self._lock:
            if self._flying.get(key) is flying:
                del self._flying[key]
