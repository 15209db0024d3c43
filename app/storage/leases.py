"""Short leases in a table, for several processes. The rule: no database lock is held over network I/O.

A lease ends by itself, so a killed process blocks others for its length at most; a long piece of work keeps
a short one alive meanwhile. The clock is the database's own on PostgreSQL, and the machine's on SQLite, where
all processes share one machine.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from secrets import token_hex

from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.storage.engine import inserting
from app.storage.tables import leases

_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.2
_chance = SystemRandom()  # spreads the waiters


class LeaseBusy(Exception):
    """Another holder kept the lease for as long as we were ready to wait."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that we hold: its name and our mark on it."""

    name: str
    holder: str


def try_acquire(engine: Engine, name: str, seconds: float) -> Lease | None:
    """Take the lease for `seconds`, or return None when somebody holds it.

    A lease that claims to run for more than twice `seconds` was left by a clock that has been set back
    since; it does not count.
    """
    holder = token_hex(16)
    with engine.begin() as conn:
        now = _now(conn)
        insert = inserting(conn.dialect.name, leases)
        statement = insert.values(
            name=name, holder=holder, until=now + timedelta(seconds=seconds)
        ).on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": insert.excluded.holder, "until": insert.excluded.until},
            where=(leases.c.until <= now) | (leases.c.until > now + timedelta(seconds=2 * seconds)),
        )
        taken = conn.execute(statement.returning(leases.c.holder)).first()
    return Lease(name, holder) if taken else None


def release(engine: Engine, held: Lease) -> None:
    """Give the lease back; harmless when it has run out and belongs to somebody else by now."""
    with engine.begin() as conn:
        conn.execute(delete(leases).where(leases.c.name == held.name, leases.c.holder == held.holder))


def extend(engine: Engine, held: Lease, seconds: float) -> None:
    """Let the lease run for `seconds` from now, if it is still ours."""
    with engine.begin() as conn:
        until = _now(conn) + timedelta(seconds=seconds)
        ours = (leases.c.name == held.name, leases.c.holder == held.holder)
        conn.execute(update(leases).where(*ours).values(until=until))


@contextmanager
def lease(engine: Engine, name: str, seconds: float, wait: float) -> Iterator[Lease]:
    """Hold the lease for the length of the block; raises `LeaseBusy` after `wait` seconds without it."""
    held = _acquire(engine, name, seconds, wait)
    try:
        yield held
    finally:
        release(engine, held)


@contextmanager
def kept_lease(engine: Engine, name: str, seconds: float, wait: float) -> Iterator[Lease]:
    """`lease` for a block that may last longer than `seconds`: a thread keeps extending it.

    So others wait for a killed holder for `seconds` only, however long the work may be.
    """
    with lease(engine, name, seconds, wait) as held:
        over = threading.Event()
        keeper = threading.Thread(target=_keep, args=(engine, held, seconds, over), daemon=True)
        keeper.start()
        try:
            yield held
        finally:
            over.set()
            keeper.join(seconds)


def _keep(engine: Engine, held: Lease, seconds: float, over: threading.Event) -> None:
    while not over.wait(seconds / 4):
        with suppress(SQLAlchemyError):  # it may work the next time; until then the lease runs on
            extend(engine, held, seconds)


def _acquire(engine: Engine, name: str, seconds: float, wait: float) -> Lease:
    until, pause = time.monotonic() + wait, _FIRST_PAUSE
    while (held := try_acquire(engine, name, seconds)) is None:
        if time.monotonic() + pause > until:
            raise LeaseBusy(name)
        time.sleep(pause * _chance.uniform(0.5, 1.0))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    return held


def _now(conn: Connection) -> datetime:
    if conn.dialect.name == "postgresql":
        now: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
        return now
    return datetime.now(UTC)
