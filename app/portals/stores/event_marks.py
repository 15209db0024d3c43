"""By what an event is known again. The rule: the mark is made in the transaction that applies the event.

So an event that is kept while its first attempt still hangs in the database is applied once. Each delivery
is an event of its own: portals say the same again when they mean it again.
A mark is a hash and names nobody.
"""

import json
import logging
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, Engine, select

from app.bitrix24.params import EventParams
from app.storage.engine import inserting, upsert
from app.storage.steps import delete_in_steps
from app.storage.tables import applied_events

KEEP = timedelta(days=2)
"""Longer than an event can be late; the queue itself repeats none."""

_USED = ("CLEAN", "VERSION")
_VALUE = 64
_events = msgspec.json.Decoder(EventParams)
_LOG = logging.getLogger(__name__)


def first_time(conn: Connection, mark: str, now: datetime) -> bool:
    """Mark an event as applied within the caller's transaction; False: somebody has done so before.

    Who applies the same event at the same time waits here for the other's end.
    """
    insert = inserting(conn.dialect.name, applied_events).values(mark=mark, at=now)
    statement = insert.on_conflict_do_nothing(index_elements=["mark"])
    return conn.execute(statement.returning(applied_events.c.mark)).first() is not None


def note(conn: Connection, mark: str, now: datetime) -> None:
    """Remember that something happened, the last time now."""
    upsert(conn, applied_events, {"mark": mark, "at": now}, ["mark"])


def noted(conn: Connection, mark: str) -> datetime | None:
    """When that happened last; None when it did not, or long ago."""
    return conn.execute(select(applied_events.c.at).where(applied_events.c.mark == mark)).scalar()


def forget_marks(engine: Engine, now: datetime) -> int:
    """Remove marks that have served; returns how many."""
    return delete_in_steps(engine, applied_events, applied_events.c.at < now - KEEP)


def taken_in(event: EventParams, at: datetime) -> EventParams:
    """The event as it is kept: received `at`, by our clock, and nothing that we do not use."""
    used = {name: event.data[name][:_VALUE] for name in _USED if name in event.data}
    return replace(event, data=used, received=int(at.timestamp() * 1_000_000))


def written(event: EventParams) -> str:
    """The event as a text, the same for the same event."""
    return json.dumps(asdict(event), sort_keys=True, default=dict)


def read(text: str) -> EventParams | None:
    """What `written` made, also that of another release: fields that we do not know are left out.

    None: nothing can be made of it, which is logged; who reads on must not stop at it.
    """
    try:
        return _events.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        _LOG.error("a kept event is left out, it cannot be read: %s", error)
        return None


def fingerprint(event: EventParams) -> str:
    """The mark of what an event says, the same however often the portal says so."""
    return _hash(written(replace(event, received=None)))


def delivery(event: EventParams) -> str:
    """The mark of one delivery: the same for what hangs in the database and its copy in the spool."""
    return _hash(f"delivery {written(event)}")


def untold_end(member_id: str) -> str:
    """The mark of a portal that installed again what had not been reported as removed."""
    return _hash(f"untold end {member_id}")


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
