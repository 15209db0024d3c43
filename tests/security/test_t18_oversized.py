"""T18: bodies that are too large, too many, too deep. Refused early, without memory or time being spent."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.security.oversized import Honest, Oversized
from tests.security.raw import Answer, children, forget_peak, peak, resident, send
from tests.security.trial import FULL, Trial, size
from tests.security.weakened import weak_app, without_limits
from tests.support.databases import SqliteTemplates
from tests.support.frame import Frame
from tests.support.ports import free_port
from tests.support.stand import RunningApp, Sandbox, Stand

THREAT = "T18"
WHAT = "oversized requests"
ATTEMPTS, PART = 80, 40

SOON = 0.05  # seconds, asserted in a full run only: the machine of an ordinary one has other things to do
ROOM = 8.0  # MB at the peak
AS_IT_COMES = "--limit-request-line 0 --limit-request-field_size 1000000 --limit-request-fields 32768"


def honest(quarter: Stand, number: int, app: RunningApp) -> Honest:
    """The requests of a fresh portal; each of them is right, what it loads on first use is loaded."""
    portal = Sandbox(quarter.ports, number, app.url)
    portal.reset("facts")
    Frame(portal, user_id=1).install()
    frame = Frame(portal)
    assert frame.open().token
    requests = Honest(frame)
    for _ in range(2):
        got = {name: sent(app, pieces).status for name, pieces in requests.all().items()}
        assert set(got.values()) == {200}, got
    return requests


def sent(app: RunningApp, pieces: tuple[bytes, ...]) -> Answer:
    """One request to it."""
    return send(int(app.url.rpartition(":")[2]), *pieces)


def refused(app: RunningApp, requests: list[Oversized], slowest: list[float]) -> Iterator[str]:
    """Each of them, several times over."""
    for _ in range(size(4, 2)):
        for each in requests:
            answer = sent(app, each.pieces)
            slowest.append(answer.seconds)
            yield "" if answer.status == each.status else f"{each.name}: {answer.status}, not {each.status}"


@pytest.mark.timeout(300)
def test_oversized(
    trial: Trial,
    quarter: Stand,
    served: RunningApp,
    sqlite_templates: SqliteTemplates,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    requests = honest(quarter, 18, served).oversized()
    [worker] = children(served.server.process.pid)
    slowest: list[float] = []
    before = resident(worker)
    forget_peak(worker)
    trial.attack(refused(served, requests, slowest))
    grown = peak(worker) - before
    trial.figure("memory at its peak", f"{grown:+.1f} MB")
    trial.figure("slowest", f"{max(slowest) * 1000:.0f} ms")
    ports, folder = replace(quarter.ports, app=free_port()), tmp_path_factory.mktemp("weak")
    with (
        sqlite_templates.fresh(tmp_path_factory.mktemp("data")) as url,
        weak_app(without_limits, ports, url, folder, GUNICORN_CMD_ARGS=AS_IT_COMES) as weak,
    ):
        requests = [each for each in honest(quarter, 25, weak).oversized() if each.alone]
        taken = {each.name: sent(weak, each.pieces).status for each in requests}
    trial.control(status == 200 for status in taken.values())
    assert set(taken.values()) == {200}, taken
    trial.verdict()
    assert grown <= ROOM
    assert not FULL or max(slowest) <= SOON
