"""Six ways in which our own processes fail: killed, told to end, out of files, and with a wrong clock."""

import resource
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from urllib3.exceptions import HTTPError

from tests.faults.site import FAKETIME, OPERATOR, Site
from tests.faults.survival import (
    RECOVERY,
    Case,
    comes_back,
    look,
    opened,
    pins,
    portal_of,
    target,
    within,
    write,
)
from tests.faults.told import is_pinned
from tests.support.frame import Frame, Reply

BULK = 120
_ABOUT = 60.0  # seconds


def bulk_of(site: Site, count: int = BULK) -> tuple[Frame, list[int]]:
    """A desk with so many dialogs that are not pinned, on a portal that takes its time."""
    frame = site.desk("many", dialogs=count * 5 // 4)
    frame.sandbox.switch(latency={"imopenlines.session.mode.pin": 0.01})
    truth = frame.sandbox.truth(OPERATOR)
    chats = [chat for chat, row in frame.dialogs().items() if row["mine"] and not truth[chat]["pinned"]]
    assert len(chats) >= count
    return frame, chats[:count]


def run_on(frame: Frame, run: str, stop: Callable[[], bool] = lambda: False) -> list[int]:
    """Go on with a stored run as the page does; returns what is left when it ends or breaks off."""
    for _ in range(200):
        left: list[int] = frame.get(f"/api/runs/{run}").json()["left"]
        if not left or stop():
            return left
        reply = frame.act("pin", *left[:50], run=run)
        if reply.status == 429:
            time.sleep(0.3)
    return left


def start_run(frame: Frame, chats: list[int]) -> str:
    """Store a run of pins."""
    reply = frame.request("POST", "/api/runs", {"action": "pin", "chat_ids": chats})
    assert reply.status == 200, reply.text
    return str(reply.json()["run"])


def patiently(question: Callable[[], Reply]) -> Reply:
    """Ask until the server is there again, for 5 s at most."""
    until = time.monotonic() + 5
    while True:
        try:
            return question()
        except (OSError, HTTPError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def check_report(frame: Frame, run: str, chats: list[int]) -> None:
    """The run is over, the portal shows what was wished, the journal says so of every dialog."""
    truth = frame.sandbox.truth(OPERATOR)
    assert all(truth[chat]["pinned"] for chat in chats)
    entries = frame.get("/api/journal?limit=100").json()["entries"]
    rows = [row for entry in entries if entry["run"] == run for row in entry["results"]]
    told = {row["chat_id"]: row["outcome"] for row in rows}
    assert set(told) == set(chats), f"{len(chats) - len(told)} dialogs without a result"
    assert set(told.values()) <= {"done", "already"}, set(told.values())


def worker_killed(site: Site) -> None:
    """kill -9 in the middle of a click whose command the portal carries out."""
    frame = site.desk()
    chat = target(frame)
    frame.sandbox.fault("slow", method="imopenlines.session.mode.pin", seconds=1, times=1)
    frame.sandbox.forget()
    answered: list[Reply] = []

    def click() -> None:
        with suppress(HTTPError):
            answered.append(frame.act("pin", chat))

    clicking = threading.Thread(target=click)
    clicking.start()
    within(5, lambda: pins(frame) == 1)
    before = set(site.app.workers())
    site.strike(site.app.signal, signal.SIGKILL)
    ended = time.monotonic()
    clicking.join()
    assert not answered, "the click was answered"
    within(RECOVERY, lambda: is_pinned(frame, chat))
    assert patiently(lambda: opened(frame)).status == 200
    assert before.isdisjoint(site.app.workers()), "no worker was killed"
    comes_back(frame, chat, ended)


def ended_during_bulk(site: Site) -> None:
    """SIGTERM to the workers while a bulk run is under way: the run goes on where it was."""
    frame, chats = bulk_of(site)
    run = start_run(frame, chats)
    going = threading.Thread(target=_go, args=(frame, run))
    going.start()
    within(5, lambda: _pinned(frame, chats))
    before = set(site.app.workers())
    assert going.is_alive(), "the run had to be under way"
    assert _pinned(frame, chats) < len(chats), "the run was over"
    site.strike(site.app.signal, signal.SIGTERM)
    within(5, lambda: before.isdisjoint(site.app.workers()))
    comes_back(frame, chats[0])
    going.join(20)
    assert run_on(frame, run) == []
    check_report(frame, run, chats)


def _pinned(frame: Frame, chats: list[int]) -> int:
    truth = frame.sandbox.truth(OPERATOR)
    return sum(truth[chat]["pinned"] for chat in chats)


def _go(frame: Frame, run: str) -> None:
    with suppress(HTTPError, OSError):
        run_on(frame, run)


def no_files_left(site: Site) -> None:
    """No further file or connection can be opened."""
    frame = site.desk()
    chat = target(frame)
    frame.dialogs()
    portal_of(frame).proxy.cut()
    site.strike(site.app.limit, resource.RLIMIT_NOFILE, 4)
    with suppress(HTTPError, OSError):  # the server itself may be unable to accept
        reply = frame.act("pin", chat)
        assert reply.status >= 400 or reply.json()["results"][0]["outcome"] != "done"
    assert not is_pinned(frame, chat)
    site.app.limit(resource.RLIMIT_NOFILE, -1)
    comes_back(frame, chat)


def clock(offset: str) -> Callable[[Site], None]:
    """The app runs with a wrong clock from its start."""

    def run(site: Site) -> None:
        if FAKETIME is None:
            raise AssertionError("Debian's faketime is not installed on this machine: `make test-deps`")
        site.strike(site.set_clock, offset)
        try:
            frame = site.desk()
            chat = target(frame)
            assert is_off(frame, int(offset)), "the clock is right"
            assert write(frame, chat)[1] == "done"
            frame.sandbox.expire_tokens(OPERATOR)
            frame.sandbox.forget()
            assert write(frame, chat, "unpin")[1] == "done"
            refreshes = [row for row in frame.sandbox.requests() if "token" in row["path"]]
            assert len(refreshes) == 1, f"{len(refreshes)} refreshes for one expiry"
            comes_back(frame, chat)
        finally:
            site.set_clock("")
        patiently(lambda: frame.get("/api/dialogs"))
        comes_back(frame, chat)

    return run


def is_off(frame: Frame, seconds: int) -> bool:
    """Whether the app believes it to be so much later than it is."""
    told = datetime.fromisoformat(frame.get("/api/dialogs").json()["as_of"])
    return abs((told - datetime.now(UTC)).total_seconds() - seconds) < _ABOUT


def clock_steps(site: Site) -> None:
    """The clock is set forward and back while somebody works: the page renews its session, no more."""
    if FAKETIME is None:
        raise AssertionError("Debian's faketime is not installed on this machine: `make test-deps`")
    site.set_clock("+0", steps=True)
    try:
        frame = site.desk()
        chat = target(frame)
        before = set(site.app.workers())
        for offset in (1800, -1800, 0):
            site.strike(site.step_clock, offset)
            look(frame)
            comes_back(frame, chat)
            assert is_off(frame, offset), "the clock did not step"
        assert before == set(site.app.workers()), "the app was started anew"
    finally:
        site.set_clock("")
    patiently(lambda: frame.get("/api/dialogs"))
    comes_back(frame, chat)


CASES = (
    Case("process", "a worker is killed", worker_killed, quick=True),
    Case("process", "SIGTERM during a bulk run", ended_during_bulk, quick=True),
    Case("process", "out of file descriptors", no_files_left),
    Case("process", "the clock is an hour ahead", clock("+3600")),
    Case("process", "the clock is an hour behind", clock("-3600")),
    Case("process", "the clock steps during a session", clock_steps),
)
