"""Housekeeping: one process at a time, one failing job stops no other, nobody claims what was not done."""

import threading
import time
from contextlib import nullcontext

import pytest
from flask import Flask

from app import wiring
from app.config import Settings
from app.storage.leases import LeaseBusy, kept_lease, lease
from app.web.housekeeping import Housekeeping
from app.web.services import EXTENSION, Services
from app.wiring import wire
from tests.support.apps import made
from tests.unit.web.told import Web

always = nullcontext


def never() -> nullcontext[None]:
    raise LeaseBusy("housekeeping")


def housekeepers() -> set[threading.Thread]:
    """Those of this process that live."""
    return {thread for thread in threading.enumerate() if thread.name == "housekeeping"}


def broken() -> None:
    raise RuntimeError("token=secret")


def test_a_failing_job_stops_no_other() -> None:
    done: list[str] = []
    jobs = {"first": broken, "second": lambda: done.append("second")}
    found = Housekeeping(jobs, always).run()
    assert done == ["second"]
    assert found == {"first": "RuntimeError", "second": None}


def test_only_the_named_jobs_run() -> None:
    jobs = {"events": lambda: 1, "rows": lambda: 2}
    assert Housekeeping(jobs, always).run("events") == {"events": 1}


def test_a_job_that_there_is_not_is_said() -> None:
    with pytest.raises(KeyError, match="row"):
        Housekeeping({"rows": broken}, always).run("row")


def test_nothing_runs_out_of_turn() -> None:
    assert Housekeeping({"rows": broken}, never).run() is None


def test_the_thread_is_started_once_and_comes_by_itself() -> None:
    done = threading.Semaphore(0)
    before = threading.active_count()
    upkeep = Housekeeping({"events": done.release}, always, seconds=0.1)
    upkeep.start()
    upkeep.start()
    assert threading.active_count() == before + 1
    assert done.acquire(timeout=10)
    assert done.acquire(timeout=10)
    upkeep.stop()


def test_closing_the_app_ends_the_thread_and_begins_nothing(web: Web) -> None:
    before = housekeepers()
    web.client.get("/healthz")
    (thread,) = housekeepers() - before
    web.services.close()
    assert not thread.is_alive()
    web.client.get("/healthz")
    assert housekeepers() == before


def test_what_is_being_done_is_done_before_the_thread_ends() -> None:
    begun, over, done = threading.Event(), threading.Event(), threading.Event()
    jobs = {"events": lambda: (begun.set(), over.wait(30), done.set())}
    upkeep = Housekeeping(jobs, always, seconds=0.1)
    upkeep.start()
    assert begun.wait(10)
    threading.Timer(0.2, over.set).start()
    upkeep.stop()
    assert done.is_set()


@pytest.mark.parametrize("kept", [True, False])
def test_a_long_turn_stays_one_process_s(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """With a lease that nobody keeps another process gets in: the control."""
    monkeypatch.setattr(wiring, "_TURN_SECONDS", 1.5)
    if not kept:
        monkeypatch.setattr(wiring, "kept_lease", lease)
    first, second = (wire(Flask(__name__), settings) for _ in range(2))
    begun, over = threading.Event(), threading.Event()
    monkeypatch.setattr(first.housekeeping, "_jobs", {"rows": lambda: (begun.set(), over.wait(30))})
    thread = threading.Thread(target=first.housekeeping.run)
    thread.start()
    assert begun.wait(10)
    time.sleep(2.5)
    found = second.housekeeping.run("rows")
    over.set()
    thread.join(10)
    assert (found is None) is kept
    assert second.housekeeping.run("rows") is not None


@pytest.mark.parametrize("command", ["purge", "housekeeping"])
def test_a_command_says_that_another_process_is_at_it(settings: Settings, command: str) -> None:
    with made(settings) as app:
        services: Services = app.extensions[EXTENSION]
        with kept_lease(services.desk._engine, "housekeeping", 30, 0):
            answer = app.test_cli_runner().invoke(args=[command])
        assert answer.exit_code == 1
        assert "another process is at it" in answer.output
        assert "{" not in answer.output
        answer = app.test_cli_runner().invoke(args=[command])
        assert answer.exit_code == 0
        assert "'rows':" in answer.output


def test_every_job_runs_on_a_fresh_database(settings: Settings) -> None:
    found = wire(Flask(__name__), settings).housekeeping.run()
    assert found is not None
    assert {"events", "desk", "silent", "rows", "keys", "tokens", "calls"} == set(found)
    assert not [result for result in found.values() if isinstance(result, str)]
