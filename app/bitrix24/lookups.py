"""Looks up names in threads of their own: the system's resolver knows no time limit.

Who asks for a name that is being looked up already waits for that answer, so a name server that never answers
holds one of the threads and not all of them.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from app.bitrix24.errors import NotSent

LookUp = Callable[[str, int], Sequence[str]]
_Found = Future[Sequence[str]]
_threads = threading.BoundedSemaphore(32)


def system_look_up(host: str, port: int) -> Sequence[str]:
    """Every address of a name in the system's order. Raises OSError or UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class LookUps:
    """The look-ups under way; what they find is not kept."""

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up
        self._lock = threading.Lock()
        self._pending: dict[tuple[str, int], _Found] = {}

    def addresses(self, host: str, port: int, seconds: float) -> Sequence[str]:
        """The addresses of a name. Raises NotSent when it cannot be looked up in so many seconds."""
        ends = time.monotonic() + seconds
        found = self._joined(host, port, seconds)
        try:
            return found.result(timeout=max(0.0, ends - time.monotonic()))
        except (OSError, UnicodeError):
            raise NotSent("host name cannot be looked up") from None

    def _joined(self, host: str, port: int, seconds: float) -> _Found:
        """The answer that others wait for, or one that is looked up from now on."""
        with self._lock:
            found = self._pending.get((host, port))
            if found is not None:
                return found
            found = self._pending[host, port] = Future()
        if not _threads.acquire(timeout=max(0.0, seconds)):
            self._settle(host, port, NotSent("too many look-ups are pending"))
            return found
        try:
            threading.Thread(target=self._run, args=(host, port), daemon=True).start()
        except RuntimeError:  # the system gives no more threads
            _threads.release()
            self._settle(host, port, NotSent("no thread for a look-up"))
        return found

    def _run(self, host: str, port: int) -> None:
        answer: Sequence[str] | Exception
        try:
            answer = self._look_up(host, port)
        except Exception as error:  # the end of a thread: whoever waits gets it
            answer = error
        _threads.release()
        self._settle(host, port, answer)

    def _settle(self, host: str, port: int, answer: Sequence[str] | Exception) -> None:
        """Tell all who wait; who comes from now on looks up anew."""
        with self._lock:
            found = self._pending.pop((host, port))
        if isinstance(answer, Exception):
            found.set_exception(answer)
        else:
            found.set_result(answer)
