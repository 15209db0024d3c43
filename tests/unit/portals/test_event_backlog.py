"""Events while the database does not answer: kept, applied once when it does, forged ones without effect."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app.portals.stores import installations as installations_module
from app.portals.stores.event_marks import KEEP
from app.portals.stores.upkeep import purge
from app.storage.engine import reading
from app.storage.spool import SpoolFull
from app.storage.tables import applied_events
from tests.unit.portals.conftest import Room
from tests.unit.portals.test_events import event


@pytest.fixture
def down(room: Room, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The database fails whenever an event is held against it; a call ends that."""
    there = threading.Event()
    real = room.portals.application_tokens.matches

    def failing(member_id: str, token: str) -> bool:
        if there.is_set():
            return real(member_id, token)
        raise OperationalError("SELECT", {}, Exception("down"))

    monkeypatch.setattr(room.portals.application_tokens, "matches", failing)
    return there.set


def generation(room: Room) -> int:
    known = room.portals.installations.find("m1")
    assert known is not None
    return known.generation


def is_active(room: Room) -> bool:
    known = room.portals.installations.find("m1")
    return known is not None and known.active


def within(seconds: float, question: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_an_event_is_kept_while_the_database_is_down_and_applied_once(
    room: Room, down: Callable[[], None]
) -> None:
    room.installed()
    before = generation(room)
    assert room.events.accept(event()) == "kept"
    assert room.events.accept(event()) == "kept"
    assert room.events.accept(event(token="forged", data={"CLEAN": "1"})) == "kept", "nobody can tell yet"
    assert is_active(room)
    down()
    within(20, lambda: not is_active(room))
    within(20, lambda: not room.events._backlog.is_failing)
    assert room.events.accept(event()) == "ok"
    assert generation(room) == before + 1


def test_what_processes_that_are_gone_have_left_is_done_by_housekeeping(
    room: Room, down: Callable[[], None], tmp_path: Path
) -> None:
    room.installed()
    kept = event("ONAPPUPDATE", data={"VERSION": "9", "TEXT": "x" * 100_000})
    assert room.events.accept(kept) == "kept"
    (file,) = (tmp_path / "spool").iterdir()
    assert file.stat().st_size < 2000, "only what is used of an event is kept"
    (tmp_path / "spool" / "1-of-another-process.spool").write_bytes(file.read_bytes())
    down()
    assert room.events.drain() >= 1
    known = room.portals.installations.find("m1")
    assert known is not None
    assert known.version == "9"
    assert not (tmp_path / "spool" / "1-of-another-process.spool").exists()


@pytest.mark.parametrize("marked", [True, False])
def test_an_event_whose_first_attempt_hangs_is_kept_and_applied_once(
    room: Room, monkeypatch: pytest.MonkeyPatch, marked: bool
) -> None:
    """Its copy finds the next installation, of the same second. The control ends that without marks."""
    if not marked:
        monkeypatch.setattr(installations_module, "first_time", lambda *_: True)
    room.installed()
    before, attempt, copy = generation(room), threading.Event(), threading.Event()
    gates, real = iter([attempt, *[copy] * 9]), room.portals.application_tokens.matches

    def hanging(member_id: str, token: str) -> bool:
        next(gates).wait(30)
        return real(member_id, token)

    monkeypatch.setattr(room.portals.application_tokens, "matches", hanging)
    began = time.monotonic()
    assert room.events.accept(event()) == "kept"
    assert room.events.accept(event("ONAPPPAYMENT")) == "kept", "by now nobody waits for the database"
    assert time.monotonic() - began < 10
    attempt.set()
    within(20, lambda: not is_active(room))
    room.installed()
    copy.set()
    within(20, lambda: room.events._backlog._spool.is_empty and not room.events._backlog.is_failing)
    assert is_active(room) is marked
    assert generation(room) - before == (1 if marked else 2)


def test_an_event_that_cannot_even_be_kept_is_said(
    room: Room, down: Callable[[], None], tmp_path: Path
) -> None:
    room.installed()
    (tmp_path / "spool").write_text("a file where a folder should be")
    with pytest.raises(SpoolFull):
        room.events.accept(event())
    down()
    within(20, lambda: not room.events._backlog.is_failing)
    assert room.events.accept(event()) == "ok"


def test_an_event_that_fails_for_itself_holds_up_no_other(
    room: Room, down: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    room.installed()
    assert room.events.accept(event("ONAPPUPDATE", data={"VERSION": "bad"})) == "kept"
    assert room.events.accept(event()) == "kept"
    monkeypatch.setattr(room.portals.installations, "set_version", lambda *_, **__: 1 / 0)
    down()
    within(20, lambda: not is_active(room))


def test_an_older_event_that_comes_twice_changes_no_newer_version(room: Room) -> None:
    room.installed()
    seventh, eighth = (event("ONAPPUPDATE", data={"VERSION": number}, ts=1) for number in "78")
    for each in (seventh, eighth, seventh):
        assert room.events.accept(each) == "ok"
    known = room.portals.installations.find("m1")
    assert known is not None
    assert known.version == "8"


def test_marks_are_purged_and_name_nobody(room: Room) -> None:
    room.installed()
    room.events.accept(event("ONAPPUPDATE", data={"VERSION": "7"}))
    room.events.accept(event("ONAPPUPDATE", data={"VERSION": "7"}, ts=5))
    with reading(room.engine) as conn:
        rows = conn.execute(select(applied_events)).all()
    assert len(rows) == 1, "what changes nothing leaves no mark"
    assert "m1" not in str(rows)
    for after, left in ((KEEP - timedelta(minutes=1), 1), (KEEP + timedelta(minutes=1), 0)):
        purge(room.engine, room.clock() + after)
        with reading(room.engine) as conn:
            assert conn.execute(select(func.count()).select_from(applied_events)).scalar() == left
