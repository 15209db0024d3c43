"""Work on very many rows. The rule: in steps, each a short transaction, so that nobody waits for it.

One statement for all would be given up after its time, undone, and begun anew the next time, for ever.
"""

import time
from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, select, tuple_

STEP = 2000
"""Rows of one transaction: some 50 ms of a database."""


def in_steps(engine: Engine, step: Callable[[Connection], int], size: int = STEP) -> int:
    """Carry `step` out until it finds fewer than `size` rows; returns how many it found in all.

    After each, others have the database for as long as the step had it: SQLite lets nobody in by turn.
    """
    total = 0
    while True:
        began = time.monotonic()
        with engine.begin() as conn:
            found = step(conn)
        total += found
        if found < size:
            return total
        time.sleep(time.monotonic() - began)


def delete_in_steps(engine: Engine, table: Table, *conditions: ColumnElement[bool], size: int = STEP) -> int:
    """Delete the rows that fulfil the conditions; returns how many.

    Raises SQLAlchemyError; what went until then stays gone.
    """
    keys = tuple_(*table.primary_key.columns)
    chosen = select(*table.primary_key.columns).where(*conditions).limit(size)
    statement = delete(table).where(keys.in_(chosen))
    return in_steps(engine, lambda conn: conn.execute(statement).rowcount, size)
