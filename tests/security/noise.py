"""Everybody at one portal who clicks, opens and installs again and again, from processes of their own so that
the client that measures is not slowed by them.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any

from urllib3 import BaseHTTPResponse, PoolManager
from urllib3.exceptions import HTTPError

from tests.faults.crew import Crew
from tests.support.frame import Frame
from tests.support.stand import http_pool

PROCESSES, PEOPLE = 2, 90  # together three times as many as a worker has threads

_PAUSE = 5.0  # seconds until somebody who was answered tries again; the page itself waits 15
_AT_IT = 4.0  # seconds, after which nobody is going to be turned away


Way = Callable[[PoolManager], BaseHTTPResponse]


def _asking(method: str, address: str, **more: Any) -> Way:
    return lambda http: http.request(method, address, **more)


def clicking(line: Connection, url: str, session: str, openings: str) -> None:
    """What many people do until somebody kills us; the first who is turned away is told of.

    Half of them `Pin all`, the others open the desk in the frame and in a window of its own, or install.
    """
    heard = threading.Event()
    api = {"X-B24-Session": session, "Accept": "application/json"}
    click = _asking("POST", f"{url}/api/actions/pin_all", headers=api, json={})
    ways = [click, click, click, _asking("GET", f"{url}/app", headers=api)]
    ways += [
        _asking("POST", address, fields=fields, encode_multipart=False, headers={"Origin": origin})
        for address, fields, origin in json.loads(openings)
    ]

    def busy(way: Way) -> None:
        http = http_pool()
        while True:
            try:
                status = way(http).status
            except HTTPError:
                status = 0
            if status != 200:
                heard.set()
            threading.Event().wait(_PAUSE)

    for number in range(PEOPLE):
        threading.Thread(target=busy, args=(ways[number % len(ways)],), daemon=True).start()
    line.send("ready")
    heard.wait(60)
    line.send("turned away")
    threading.Event().wait()


@contextmanager
def stalled(noisy: Frame, seconds: float) -> Iterator[None]:
    """The portal hangs for so long at each request, and everybody there clicks.

    Inside the block they are all at it: somebody has been turned away, or nobody is answered.
    """
    openings = [(*noisy.prepare(path), noisy.origin) for path in ("/app", "/install")]
    noisy.sandbox.fault("hang", seconds=seconds)
    with Crew(clicking, noisy.app_url, str(noisy.token), json.dumps(openings), count=PROCESSES) as crew:
        wait(crew.lines, _AT_IT)
        yield
    noisy.sandbox.heal()
