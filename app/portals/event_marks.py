"""By what an event is known again. The rule: the mark is made in the transaction that applies the event.

So an event that comes twice, or is kept while its first attempt still hangs in the database, is applied once.
A mark is a hash and names nobody.
"""

import json
import logging
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, Engine

from app.bitrix24.params import EventParams
from app.storage.engine import inserting
from app.storage.steps import delete_in_steps
from app.storage.tables import applied_events

KEEP = timedelta(hours=1)
"""Far longer than an event can be under way twice; the queue itself repeats none."""

_USED = ("CLEAN", "VERSION")
_VALUE = 64
_LOG = logging.getLogger(__name__)


def first_time(conn: Connection, mark: str, now: datetime) -> bool:
    """Mark an event as applied within the caller's transaction; False: somebody has done so before.

    Who applies the same event at the same time waits here for the other's end.
    """
    insert = inserting(conn.dialect.name, applied_events).values(mark=mark, at=now)
    statement = insert.on_conflict_do_nothing(index_elements=["mark"])
    return conn.execute(statement.returning(applied_events.c.mark)).first() is not None


def forget_marks(engine: Engine, now: datetime) -> int:
    """Remove marks that have served; returns how many."""
    return delete_in_steps(engine, applied_events, applied_events.c.at < now - KEEP)


def essential(event: EventParams) -> EventParams:
    """The event with nothing that we do not use: what is kept of it has a small size."""
    used = {name: event.data[name][:_VALUE] for name in _USED if name in event.data}
    return replace(event, data=used)


def written(event: EventParams) -> str:
    """The event as a text, the same for the same event."""
    return json.dumps(asdict(event), sort_keys=True, default=dict)


def read(text: str) -> EventParams | None:
    """What `written` made, also that of another release: fields that we do not know are left out.

    None: nothing can be made of it, which is logged; who reads on must not stop at it.
    """
    try:
        return msgspec.json.decode(text, type=EventParams)
    except (msgspec.DecodeError, RecursionError) as error:
        _LOG.error("a kept event is left out, it cannot be read: %s", error)
        return None


def fingerprint(event: EventParams) -> str:
    """The mark of an event."""
    return sha256(written(event).encode()).hexdigest()
