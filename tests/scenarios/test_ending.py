"""How the app ends: nothing waits for itself, and what was learnt in the last seconds is written down."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.processes import ROOT, Ports, app_settings, environment
from tests.support.databases import SqliteTemplates
from tests.support.frame import Frame
from tests.support.stand import Stand

HANDING_OVER = """
import os, runpy, signal, sys
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

cfg = Config()
worker = ThreadWorker(1, os.getppid(), [], None, 30, cfg, Logger(cfg))
worker.tpool = worker.get_thread_pool()
worker.method_queue.init()
signal.signal(signal.SIGQUIT, worker.handle_quit)
if "ours" in sys.argv:
    runpy.run_path("gunicorn.conf.py")["post_worker_init"](worker)
with worker.tpool._shutdown_lock:  # as the main thread holds it while it hands a request over
    os.kill(os.getpid(), signal.SIGQUIT)
print(worker.alive, cfg.graceful_timeout)
"""
WAITS_FOR_ITSELF_SECONDS = 5


def interrupted(folder: Path, whose: str) -> str:
    """What a worker says that is told to quit while it hands a request to its threads."""
    done = subprocess.run(
        [sys.executable, "-c", HANDING_OVER, whose],
        cwd=ROOT,
        env=environment(app_settings(Ports(), f"sqlite:///{folder / 'x.sqlite'}", folder)),
        capture_output=True,
        text=True,
        check=True,
        timeout=60 if whose == "ours" else WAITS_FOR_ITSELF_SECONDS,
    )
    return done.stdout.strip()


def test_a_worker_that_hands_over_a_request_is_not_stuck_when_told_to_quit(tmp_path: Path) -> None:
    assert interrupted(tmp_path, "ours") == "False 0"
    with pytest.raises(subprocess.TimeoutExpired):
        interrupted(tmp_path, "gunicorn's own")


def known(database: Path, text: str) -> bool:
    """Whether the database knows this as what a person wrote last in some dialog."""
    with sqlite3.connect(database, timeout=10) as conn:
        query = "SELECT count(*) FROM dialog_memory WHERE human_text = ?"
        return bool(conn.execute(query, (text,)).fetchone()[0])


def learnt_and_not_written(frame: Frame, database: Path) -> str:
    """The text of a client that the app has listed and keeps in memory still."""
    for number in range(20):
        text = f"What about order {number}?"
        frame.sandbox.act("client_message", user_id=frame.user_id, text=text)
        frame.open()
        listed = [dialog["last_message"]["text"] for dialog in frame.dialogs().values()]
        assert text in listed
        if not known(database, text):
            return text
    raise AssertionError("every text was written at once")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_what_waits_in_memory_is_written_when_the_app_ends(
    end: signal.Signals, stand: Stand, sqlite_templates: SqliteTemplates, tmp_path: Path
) -> None:
    with sqlite_templates.fresh(tmp_path) as url, stand.app(url) as app:
        sandbox = stand.portal(app)
        assert Frame(sandbox, user_id=1).install().status == 200
        maria = Frame(sandbox)
        assert maria.open().status == 200
        text = learnt_and_not_written(maria, app.database)
        app.server.process.send_signal(end)
        assert app.server.process.wait(timeout=30) == 0
        assert known(app.database, text)
