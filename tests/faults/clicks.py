"""Figures of clicks: doubled, contradicting each other, killed in the middle, and against a failing portal.

Each takes the share of its full size and a stage, and returns a sentence. Raises AssertionError where a goal
is missed.
"""

import os
import random
import signal
import tempfile
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

from redis import Redis
from urllib3.exceptions import HTTPError

from tests.faults.processes import bulk_of, check_report, patiently, run_on, start_run
from tests.faults.proxy import Planned, Toxics
from tests.faults.site import Site
from tests.faults.stage import Stage
from tests.faults.survival import is_pinned, pins, portal_of, target
from tests.faults.twins import Twin, still, twins
from tests.faults.wire import http
from tests.support.frame import Frame
from tests.support.redis import RedisServer

_OF_A_DESK = 25  # trials; more would not fit into the budget of its portal


def double_clicks(scale: float, stage: Stage) -> str:
    """The same click twice to ten times at once is one command; of clicks in turn the last one counts.

    In one process, and in two that share Redis, the clicks going to both by turns.
    """
    trials = max(20, int(500 * scale))
    _clicked(stage.site, trials)
    with ExitStack() as stack:
        redis = RedisServer().start()
        stack.callback(redis.stop)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        shared = {"REDIS_URL": redis.url, "WEB_CONCURRENCY": "2"}
        site = stack.enter_context(Site(folder, "sqlite", trials, shared))
        _clicked(site, trials, stack.enter_context(Redis.from_url(redis.url)))
    site = stage.site_on("postgresql")
    with site.store_client() as client:
        _clicked(site, trials, client)
    return (
        f"{trials} double clicks ×2…×10: 0 duplicate commands, the last intent won every time; so in one "
        f"process, and by turns in two that share Redis, on SQLite and on PostgreSQL"
    )


def _clicked(site: Site, trials: int, redis: Redis | None = None) -> None:
    """So many trials by turns in all processes of a site, on as many desks as their portals' budgets ask for.

    Raises AssertionError unless all went well.
    """
    doubled = wrong = 0
    for first in range(0, trials, _OF_A_DESK):
        frame = site.desk()
        chat, frames = target(frame), twins(site.app, frame, 10)
        for trial in range(first, min(first + _OF_A_DESK, trials)):
            sent, won = _at_once(frame, frames[: 2 + trial % 9], chat)
            doubled += sent > 1
            wrong += not won
        wrong += sum(_last_intent(frame, frames, chat, redis) for _ in range(3))
        workers = site.app.workers()
        assert still(site.app, frames[: len(workers)]) == set(workers), "clicks went to every process"
    assert doubled == 0, f"{doubled} of {trials} double clicks were sent twice"
    assert wrong == 0, f"{wrong} ended otherwise than wished"


def _at_once(frame: Frame, frames: list[Twin], chat: int) -> tuple[int, bool]:
    """The same click in all these tabs: how many commands reached the portal, and whether it is so then."""
    name = "unpin" if is_pinned(frame, chat) else "pin"
    frame.sandbox.forget()
    with ThreadPoolExecutor(len(frames)) as pool:
        list(pool.map(lambda each: each.act(name, chat), frames))
    return pins(frame), is_pinned(frame, chat) is (name == "pin")


def _last_intent(frame: Frame, frames: list[Twin], chat: int, redis: Redis | None) -> bool:
    """Six clicks in turn, 30 ms apart, pin last; True when the last one did not win.

    On a busy machine a request may reach its worker later than the next one another: with Redis each click
    waits until the one before has its place in the line, or its answer.
    """
    names = ["pin", "unpin"] * 3 if is_pinned(frame, chat) else ["unpin", "pin"] * 3
    seen: set[bytes] = set()
    with ThreadPoolExecutor(6) as pool:
        for name, each in zip(names, frames, strict=False):
            sent = pool.submit(each.act, name, chat)
            time.sleep(0.03)
            while redis is not None and not sent.done() and _claims(redis) <= seen:
                time.sleep(0.005)
            seen |= _claims(redis) if redis is not None else set()
    return is_pinned(frame, chat) is not (names[-1] == "pin")


def _claims(redis: Redis) -> set[bytes]:
    """The clicks that wait or are under way, as the app's processes share them."""
    return {name for line in redis.scan_iter(match="pinline:claims:*") for name in redis.zrange(line, 0, -1)}


def killed_bulk_runs(scale: float, stage: Stage) -> str:
    """Bulk runs of 500 dialogs, each with its workers killed mid-way and gone on with."""
    runs, size, done, site = max(2, int(50 * scale)), 500 if scale >= 1 else 120, 0, stage.site
    for _ in range(runs):
        frame, chats = bulk_of(site, size)
        run = start_run(frame, chats)
        going = threading.Thread(target=_go, args=(frame, run))
        going.start()
        time.sleep(random.uniform(0.1, 0.8))
        for pid in site.app.workers():
            os.kill(pid, signal.SIGKILL)
        going.join()
        patiently(lambda frame=frame: frame.get("/api/dialogs"))  # type: ignore[misc]
        assert run_on(frame, run) == []
        check_report(frame, run, chats)
        done += len(chats)
    return f"{runs} bulk runs of {size}, each killed mid-way: {done}/{done} as reported and as in the portal"


def _go(frame: Frame, run: str) -> None:
    with suppress(HTTPError, OSError, ValueError):
        run_on(frame, run)


def repeats(scale: float, stage: Stage) -> str:
    """Requests that a portal gets while every second answer fails, beside those that were meant.

    Few enough of them fit into the portal's budget of 50 at once; more go at two a second.
    """
    frame = stage.site.desk()
    portal, chat, meant, failed = portal_of(frame), target(frame), max(40, int(600 * scale)), 0
    portal.forget()
    for number in range(meant):
        if number % 2:
            portal.proxy.toxics = Toxics(plan=deque([Planned(http(502, b"<html>"), "keep")]))
            failed += 1
        frame.get(f"/api/dialogs/{chat}")
        failed -= len(portal.proxy.toxics.plan)
        portal.proxy.toxics = Toxics()
    sent = failed + sum(row["host"] == "portal" for row in portal.requests())
    assert sent <= max(1.1 * meant, meant + 10 + 0.08 * meant), f"{sent} requests for {meant}"
    return f"half of the answers failing: {sent} requests for {meant} meant ({sent / meant:.2f}×)"
