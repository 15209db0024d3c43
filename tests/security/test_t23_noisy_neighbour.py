"""T23: one portal that stalls while all of its operators ask. The others must not notice."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from urllib3.exceptions import HTTPError

from tests.security.noise import stalled
from tests.security.raw import children
from tests.security.trial import FULL, Trial, size
from tests.security.weakened import weak_app, without_shares
from tests.support.databases import SqliteTemplates
from tests.support.frame import Frame
from tests.support.ports import free_port
from tests.support.stand import RunningApp, Sandbox, Stand, http_pool

THREAT = "T23"
WHAT = "requests beside a portal that stalls"
ATTEMPTS, PART = 400, 60

NOTICED = size(1.0, 4.0)  # seconds: far above what an answer from a known list takes on a quiet machine
SLOWER = 1.1  # at the 95th percentile, in a full run: others wait a tenth longer at most
HANG = size(20, 4)
OPENS = size(20, 6)  # every so many requests somebody opens the desk: a portal's budget allows no more


def settled(quarter: Stand, number: int, url: str) -> Frame:
    """An operator at work in a fresh portal."""
    portal = Sandbox(quarter.ports, number, url)
    portal.reset("facts")
    assert Frame(portal, user_id=1).install().status == 200
    frame = Frame(portal)
    assert frame.open().token
    return frame


def asked(quiet: Frame, count: int, times: list[float]) -> Iterator[str]:
    """Lists and journals of the other portal, and openings between them; `times` are without these."""
    headers = {"X-B24-Session": str(quiet.token), "Accept": "application/json"}
    with http_pool() as http:
        for number in range(count):
            began = time.monotonic()
            path = ("/api/dialogs", "/api/journal")[number % 2]
            try:
                status = http.request(
                    "GET", f"{quiet.app_url}{path}", headers=headers, timeout=NOTICED
                ).status
            except HTTPError:
                status = 0
            times.append(time.monotonic() - began)
            yield f"{status} after {times[-1]:.1f} s" if status != 200 or times[-1] > NOTICED else ""
            if number % OPENS == 0:
                yield opened(quiet)


def opened(quiet: Frame) -> str:
    """An opening of the desk."""
    frame = Frame(quiet.sandbox, quiet.user_id)
    began = time.monotonic()
    reply = frame.open()
    seconds = time.monotonic() - began
    return "" if reply.token and seconds <= NOTICED else f"an opening: {reply.status} after {seconds:.1f} s"


def calmed(noisy: Frame) -> None:
    """Wait until nobody at the portal is turned away any more."""
    until = time.monotonic() + 60
    while noisy.act("pin_all").status != 200:
        assert time.monotonic() < until, "the portal is well and its operators are still turned away"
        time.sleep(0.2)


def p95(times: list[float]) -> float:
    """The time that one in twenty takes longer than."""
    return sorted(times)[int(len(times) * 0.95)]


@pytest.mark.timeout(600)
def test_noisy_neighbour(
    trial: Trial,
    quarter: Stand,
    served: RunningApp,
    sqlite_templates: SqliteTemplates,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    count = size(400, 60)
    before: list[float] = []
    beside: list[float] = []
    after: list[float] = []
    quiet, noisy = settled(quarter, 21, served.url), settled(quarter, 22, served.url)
    assert not any(asked(quiet, count, before))
    with stalled(noisy, HANG):
        trial.attack(asked(quiet, count, beside))
    calmed(noisy)
    assert not any(asked(quiet, count, after))
    alone = max(p95(before), p95(after))  # the machine's own unrest is between these two
    trial.figure("p95 alone", f"{p95(before) * 1000:.1f} ms before, {p95(after) * 1000:.1f} ms after")
    trial.figure("p95 beside it", f"{p95(beside) * 1000:.1f} ms")
    with sqlite_templates.fresh(tmp_path_factory.mktemp("weak")) as url:
        controlled(trial, quarter, url, tmp_path_factory.mktemp("weakened"))
    trial.verdict()
    assert not FULL or p95(beside) <= SLOWER * alone


def controlled(trial: Trial, quarter: Stand, url: str, folder: Path) -> None:
    """The same where one portal may take every thread."""
    ports = replace(quarter.ports, app=free_port())
    with weak_app(without_shares, ports, url, folder) as app:
        quiet, noisy = settled(quarter, 23, app.url), settled(quarter, 24, app.url)
        with stalled(noisy, HANG):
            trial.control(asked(quiet, 10, []))
        app.server.process.terminate()
        for worker in children(app.server.process.pid):
            os.kill(worker, signal.SIGKILL)  # it would answer all who are waiting still
