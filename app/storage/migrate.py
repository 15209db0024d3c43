"""Brings a database to the schema of today. The rule: processes that start together migrate once.

The whole upgrade is one transaction under one lock: SQLite's write lock, or an advisory lock in PostgreSQL,
which both sides wait for, as for any change of a large table, for ten minutes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from app.storage.schema import is_current

_FOLDER = Path(__file__).with_name("migrations")
_LOCK = 0x50696E6C696E65
_PATIENCE_SECONDS = 600.0


def upgrade(engine: Engine) -> None:
    """Apply what is missing; does nothing on a database that is up to date, or of a later release."""
    if is_current(engine):
        return
    with engine.connect() as conn, _patient(conn), conn.begin():
        _lock(conn)
        config = _config()
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


@contextmanager
def _patient(conn: Connection) -> Iterator[None]:
    """Let our side wait longer than a request may (`app.storage.patience`), the commit included."""
    if conn.dialect.name != "postgresql":
        yield
        return
    driver: Any = conn.connection.driver_connection
    usual, driver.patience = driver.patience, _PATIENCE_SECONDS
    try:
        yield
    finally:
        driver.patience = usual


def _lock(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SET LOCAL statement_timeout = '{_PATIENCE_SECONDS:.0f}s'")
        conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE_SECONDS:.0f}s'")
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
