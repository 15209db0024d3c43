"""The short way of telling whether a database is up to date agrees with the migration tool's own."""

from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from app.storage import migrate, schema
from app.storage.engine import make_engine


def test_a_migrated_database_is_current(engine: Engine) -> None:
    assert schema.is_current(engine)
    assert ScriptDirectory.from_config(migrate._config()).get_heads() == [schema.newest()]


def test_an_older_revision_is_not(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not schema.is_current(engine)


def test_an_empty_database_is_not(tmp_path: Path) -> None:
    empty = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    assert not schema.is_current(empty)
    migrate.upgrade(empty)
    assert schema.is_current(empty)
    empty.dispose()
