"""A connection to PostgreSQL that does not wait for ever. The rule: who asks the database is told in time.

The server ends long statements by itself, a little sooner (`engine.STATEMENT_SECONDS`), and the connection
lives on; one that hangs, or a network that swallows everything, ends nothing. Such a connection is given up,
and the pool makes another.
"""

from typing import Any

import psycopg
from psycopg.errors import OperationalError
from sqlalchemy import Engine, event

ANSWER_SECONDS = 6.0
"""How long a statement may go without its answer: longer than a lock is waited for."""


class PatientConnection(psycopg.Connection[Any]):
    """psycopg's own with an end to its waiting: `patience` seconds for each statement."""

    patience = ANSWER_SECONDS

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """`psycopg.Connection.wait`; raises OperationalError and closes when no answer comes in time."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:
            self.pgconn.finish()
            raise OperationalError("the database did not answer in time") from None


def give_up_in_time(engine: Engine) -> None:
    """Let the engine of a PostgreSQL database connect so."""
    event.listen(engine, "do_connect", _connect)


def _connect(_dialect: Any, _record: Any, args: Any, named: Any) -> PatientConnection:
    return PatientConnection.connect(*args, **named)
