"""Brings a database to the schema of today. The rule: processes that start together migrate once.

The whole upgrade is one transaction under one lock: SQLite's write lock, or an advisory lock in PostgreSQL.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from app.storage.schema import is_current

_FOLDER = Path(__file__).with_name("migrations")
_LOCK = 0x50696E6C696E65
_PATIENCE_MS = 60_000


def upgrade(engine: Engine) -> None:
    """Apply what is missing; does nothing on a database that is up to date."""
    if is_current(engine):
        return
    with engine.begin() as conn:
        _lock(conn)
        config = _config()
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def _lock(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SET LOCAL statement_timeout = {_PATIENCE_MS}")
        conn.exec_driver_sql(f"SET LOCAL lock_timeout = {_PATIENCE_MS}")
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
