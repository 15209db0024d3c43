"""Housekeeping of stored portals. The rule: small steps, each a short transaction, so that nobody waits."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, Table, and_, func, select, update

from app.portals.stores.event_marks import forget_marks
from app.storage.crypto import Cipher, Unreadable
from app.storage.engine import reading
from app.storage.states import purge_states
from app.storage.steps import delete_in_steps
from app.storage.tables import browser_sessions, event_queue, installations, leases, metadata, operator_tokens

_OF_PORTALS = [
    table
    for table in metadata.sorted_tables
    if "member_id" in table.c and table not in (installations, event_queue)
]
"""What an installation owns. Events wait for the proof of portals that are not known, too."""

_STEP = 200
_DEAD_LEASE = timedelta(days=1)


def reseal(engine: Engine, cipher: Cipher) -> int:
    """Move every secret that was sealed under an older key to the newest one; returns how many.

    Safe beside running requests: a row that has changed meanwhile is left, it is under the newest key then.
    """
    moved = 0
    moved += _reseal_column(engine, cipher, operator_tokens, "access_sealed")
    moved += _reseal_column(engine, cipher, operator_tokens, "refresh_sealed")
    moved += _reseal_column(engine, cipher, installations, "application_token_sealed")
    return moved


def purge(engine: Engine, now: datetime | None = None) -> int:
    """Remove what has run out, and rows of portals that were wiped out while they were being written."""
    now = now or datetime.now(UTC)
    removed = purge_states(engine) + forget_marks(engine, now)
    removed += delete_in_steps(engine, leases, leases.c.until < now - _DEAD_LEASE)
    removed += delete_in_steps(engine, browser_sessions, browser_sessions.c.expires_at <= now)
    known = select(installations.c.member_id).where(~installations.c.wiping)
    for table in _OF_PORTALS:
        removed += delete_in_steps(engine, table, table.c.member_id.not_in(known))
    return removed + delete_in_steps(engine, installations, installations.c.wiping)


def sweep(engine: Engine, member_id: str) -> int:
    """Remove what there is of a portal that is being wiped out, or is not known any more: requests that
    outlived it may have written that. Raises SQLAlchemyError; it may be repeated then.
    """
    mine = installations.c.member_id == member_id
    gone = ~select(installations.c.member_id).where(mine, ~installations.c.wiping).exists()
    removed = 0
    for table in _OF_PORTALS:
        removed += delete_in_steps(engine, table, table.c.member_id == member_id, gone)
    return removed + delete_in_steps(engine, installations, mine, installations.c.wiping)


def _reseal_column(engine: Engine, cipher: Cipher, table: Table, column: str) -> int:
    moved, sealed = 0, table.c[column]
    keys = list(table.primary_key.columns)
    older = func.substr(sealed, 1, len(cipher.head)) != cipher.head  # null is not older
    with reading(engine) as conn:
        old = conn.execute(select(*keys, sealed).where(older)).all()
    for start in range(0, len(old), _STEP):
        with engine.begin() as conn:
            for *identity, blob in old[start : start + _STEP]:
                where = (table.name, *(identity if len(identity) > 1 else (*identity, 0)), column)
                try:
                    renewed = cipher.seal(cipher.open(blob, *where), *where)
                except Unreadable:
                    continue
                same = and_(
                    *(key == value for key, value in zip(keys, identity, strict=True)), sealed == blob
                )
                moved += conn.execute(update(table).where(same).values({column: renewed})).rowcount
    return moved
