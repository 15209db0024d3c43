"""Figures of races and losses among processes, each on every store that it concerns.

Each takes the share of its full size and a stage, and returns a sentence. Raises AssertionError where a goal
is missed.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from functools import partial
from itertools import count
from multiprocessing.connection import wait
from typing import TypeVar

from sqlalchemy import Engine, select

from app.bitrix24.client import Caller
from app.bitrix24.errors import BitrixError
from app.portals.model import OperatorKey, TokenPair
from app.portals.states import States
from app.portals.stores.token_pairs import TokenStore
from app.portals.tokens import LEASE_SECONDS
from app.storage.crypto import Cipher
from app.storage.engine import reading
from app.storage.leases import release, try_acquire
from app.storage.tables import journal_entries
from tests.faults.crew import PROCESSES, Crew, Work
from tests.faults.proxy import Proxy
from tests.faults.site import OPERATOR
from tests.faults.stage import NEIGHBOUR, Stage
from tests.faults.weakened_workers import (
    calling_within_a_transaction,
    consume_in_two_steps,
    refresh_without_lease,
)
from tests.faults.workers import SEALING, calling, consume, refresh, write

Value = TypeVar("Value")

_WRITERS, _KILLED_AFTER = 4, 2.0  # seconds
_MOST_MS = 20
_ENOUGH = 100  # acknowledgements, where there is no time for that


def refreshes(scale: float, stage: Stage) -> str:
    """One refresh for each expiry, 8 processes asking at once, 200 expiries on each store.

    And the control: processes that do not wait for each other refresh more often, or lose the pair.
    """
    told, expiries = [], max(5, int(200 * scale))
    for store in ("sqlite", "postgresql", "redis"):
        words, seen = _expired(stage, store, refresh, expiries)
        assert set(words) == {"ok"}, words
        assert seen == expiries, f"{seen} refreshes for {expiries} expiries on {store}"
        told.append(f"{store} {seen}")
    words, seen = _expired(stage, "sqlite", refresh_without_lease, 5)
    failed = words.total() - words["ok"]
    assert seen > 5 or failed, "5 refreshes for 5 expiries without the lease, too: the figure shows nothing"
    return (
        f"{expiries} expiries × {PROCESSES} processes: refreshes {', '.join(told)} (its lease "
        f"is PostgreSQL's again); 0 invalid_grant; control without the lease: {seen} refreshes for 5 "
        f"expiries, {failed} of {words.total()} calls failed"
    )


def _expired(stage: Stage, store: str, work: Work, expiries: int) -> tuple[Counter[str], int]:
    """What the processes say to so many expiries, and how many refreshes the authorization server saw."""
    words = Counter[str]()
    with stage.ground(store) as here, Crew(work, here.portal.member_id, *here.where) as crew:
        for _ in range(expiries):
            here.portal.tokens.expire(here.portal.number, OPERATOR)
            words.update(crew.at_once("go"))
        return words, sum("token" in row["path"] for row in here.portal.record.rows)


def one_time_values(scale: float, stage: Stage) -> str:
    """A state for the authorization redirect is taken by exactly one of 8 racers.

    And the control: whoever looks first and removes then is not alone.
    """
    told, values = [], max(10, int(200 * scale))
    for store in ("sqlite", "postgresql"):
        got = _taken(stage, store, consume, values)
        assert got == [1] * values, f"{store}: {[count for count in got if count != 1]}"
        told.append(f"{store} {sum(got)}/{values}")
    several = sum(count > 1 for count in _taken(stage, "sqlite", consume_in_two_steps, 10))
    assert several, "nobody is in anybody's way: the figure shows nothing"
    return (
        f"taken exactly once by one of 8 racers: {', '.join(told)} (Redis keeps no one-time values); "
        f"control: {several} of 10 taken more than once where they are looked up, then removed"
    )


def _taken(stage: Stage, store: str, work: Work, values: int) -> list[int]:
    """By how many racers each value was taken."""
    with stage.ground(store) as here, Crew(work, here.url) as crew:
        states = States(here.engine)
        return [crew.at_once(states.issue("portal.example")).count("got") for _ in range(values)]


def writes_beside_a_refresh(scale: float, stage: Stage) -> str:
    """Another portal's writes while one refresh hangs: for 9 s of its 10 on each store, 1 s in a quick run.

    They are what a refresh itself writes. And the control: a refresh that holds the database meanwhile.
    """
    told, seconds = [], 9.0 if scale >= 1 else 1.0
    for store in ("sqlite", "postgresql"):
        times = _beside(stage, store, calling, seconds)
        assert max(times) < 1.0, f"{store}: a write waited for the refresh"
        assert scale < 1 or _p99(times) <= _MOST_MS, f"{store}: p99 {_p99(times):.1f} ms"
        told.append(f"{store} {len(times)}, p99 {_p99(times):.1f} ms, longest {max(times) * 1000:.0f} ms")
    held = _p99(_beside(stage, "sqlite", calling_within_a_transaction, 0.5))
    assert held > _MOST_MS, f"p99 {held:.1f} ms beside a refresh in a transaction: the figure shows nothing"
    return (
        f"writes beside a refresh that hangs for {seconds:.0f} s: {'; '.join(told)}; "
        f"control: p99 {held:.0f} ms beside one in a transaction"
    )


def _beside(
    stage: Stage, store: str, call: Callable[..., AbstractContextManager[Caller]], seconds: float
) -> list[float]:
    """How long each write took while the refresh hung for so long."""
    with stage.ground(store) as here, ThreadPoolExecutor(1) as pool:
        proxy = Proxy(int(here.box.oauth_origin.rpartition(":")[2])).start()
        proxy.toxics.hang = True
        url, redis, _, *keys = here.where
        here.portal.tokens.expire(here.portal.number, OPERATOR)
        operator = OperatorKey(here.portal.member_id, OPERATOR)
        with call(url, redis, f"http://localhost:{proxy.port}", *keys) as caller:
            asking = threading.Thread(target=_refused, args=(caller, operator))
            asking.start()
            while not proxy.connections:
                time.sleep(0.01)
            writing = pool.submit(_writes, here.engine, time.monotonic() + seconds)
            time.sleep(seconds)
            assert asking.is_alive(), "the refresh had to hang meanwhile"
            proxy.heal()
            asking.join()
            times = writing.result()
        proxy.stop()
        return times


def _refused(caller: Caller, operator: OperatorKey) -> None:
    with suppress(BitrixError):
        caller.call(operator, "profile")


def _writes(engine: Engine, ends: float) -> list[float]:
    """What a neighbour's refreshes write until then: they take the lease, store the pair, leave the lease."""
    store, times = TokenStore(engine, Cipher([SEALING])), list[float]()
    name, numbers = f"refresh:{NEIGHBOUR.member_id}:{NEIGHBOUR.user_id}", count()
    while time.monotonic() < ends:
        number = next(numbers)
        pair = TokenPair("access", f"refresh-{number + 1}")
        held = _timed(times, lambda: try_acquire(engine, name, LEASE_SECONDS))
        assert held, "nobody else is after it"
        assert _timed(times, partial(store.replace_tokens, NEIGHBOUR, f"refresh-{number}", pair))
        _timed(times, partial(release, engine, held))
    return times


def _timed(times: list[float], work: Callable[[], Value]) -> Value:
    began = time.perf_counter()
    result = work()
    times.append(time.perf_counter() - began)
    return result


def _p99(times: list[float]) -> float:
    """In ms."""
    return sorted(times)[int(len(times) * 0.99)] * 1000


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
