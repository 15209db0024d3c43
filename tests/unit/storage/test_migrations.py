"""Migrations: they lead to exactly the tables of the code, once, however many processes start."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, func, inspect, select, text

from app.storage import migrate
from app.storage.engine import STATEMENT_SECONDS, make_engine, reading
from app.storage.migrate import upgrade
from app.storage.patience import ANSWER_SECONDS
from app.storage.schema import is_current
from app.storage.tables import metadata

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


def shape(engine: Engine) -> dict[str, object]:
    """All that a database says of its tables, the order of columns and the names of keys included."""
    found = inspect(engine)
    return {
        name: (
            [(column | {"type": repr(column["type"])}) for column in found.get_columns(name)],
            found.get_pk_constraint(name),
            found.get_unique_constraints(name),
            sorted(found.get_indexes(name), key=str),
        )
        for name in found.get_table_names()
        if name != "alembic_version"
    }


def test_migrating_and_creating_lead_to_the_same(empty_url: str) -> None:
    engine = make_engine(empty_url)
    metadata.create_all(engine)
    created = shape(engine)
    metadata.drop_all(engine)
    upgrade(engine)
    assert shape(engine) == created
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE runs ADD COLUMN surplus INTEGER"))
    assert shape(engine) != created, "a difference would show"
    engine.dispose()


def test_an_empty_database_is_not_current(empty_url: str) -> None:
    engine = make_engine(empty_url)
    assert not is_current(engine)
    engine.dispose()
