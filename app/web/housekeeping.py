"""What has to happen without anybody asking: expiry, purges, events that wait for their proof.

One thread a process, one process at a time by a lease; the same by hand as `flask housekeeping`.
"""

import itertools
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from random import SystemRandom

from app.bitrix24.trace import request_id
from app.storage.leases import LeaseBusy
from app.web import logs

Job = Callable[[], object]
OFTEN = "events"
_EVERY = 6
_LAST = 30.0  # what is being done when the thread is to end may take so long
_chance = SystemRandom()  # spreads the processes


class Housekeeping:
    """Runs jobs now and then. `turn()` is held meanwhile, or raises `LeaseBusy`; `own` needs no turn."""

    def __init__(
        self,
        jobs: Mapping[str, Job],
        turn: Callable[[], AbstractContextManager[object]],
        seconds: float = 10.0,
        own: Job | None = None,
    ) -> None:
        self._jobs = jobs
        self._turn = turn
        self._seconds = seconds
        self._own = own
        self._started = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, once in a process; called by the first request, after any fork."""
        if self._started.acquire(blocking=False):
            self._thread = threading.Thread(target=self._loop, name="housekeeping", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread after what it is doing, 30 seconds at most; nothing is begun any more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(_LAST)

    def run(self, *names: str) -> dict[str, object] | None:
        """Do these jobs (all of them without names); one that fails stops no other.

        Returns what each gave, or its error's name; None when another process is at it.
        Raises KeyError for a job that there is not.
        """
        chosen = {name: self._jobs[name] for name in names or self._jobs}
        try:
            with self._turn():
                return {name: _done(name, job) for name, job in chosen.items()}
        except LeaseBusy:
            return None

    def _loop(self) -> None:
        request_id.set("housekeeping")
        for count in itertools.count(1):
            pause = self._seconds * _chance.uniform(0.8, 1.2)
            if self._over.wait(pause):
                return
            if self._own is not None:
                _done("own", self._own)
            try:
                self.run(*(() if count % _EVERY == 0 else (OFTEN,)))
            except Exception as error:
                logs.NOTES.error("housekeeping failed", exc_info=error)


def _done(name: str, job: Job) -> object:
    try:
        return job()
    except Exception as error:
        logs.NOTES.error("housekeeping job failed", extra={"fields": {"job": name}}, exc_info=error)
        return type(error).__name__
