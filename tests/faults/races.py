"""Figures of races and losses among processes, each on every store that it concerns.

Each takes the share of its full size and a stage, and returns a sentence. Raises AssertionError where a goal
is missed.
"""

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.connection import wait

from sqlalchemy import Engine, insert, select

from app.bitrix24.client import Caller
from app.bitrix24.errors import BitrixError
from app.portals.model import OperatorKey
from app.portals.states import States
from app.storage.engine import reading
from app.storage.tables import journal_entries, leases
from tests.faults.crew import PROCESSES, Crew
from tests.faults.proxy import Proxy
from tests.faults.site import OPERATOR
from tests.faults.stage import Stage
from tests.faults.workers import calling, consume, refresh, write

_WRITERS, _KILLED_AFTER = 4, 2.0  # seconds
_ENOUGH = 100  # acknowledgements, where there is no time for that


def refreshes(scale: float, stage: Stage) -> str:
    """One refresh for each expiry, 8 processes asking at once, 200 expiries on each store."""
    told, expiries = [], max(5, int(200 * scale))
    for store in ("sqlite", "postgresql", "redis"):
        with stage.ground(store) as here, Crew(refresh, here.portal.member_id, *here.where) as crew:
            words: list[str] = []
            for _ in range(expiries):
                here.portal.tokens.expire(here.portal.number, OPERATOR)
                words += crew.at_once("go")
            rows = [row for row in here.portal.record.rows if "token" in row["path"]]
            assert set(words) == {"ok"}, {word: words.count(word) for word in set(words)}
            assert len(rows) == expiries, f"{len(rows)} refreshes for {expiries} expiries on {store}"
            told.append(f"{store} {len(rows)}")
    return f"{expiries} expiries × {PROCESSES} processes: refreshes {', '.join(told)}; 0 invalid_grant"


def one_time_values(scale: float, stage: Stage) -> str:
    """A state for the authorization redirect is taken by exactly one of 8 racers."""
    told, values = [], max(10, int(200 * scale))
    for store in ("sqlite", "postgresql"):
        with stage.ground(store) as here, Crew(consume, here.url) as crew:
            states = States(here.engine)
            got = [crew.at_once(states.issue("portal.example")).count("got") for _ in range(values)]
            assert got == [1] * values, f"{store}: {[count for count in got if count != 1]}"
            told.append(f"{store} {sum(got)}/{values}")
    return f"taken exactly once by one of 8 racers: {', '.join(told)} (Redis keeps no one-time values)"


def writes_beside_a_refresh(scale: float, stage: Stage) -> str:
    """Another portal's writes while one refresh hangs for 10 s."""
    told = []
    for store in ("sqlite", "postgresql"):
        with stage.ground(store) as here:
            proxy = Proxy(int(here.box.oauth_origin.rpartition(":")[2])).start()
            proxy.toxics.hang = True
            url, redis, _, *keys = here.where
            here.portal.tokens.expire(here.portal.number, OPERATOR)
            operator = OperatorKey(here.portal.member_id, OPERATOR)
            with calling(url, redis, f"http://localhost:{proxy.port}", *keys) as caller:
                asking = threading.Thread(target=_refused, args=(caller, operator))
                asking.start()
                while not proxy.connections:
                    time.sleep(0.01)
                count = max(200, int(1000 * scale))
                times = [_timed_write(here.engine, number) for number in range(count)]
                assert asking.is_alive(), "the refresh had to hang meanwhile"
                proxy.heal()
                asking.join()
            proxy.stop()
            p99 = sorted(times)[int(len(times) * 0.99)] * 1000
            assert max(times) < 1.0, "a write waited for the refresh"
            told.append(f"{store} p99 {p99:.1f} ms, longest {max(times) * 1000:.0f} ms")
    return f"writes beside a hanging refresh: {'; '.join(told)}"


def _refused(caller: Caller, operator: OperatorKey) -> None:
    with suppress(BitrixError):
        caller.call(operator, "profile")


def _timed_write(engine: Engine, number: int) -> float:
    began = time.perf_counter()
    with engine.begin() as conn:
        conn.execute(insert(leases), {"name": f"x{number}", "holder": "x", "until": datetime.now(UTC)})
    return time.perf_counter() - began


def killed_writers(scale: float, stage: Stage) -> str:
    """Acknowledged entries of writers that are killed with -9 every 2 s: none may be missing."""
    told, wanted = [], max(200, int(50_000 * scale))
    for store in ("sqlite", "postgresql"):
        with stage.ground(store) as here:
            known, kills = _write_and_kill(here.url, wanted, full=scale >= 1)
            with reading(here.engine) as conn:
                kept = set(conn.execute(select(journal_entries.c.public_id)).scalars())
            lost = len(known - kept)
            assert lost == 0, f"{store}: {lost} of {len(known)} acknowledged writes are gone"
            told.append(f"{store} {len(known)} acknowledged, {kills} kills, {lost} lost")
    return f"kill -9 every {_KILLED_AFTER:.0f} s: {'; '.join(told)}"


def _write_and_kill(url: str, wanted: int, *, full: bool) -> tuple[set[str], int]:
    """What was acknowledged, and how many writers were killed for it: four at a time, twice at least."""
    known: set[str] = set()
    kills = 0
    while len(known) < wanted or kills < 2 * _WRITERS:
        with Crew(write, url, str(kills + 1), count=_WRITERS) as crew:
            known |= _heard(crew, full=full)
            crew.kill()
            known.update(word for number in range(_WRITERS) for word in crew.heard(number))
        kills += _WRITERS
    return known, kills


def _heard(crew: Crew, *, full: bool) -> set[str]:
    """What writers acknowledge in the first two seconds of their lives; or the first hundred."""
    found: set[str] = set()
    until = time.monotonic() + (_KILLED_AFTER if full else 60)
    while (left := until - time.monotonic()) > 0 and (full or len(found) < _ENOUGH):
        found.update(line.recv() for line in wait(crew.lines, left))  # type: ignore[union-attr]
    return found
