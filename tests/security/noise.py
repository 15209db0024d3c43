"""Everybody at one portal who clicks again and again, from processes of their own so that the client that
measures is not slowed by them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait

from urllib3.exceptions import HTTPError

from tests.faults.crew import Crew
from tests.support.frame import Frame
from tests.support.stand import http_pool

PROCESSES, PEOPLE = 2, 90  # together three times as many as a worker has threads

_AT_IT = 4.0  # seconds, after which nobody is going to be turned away


def clicking(line: Connection, url: str, session: str) -> None:
    """`Pin all` by many people until somebody kills us; the first answer that comes back is told of."""
    heard = threading.Event()

    def click() -> None:
        http, headers = http_pool(), {"X-B24-Session": session, "Accept": "application/json"}
        while True:
            try:
                status = http.request("POST", f"{url}/api/actions/pin_all", headers=headers, json={}).status
            except HTTPError:
                status = 0
            heard.set()
            if status != 200:
                threading.Event().wait(2)  # as such an answer says

    for _ in range(PEOPLE):
        threading.Thread(target=click, daemon=True).start()
    line.send("ready")
    heard.wait(60)
    line.send("answered")
    threading.Event().wait()


@contextmanager
def stalled(noisy: Frame, seconds: float) -> Iterator[None]:
    """The portal hangs for so long at each request, and everybody there clicks.

    Inside the block they are all at it: somebody has been turned away, or nobody is answered.
    """
    noisy.sandbox.fault("hang", seconds=seconds)
    with Crew(clicking, noisy.app_url, str(noisy.token), count=PROCESSES) as crew:
        wait(crew.lines, _AT_IT)
        yield
    noisy.sandbox.heal()
