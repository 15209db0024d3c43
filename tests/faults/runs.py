"""The figure of bulk runs whose workers are killed in the middle, and which go on.

Takes the share of its full size and a stage, and returns a sentence. Raises AssertionError where a dialog is
missing in the report, or is otherwise in the portal than told.
"""

import os
import random
import signal
import threading
import time
from contextlib import suppress

from urllib3.exceptions import HTTPError

from tests.faults.processes import bulk_of, check_report, patiently, run_on, start_run
from tests.faults.site import Site
from tests.faults.stage import Stage, must_fail, weakened
from tests.faults.survival import within
from tests.support.frame import Frame

RUNS, SIZE = 25, 500
_QUICK_RUNS, _QUICK_SIZE = 2, 160
_PART = 50  # dialogs of one request


def killed_bulk_runs(scale: float, stage: Stage) -> str:
    """25 runs of 500 dialogs on each store, each with its workers killed mid-way and gone on with.

    A quick run has two short ones on SQLite. And the control: a report of an app that writes no journal.
    """
    told, full = [], scale >= 1
    runs, size = (int(RUNS * scale), SIZE) if full else (_QUICK_RUNS, _QUICK_SIZE)
    for store in ("sqlite", "postgresql") if full else ("sqlite",):
        site = stage.site_on(store)
        left = [_killed(site, size) for _ in range(runs)]
        done = runs * size
        told.append(
            f"{store} {done}/{done} as reported and as in the portal, "
            f"{min(left)} to {max(left)} left at the kill"
        )
    with weakened("unwritten") as site:
        frame, chats = bulk_of(site, _PART)
        run = start_run(frame, chats)
        assert run_on(frame, run) == []
        with must_fail("a report without a journal"):
            check_report(frame, run, chats)
    return (
        f"{runs} bulk runs of {size} on a store, each killed mid-way: {'; '.join(told)}; control: without a "
        f"journal the report fails"
    )


def _killed(site: Site, size: int) -> int:
    """One run; how many of its dialogs were left when its workers were killed."""
    frame, chats = bulk_of(site, size)
    run, most = start_run(frame, chats), random.randrange(3 * _PART, size)
    going = threading.Thread(target=_go, args=(frame, run))
    going.start()
    within(30, lambda: _left(site, run) <= most)
    time.sleep(random.uniform(0.0, 0.4))
    for pid in site.app.workers():
        os.kill(pid, signal.SIGKILL)
    left = _left(site, run)
    assert 0 < left < size, f"{left} of {size} were left: not mid-way"
    going.join()
    patiently(lambda: frame.get("/api/dialogs"))
    assert run_on(frame, run) == []
    check_report(frame, run, chats)
    return left


def _left(site: Site, run: str) -> int:
    """How many dialogs of a run are not done yet, as the database says."""
    mark = "?" if site.store == "sqlite" else "%s"
    query = f"SELECT count(*) FROM run_targets WHERE run = {mark} AND NOT done"
    with site.sql() as connection:
        return int(connection.execute(query, (run,)).fetchone()[0])


def _go(frame: Frame, run: str) -> None:
    with suppress(HTTPError, OSError, ValueError):
        run_on(frame, run)
