"""Processor time and memory: the app's own work for a list of 200 dialogs against hello-world."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

import urllib3

from bench.figures import Figure
from bench.process import cpu_seconds, hold_to, pss_megabytes, workers
from bench.replayed import CHANGED
from scripts.processes import ROOT, Server, app_settings, environment, procfile
from tests.support.frame import Frame
from tests.support.ports import free_port
from tests.support.stand import RunningApp, Stand

DIALOGS = 200
# Our server's numbers without our configuration file, which would import the app.
HELLO = "gunicorn -c /dev/null --no-control-socket -k gthread --threads 64 bench.hello:create_app()"


@contextmanager
def serving(stand: Stand, folder: Path, command: str) -> Iterator[RunningApp]:
    """Any app factory under gunicorn, its database made by the release command as in production."""
    name = re.sub(r"\W+", "-", command.split()[-1]).strip("-")
    ports = replace(stand.ports, app=free_port())
    database = folder / f"{name}.sqlite"
    settings = app_settings(ports, f"sqlite:///{database}", folder)
    bound = [*command.split(), "--bind", f"127.0.0.1:{ports.app}"]
    if command != HELLO:
        subprocess.run(
            procfile("release"), env=environment(settings), cwd=ROOT, check=True, capture_output=True
        )
    server = Server(name, bound, settings, folder / f"{name}.log").start(ports.app, "/healthz")
    for pid in workers(server.process.pid):
        hold_to(pid, 1)
    try:
        yield RunningApp(ports.app_url, server, database)
    finally:
        server.stop()


def cpu_per_request(app: RunningApp, path: str, headers: Mapping[str, str], count: int) -> float:
    """Microseconds of the worker's processor time per request, over one kept connection."""
    pool = urllib3.connection_from_url(app.url, maxsize=1)
    pid = workers(app.server.process.pid)[0]
    for _ in range(20):
        assert pool.request("GET", path, headers=dict(headers)).status == 200
    before = cpu_seconds(pid)
    for _ in range(count):
        pool.request("GET", path, headers=dict(headers))
    return (cpu_seconds(pid) - before) / count * 1e6


def opened(stand: Stand, app: RunningApp) -> Frame:
    """The desk with 200 dialogs, open in an app."""
    portal = stand.portal(app)
    portal.reset("many", dialogs=DIALOGS)
    Frame(portal, user_id=1).install()
    frame = Frame(portal)
    frame.open()
    assert len(frame.dialogs()) >= DIALOGS
    return frame


def check_news(app: RunningApp, headers: Mapping[str, str]) -> None:
    """Every answer has to be another one, and none may be an old list."""
    pool = urllib3.connection_from_url(app.url, maxsize=1)
    answers = [pool.request("GET", "/api/dialogs", headers=dict(headers)) for _ in range(3)]
    assert len({answer.headers["ETag"] for answer in answers}) == 3
    assert all(answer.json()["stale"] is False for answer in answers)


Beside = tuple[float, float]
"""Microseconds per request, and how many times hello-world's in the same seconds."""


def beside(
    hello: RunningApp, app: RunningApp, path: str, headers: Mapping[str, str], count: int, rounds: int
) -> Beside:
    """Hello, the app, hello, and again: medians, so that a slow minute hits both."""
    values, times = [], []
    for _ in range(rounds):
        before = cpu_per_request(hello, "/healthz", {}, count)
        value = cpu_per_request(app, path, headers, count // 2)
        after = cpu_per_request(hello, "/healthz", {}, count)
        values.append(value)
        times.append(2 * value / (before + after))
    return median(values), median(times)


def measure(stand: Stand, folder: Path, count: int, rounds: int) -> list[Figure]:
    """What each request costs beside hello-world; the servers on one processor, this process on the other."""
    hold_to(os.getpid(), 0)
    with serving(stand, folder, HELLO) as hello:

        def lists(factory: str, **headers: str) -> Beside:
            with serving(stand, folder, f"gunicorn bench.replayed:{factory}()") as app:
                asked = {"X-B24-Session": str(opened(stand, app).token), **headers}
                found = beside(hello, app, "/api/dialogs", asked, count, rounds)
                check_news(app, asked)
                return found

        with serving(stand, folder, "gunicorn app:create_app()") as real:
            kept = {"X-B24-Session": str(opened(stand, real).token)}
            cached = beside(hello, real, "/api/dialogs", kept, count, rounds)
            health = beside(hello, real, "/healthz", {}, count, rounds)
            memory = pss_megabytes(workers(real.server.process.pid)[0])
        hello_memory = pss_megabytes(workers(hello.server.process.pid)[0])
        floor = median(cpu_per_request(hello, "/healthz", {}, count) for _ in range(rounds))
        share = f"{memory / hello_memory:.1f} x"
        return [
            Figure("CPU per request, hello-world", f"{floor:.0f} µs"),
            ratio(f"CPU, list of {DIALOGS} decoded and answered, {CHANGED} changed", lists("create_app"), 5),
            ratio("CPU, the same, gzipped for a browser", lists("create_app", **{"Accept-Encoding": "gzip"})),
            ratio("CPU, the same, with the REST client's work", lists("create_enveloped_app")),
            ratio(f"CPU, first list of {DIALOGS}", lists("create_cold_app")),
            ratio(f"CPU, list of {DIALOGS} from memory", cached, 5),
            ratio("CPU, /healthz", health, 1.4),
            Figure("Memory of a worker after that", f"{memory:.0f} MB", "<= 60 MB", share, memory <= 60),
            Figure("Memory of a hello-world worker", f"{hello_memory:.0f} MB"),
        ]


def ratio(name: str, found: Beside, limit: float | None = None) -> Figure:
    """One figure beside hello-world's."""
    value, times = found
    goal, good = ("", None) if limit is None else (f"<= {limit:.1f} x hello", times <= limit)
    return Figure(name, f"{value:.0f} µs", goal, f"{times:.1f} x", good)
