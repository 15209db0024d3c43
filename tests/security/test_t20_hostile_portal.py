"""T20: a portal that answers with bombs, drips and nonsense. It costs a request, never the worker."""

import resource
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from tests.security.hostile import MB, Hostile, crowded, nonsense, slow, too_long
from tests.security.local import Registrar
from tests.security.raw import children, forget_peak, peak, resident
from tests.security.trial import FULL, Trial
from tests.security.weakened import weak_app, without_end
from tests.support.databases import SqliteTemplates
from tests.support.frame import Frame
from tests.support.ports import free_port
from tests.support.stand import RunningApp, Stand
from tests.unit.bitrix24.wire import Answerer

THREAT = "T20"
WHAT = "hostile replies of a portal"
ATTEMPTS, PART = 30, 28

SECONDS, ROOM = 12.0, 32.0  # of a request, and MB of memory at its peak
FATAL = 1000  # MB above what it holds: whoever wants so much is refused it by the system


class Victim:
    """An app that many hostile portals have installed, its worker, and what the worst of them cost it."""

    def __init__(self, app: RunningApp, said: Registrar) -> None:
        self.app, self._said = app, said
        [self.worker] = children(app.server.process.pid)
        self.slowest = self.largest = 0.0
        for _ in range(3):  # what is loaded on first use is not theirs
            with self._installed() as (_, frame):
                assert frame.open().token
                assert list(frame.dialogs()) == [5], "what an honest portal says is shown"
        self._before = resident(self.worker)
        most = int((self._before + FATAL) * MB)
        resource.prlimit(self.worker, resource.RLIMIT_DATA, (most, most))  # the machine is not at stake

    @contextmanager
    def _installed(self) -> Iterator[tuple[Hostile, Frame]]:
        """A fresh portal that behaves until the app is installed there, and an operator."""
        portal = Hostile(self.app.url, self._said)
        with portal.wire:
            assert Frame(portal, user_id=1).install().status == 200
            yield portal, Frame(portal)

    def meets(self, name: str, answer: Answerer) -> str:
        """One kind of answer to everything: to an opening, and to the question for the list."""
        with self._installed() as (portal, frame):
            portal.answer, asked = answer, len(portal.wire.requests)
            forget_peak(self.worker)
            began = monotonic()
            opening = frame.open()
            opened = monotonic()
            listing = frame.get("/api/dialogs") if opening.token else opening
            seconds = max(opened - began, monotonic() - opened)
            grown = peak(self.worker) - self._before
            assert len(portal.wire.requests) > asked, f"{name} was never said"
        self.slowest, self.largest = max(self.slowest, seconds), max(self.largest, grown)
        shown = listing.status == 200 and listing.json()["dialogs"]
        found = ["its dialog is shown"] if shown else []
        found += [f"status {listing.status}"] if listing.status not in (200, 502, 503, 504) else []
        found += [f"{grown:.1f} MB"] if grown > ROOM else []
        found += [f"{seconds:.1f} s"] if seconds > SECONDS else []
        return f"{name}: {', '.join(found)}" if found else ""

    def each(self, answers: Mapping[str, Answerer]) -> Iterator[str]:
        """One after the other: what memory grows by is one answer's."""
        for name, answer in answers.items():
            yield self.meets(name, answer)

    def together(self, answers: Mapping[str, Answerer]) -> Iterator[str]:
        """All at the same time."""
        with ThreadPoolExecutor(len(answers)) as pool:
            yield from pool.map(self.meets, answers, answers.values())

    def lives(self) -> str:
        """Nothing, if the same worker goes on."""
        with self._installed() as (_, frame):
            frame.open()
            same = children(self.app.server.process.pid) == [self.worker]
            return "" if same and list(frame.dialogs()) == [5] else "the worker has died"


@pytest.mark.timeout(600)
def test_hostile_portals(
    trial: Trial,
    quarter: Stand,
    said: Registrar,
    sqlite_templates: SqliteTemplates,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    def folder() -> Path:
        return tmp_path_factory.mktemp("hostile")

    long = too_long()
    with sqlite_templates.fresh(folder()) as url, quarter.app(url, B24_OAUTH_SERVERS=said.url) as app:
        victim = Victim(app, said)
        trial.attack(victim.each(long | nonsense() | crowded()))
        if FULL:
            trial.attack(victim.together(slow()))
        trial.attack([victim.lives()])
        trial.figure("memory at its peak", f"{victim.largest:+.1f} MB")
        trial.figure("slowest", f"{victim.slowest:.1f} s")
        ports = replace(quarter.ports, app=free_port())
        with (
            sqlite_templates.fresh(folder()) as url,
            weak_app(without_end, ports, url, folder(), B24_OAUTH_SERVERS=said.url) as weak,
        ):
            trial.control(Victim(weak, said).each(long))
        trial.verdict()
