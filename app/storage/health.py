"""Whether the database answers, and which errors mean that it does not."""

from sqlalchemy import Engine, select
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, SQLAlchemyError, TimeoutError

from app.storage.engine import reading
from app.storage.shared import SharedStoreDown

OUTAGES: tuple[type[Exception], ...] = (
    OperationalError,
    InterfaceError,
    InternalError,
    TimeoutError,
    SharedStoreDown,
)
"""Those that a store raises by itself, whatever we ask of it."""


def answers(engine: Engine) -> bool:
    """Tell whether the database carries out a query."""
    try:
        with reading(engine) as conn:
            return conn.execute(select(1)).scalar() == 1
    except SQLAlchemyError:
        return False
