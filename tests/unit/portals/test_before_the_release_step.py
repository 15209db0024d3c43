"""Events that come before the database has its tables: kept as in any outage, applied once they are there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import DataError, ProgrammingError, SQLAlchemyError

from app.portals import event_backlog, events
from app.portals.stores.event_marks import written
from app.storage.health import OUTAGES
from tests.unit.portals.conftest import Room
from tests.unit.portals.test_event_backlog import is_active, within
from tests.unit.portals.test_events import event
from tests.unit.portals.test_left_events import leave


@contextmanager
def without_a_table(room: Room) -> Iterator[None]:
    """The release step that makes it comes at the end of the block."""
    with room.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE installations RENAME TO still_to_come")
    try:
        yield
    finally:
        with room.engine.begin() as conn:
            conn.exec_driver_sql("ALTER TABLE still_to_come RENAME TO installations")


@pytest.fixture
def names_only_outages(room: Room, monkeypatch: pytest.MonkeyPatch) -> bool:
    """The control: a missing table is PostgreSQL's ProgrammingError, which is not among the outages.

    SQLite calls it an OperationalError, so the control loses nothing there.
    """
    for module in (event_backlog, events):
        monkeypatch.setattr(module, "may_pass", lambda error: isinstance(error, OUTAGES))
    return room.engine.dialect.name == "postgresql"


def test_an_event_is_kept_until_the_table_is_there(room: Room, tmp_path: Path) -> None:
    room.installed()
    with without_a_table(room):
        assert room.events.accept(event()) == "kept"
        assert list((tmp_path / "spool").iterdir())
    within(20, lambda: not is_active(room))


def test_what_is_kept_stays_until_the_table_is_there(room: Room, tmp_path: Path) -> None:
    room.installed()
    leave(tmp_path, 1, written(event()))
    with without_a_table(room):
        for _ in range(2):
            with pytest.raises(SQLAlchemyError):
                room.events.drain()
    assert room.events.drain() == 1
    assert not is_active(room)


def test_else_it_would_be_lost(room: Room, tmp_path: Path, names_only_outages: bool) -> None:
    room.installed()
    leave(tmp_path, 1, written(event()))
    with without_a_table(room):
        if names_only_outages:
            with pytest.raises(ProgrammingError):
                room.events.accept(event())
            assert room.events.drain() == 1
    assert room.events.drain() == (0 if names_only_outages else 1)
    assert is_active(room) is names_only_outages


def test_what_the_event_itself_causes_is_not_kept(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_: object, **__: object) -> None:
        raise DataError("UPDATE", {}, Exception("value too long"))

    room.installed()
    monkeypatch.setattr(room.portals.installations, "set_version", refusing)
    bad = event("ONAPPUPDATE", data={"VERSION": "9"})
    with pytest.raises(DataError):
        room.events.accept(bad)
    assert not (tmp_path / "spool").exists()
    leave(tmp_path, 1, written(bad), written(event()))
    assert room.events.drain() == 2
    assert not is_active(room), "and it holds up nothing behind it"
