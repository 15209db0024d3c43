"""The short way of telling whether a database is up to date agrees with the migration tool's own."""

from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from app.storage import migrate, schema
from app.storage.engine import make_engine, reading


def test_a_migrated_database_is_current(engine: Engine) -> None:
    assert schema.is_current(engine)
    assert ScriptDirectory.from_config(migrate._config()).get_heads() == [schema.newest()]


def test_an_older_revision_is_not(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not schema.is_current(engine)


def test_what_a_later_release_has_migrated_serves_as_well(engine: Engine) -> None:
    """Its workers start while those of this release still serve; and this one can be put back."""
    for later in (int(schema.newest()) + 1, 10_000):
        with engine.begin() as conn:
            conn.execute(text("UPDATE alembic_version SET version_num = :later"), {"later": f"{later:04}"})
        assert schema.is_current(engine)
        migrate.upgrade(engine)
        with reading(engine) as conn:
            assert conn.execute(text("SELECT version_num FROM alembic_version")).scalar() == f"{later:04}"
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = 'odd'"))
    assert not schema.is_current(engine)


def test_an_empty_database_is_not(tmp_path: Path) -> None:
    empty = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    assert not schema.is_current(empty)
    migrate.upgrade(empty)
    assert schema.is_current(empty)
    empty.dispose()
