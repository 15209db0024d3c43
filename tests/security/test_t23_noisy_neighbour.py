"""T23: one portal that stalls while all of its operators ask. The others must not notice."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from urllib3 import PoolManager
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

QUIET = size(10, 2)  # portals beside the one that stalls, whose budgets have room for all the cards
LATENCY = 0.15  # seconds that they are away
NOTICED = size(1.0, 4.0)  # seconds: far above what an answer takes on a quiet machine
SLOWER = 1.1  # at the 95th percentile, in a full run: others wait a tenth longer at most
HANG = size(20, 4)
OPENS = size(20, 6)  # every so many requests somebody opens the desk


@dataclass(frozen=True)
class Desk:
    """An operator at work in a fresh portal, and a dialog there."""

    frame: Frame
    chat_id: int


def settled(quarter: Stand, number: int, url: str) -> Desk:
    """A portal at the usual distance, where the app has just been installed."""
    portal = Sandbox(quarter.ports, number, url)
    portal.reset("facts")
    assert Frame(portal, user_id=1).install().status == 200
    frame = Frame(portal)
    assert frame.open().token
    portal.switch(answer_latency=LATENCY)
    return Desk(frame, next(iter(frame.dialogs())))


def asked(quiet: Sequence[Desk], count: int, cards: list[float]) -> Iterator[str]:
    """What people at the other portals ask for, four at a time, and openings between that.

    Every second one asks for a card, which the portal itself has to tell: `cards` are the seconds of these.
    """

    http = http_pool()

    def one(number: int) -> list[str]:
        desk = quiet[number // 2 % len(quiet)]
        path = ("/api/journal", f"/api/dialogs/{desk.chat_id}")[number % 2]
        headers = {"X-B24-Session": str(desk.frame.token), "Accept": "application/json"}
        found, seconds = answered(http, "GET", f"{desk.frame.app_url}{path}", headers=headers)
        if number % 2:
            cards.append(seconds)
        if number % OPENS:
            return [found]
        return [found, opened(http, quiet[number // OPENS % len(quiet)].frame)]

    with http, ThreadPoolExecutor(4) as pool:
        for found in pool.map(one, range(count)):
            yield from found


def opened(http: PoolManager, quiet: Frame) -> str:
    """An opening of the desk."""
    address, fields = quiet.prepare("/app")
    form = {"fields": fields, "encode_multipart": False, "headers": {"Origin": quiet.origin}}
    return answered(http, "POST", address, **form)[0]


def answered(http: PoolManager, method: str, address: str, **more: Any) -> tuple[str, float]:
    """Nothing if the answer is a good one in time, else what came; and the seconds."""
    began = time.monotonic()
    try:
        status = http.request(method, address, timeout=NOTICED, **more).status
    except HTTPError:
        status = 0
    seconds = time.monotonic() - began
    good = status == 200 and seconds <= NOTICED
    return "" if good else f"{method} {address}: {status} after {seconds:.1f} s", seconds


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
    noisy = settled(quarter, 22, served.url).frame
    quiet = [settled(quarter, number, served.url) for number in range(26, 26 + QUIET)]
    assert [*filter(None, asked(quiet, count, before))] == []
    with stalled(noisy, HANG):
        trial.attack(asked(quiet, count, beside))
    calmed(noisy)
    assert [*filter(None, asked(quiet, count, after))] == []
    alone = max(p95(before), p95(after))  # the machine's own unrest is between these two
    trial.figure(
        "p95 of cards alone", f"{p95(before) * 1000:.0f} ms before, {p95(after) * 1000:.0f} ms after"
    )
    trial.figure("p95 beside it", f"{p95(beside) * 1000:.0f} ms")
    with sqlite_templates.fresh(tmp_path_factory.mktemp("weak")) as url:
        controlled(trial, quarter, url, tmp_path_factory.mktemp("weakened"))
    trial.verdict()
    assert not FULL or p95(beside) <= SLOWER * alone


def controlled(trial: Trial, quarter: Stand, url: str, folder: Path) -> None:
    """The same where one portal may take every thread."""
    ports = replace(quarter.ports, app=free_port())
    with weak_app(without_shares, ports, url, folder) as app:
        quiet, noisy = settled(quarter, 23, app.url), settled(quarter, 24, app.url).frame
        with stalled(noisy, HANG):
            trial.control(asked([quiet], 10, []))
        app.server.process.terminate()
        for worker in children(app.server.process.pid):
            os.kill(worker, signal.SIGKILL)  # it would answer all who are waiting still
