"""One engine for SQLite and PostgreSQL. The rule: writers take their lock at the start, readers never.

On SQLite `engine.begin()` is BEGIN IMMEDIATE: a transaction that reads and then writes can neither lose
an update nor fail half-way with "database is locked". Plain reads go through `reading(engine)`.
"""

import importlib
import os
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 5
"""How long a SQLite writer waits for another one before it gives up."""

STATEMENT_SECONDS = 5.5
"""How long PostgreSQL works at one statement: longer than a lock is waited for, less than we wait for it."""

_SQLITE_CONNECTIONS = 64
_POSTGRES_CONNECTIONS, _KEPT_OPEN = 16, 8
_READ_ONLY = "pinline_reads"
_POSTGRES_OPTIONS = (
    f"-c timezone=UTC -c statement_timeout={int(STATEMENT_SECONDS * 1000)} -c lock_timeout=5000"
    " -c idle_in_transaction_session_timeout=30000"
)


def make_engine(url: str) -> Engine:
    """Build the engine for a SQLAlchemy URL (`sqlite:///file` or `postgresql://…`).

    A process opens up to 64 connections to SQLite, one for each of its threads, and 16 to PostgreSQL, whose
    server counts those of all workers; each is held for milliseconds. A SQLite file is created with mode
    0600 in a folder that is made when missing.
    """
    parsed = _with_driver(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    engine = create_engine(
        parsed,
        pool_size=_KEPT_OPEN,
        max_overflow=_POSTGRES_CONNECTIONS - _KEPT_OPEN,
        pool_timeout=BUSY_SECONDS,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={"connect_timeout": 3, "options": _POSTGRES_OPTIONS},
    )
    # Its driver is a tenth of a worker, which SQLite does without.
    importlib.import_module("app.storage.patience").give_up_in_time(engine)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reads only. It never waits for a writer.

    On PostgreSQL every statement sees its own moment, on SQLite all see the moment of the first.
    """
    with engine.connect() as conn:
        if engine.dialect.name == "sqlite":
            yield conn.execution_options(**{_READ_ONLY: True})
        else:
            yield conn.execution_options(isolation_level="AUTOCOMMIT")


def upsert(
    conn: Connection,
    table: Table,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    keys: Collection[str],
    *,
    keep: Collection[str] = (),
) -> None:
    """Insert one row or many; a row with the same `keys` is overwritten, but for its `keep` columns.

    All rows of one call name the same columns, and no two of them the same keys.
    """
    rows = [values] if isinstance(values, Mapping) else list(values)
    if not rows:
        return
    statement = _upserting(conn.dialect.name, table, tuple(rows[0]), tuple(keys), frozenset(keep))
    conn.execute(statement, [dict(row) for row in rows])


def inserting(dialect: str, table: Table) -> Any:
    """An insert that knows `on_conflict_…`: both databases have it, SQLAlchemy has one for each."""
    return (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)


@lru_cache(maxsize=64)
def _upserting(
    dialect: str, table: Table, names: tuple[str, ...], keys: tuple[str, ...], keep: frozenset[str]
) -> Any:
    """The statement; there are few, and building one costs more than carrying it out."""
    insert = inserting(dialect, table)
    changed = {name: insert.excluded[name] for name in names if name not in keys and name not in keep}
    if changed:
        return insert.on_conflict_do_update(index_elements=list(keys), set_=changed)
    return insert.on_conflict_do_nothing(index_elements=list(keys))


def _with_driver(url: str) -> URL:
    """Name psycopg 3 where the URL names no driver, as most hosting services do not."""
    scheme, separator, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        scheme = "postgresql+psycopg"
    return make_url(f"{scheme}{separator}{rest}")


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError("the database must be a file: threads do not share one in memory")
    _make_private(Path(url.database))
    engine = create_engine(
        url,
        pool_size=_SQLITE_CONNECTIONS,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=BUSY_SECONDS,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _make_private(path: Path) -> None:
    """Make folder and file before SQLite does, which would leave them readable for everybody.

    A file that is there is not touched: closing it would let go of every lock that this process has on it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    """Set what SQLite forgets with each connection; `isolation_level` None leaves BEGIN to us."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch a new file to WAL. The switch itself does not wait for others, so we do."""
    until = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def _begin(conn: Connection) -> None:
    if conn.get_execution_options().get(_READ_ONLY):
        conn.connection.cursor().execute("BEGIN")  # waits for nobody, so nothing needs to be translated
    else:
        conn.exec_driver_sql("BEGIN IMMEDIATE")
