"""Migrations: they lead to exactly the tables of the code, once, however many processes start."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, MetaData, func, insert, inspect, select, text

from app.storage import migrate
from app.storage.engine import STATEMENT_SECONDS, make_engine, reading
from app.storage.migrate import upgrade
from app.storage.patience import ANSWER_SECONDS
from app.storage.schema import is_current
from app.storage.tables import event_queue, metadata, operator_tokens

_UPGRADE = """
import sys
from app.storage.engine import make_engine
from app.storage.migrate import upgrade
from app.storage.schema import is_current
engine = make_engine(sys.argv[1])
upgrade(engine)
assert is_current(engine)
"""


def test_migrations_and_tables_agree(engine: Engine) -> None:
    with reading(engine) as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_comparison_notices_a_difference(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE runs ADD COLUMN surplus INTEGER"))
    with reading(engine) as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata)


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    assert is_current(engine)
    upgrade(engine)
    assert is_current(engine)


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> str:
    """A database without tables, of the same kind."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    engine = make_engine(database_url)
    with engine.begin() as conn:
        conn.execute(text("DROP SCHEMA public CASCADE"))
        conn.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return database_url


def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    command = [sys.executable, "-c", _UPGRADE, empty_url]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    failures = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, failures
    engine = make_engine(empty_url)
    assert set(metadata.tables) < set(inspect(engine).get_table_names())
    engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_migration_waits_longer_than_a_request(empty_url: str) -> None:
    holder, engine = make_engine(empty_url), make_engine(empty_url)
    held = holder.connect()
    held.execute(select(func.pg_advisory_xact_lock(migrate._LOCK)))
    letting_go = threading.Timer(8.0, held.close)
    letting_go.start()
    began = time.monotonic()
    upgrade(engine)
    assert time.monotonic() - began > 7.5, "it had to wait"
    assert is_current(engine)
    with engine.connect() as conn:
        driver: Any = conn.connection.driver_connection
        assert driver.patience == ANSWER_SECONDS, "requests get it as before"
        assert conn.execute(text("SHOW statement_timeout")).scalar() == f"{STATEMENT_SECONDS * 1000:.0f}ms"
    letting_go.join()
    holder.dispose()
    engine.dispose()


def test_rows_of_an_older_release_stay(empty_url: str) -> None:
    now = datetime.now(UTC)
    pair = {"access_sealed": b"a", "refresh_sealed": b"r", "expires_at": now, "refreshed_at": now}
    person = {"name": "Maria", "is_admin": False, "language": "en", "needs_reopen": False, "seen_at": now}
    waiting = {"fingerprint": "f", "member_id": "m1", "event": "E", "payload_sealed": b"p", "attempts": 0}
    engine = make_engine(empty_url)
    with engine.begin() as conn:
        config = migrate._config()
        config.attributes["connection"] = conn
        command.upgrade(config, "0004")
        before = MetaData()
        before.reflect(conn)
        row = {"member_id": "m1", "user_id": 27, **pair, **person}
        conn.execute(insert(before.tables["operator_tokens"]).values(row))
        conn.execute(insert(before.tables["event_queue"]).values(**waiting, received_at=now, done_at=now))
    assert not is_current(engine)
    upgrade(engine)
    with reading(engine) as conn:
        assert conn.execute(select(operator_tokens.c.name, operator_tokens.c.refresh_sealed)).all() == [
            ("Maria", b"r")
        ]
        assert conn.execute(select(event_queue.c.id, event_queue.c.payload_sealed)).all() == [(1, b"p")]
    columns = {
        column["name"]
        for name in ("operator_tokens", "event_queue")
        for column in inspect(engine).get_columns(name)
    }
    assert columns.isdisjoint({"seen_at", "done_at"})
    engine.dispose()


def test_an_empty_database_is_not_current(empty_url: str) -> None:
    engine = make_engine(empty_url)
    assert not is_current(engine)
    engine.dispose()
