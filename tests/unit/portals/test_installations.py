"""What identifies a portal changes only with a proof, and an uninstalled portal keeps nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.event import listen
from sqlalchemy.exc import OperationalError

from app.portals.stores import installations as installations_module
from app.portals.stores.upkeep import purge, sweep
from app.storage.engine import reading
from app.storage.sessions import SqlSessions
from app.storage.steps import STEP
from app.storage.tables import (
    dialog_memory,
    installations,
    journal_entries,
    journal_results,
    leases,
    metadata,
    portal_settings,
    preferences,
    run_targets,
    runs,
    silent_marks,
    snapshots,
    top_dialogs,
    views,
)
from tests.unit.portals.conftest import Room

Counts = Callable[[str], dict[str, int]]


def fill(room: Room, member_id: str) -> None:
    """One row of this portal in every table that has portals."""
    mine = {"member_id": member_id, "user_id": 27}
    now = room.clock()
    rows = {
        journal_entries: mine
        | {"id": int(member_id[1:]), "public_id": member_id, "action": "pin", "source": "click", "at": now},
        journal_results: {
            **{"entry_id": int(member_id[1:]), "session_id": 1, "chat_id": 1, "member_id": member_id},
            **{"client_name": "", "outcome": "done", "at": now, "undone": False},
        },
        runs: mine | {"run": "r", "action": "pin", "total": 1, "created_at": now},
        run_targets: mine | {"run": "r", "chat_id": 1, "position": 0, "done": False},
        top_dialogs: mine | {"chat_id": 1, "session_id": 1, "rank": 0},
        silent_marks: mine | {"session_id": 1, "chat_id": 1, "silent": True, "at": now},
        dialog_memory: {"member_id": member_id, "session_id": 1, "seen_at": now},
        preferences: mine | {"values": {}},
        portal_settings: {"member_id": member_id, "values": {}},
        views: mine | {"view_id": "v", "name": "V", "shared": True, "filter": {}, "created_at": now},
        snapshots: mine | {"snapshot_id": "s", "name": "S", "at": now, "dialogs": []},
    }
    with room.engine.begin() as conn:
        for table, row in rows.items():
            conn.execute(insert(table), row)
    SqlSessions(room.engine).save(f"sid-{member_id}", member_id, 27, b"record", 3600)


def test_installing_again_revives_and_keeps_the_generation(room: Room) -> None:
    first = room.portals.installations.save(room.proof(1), "apptoken")
    assert first.active
    room.clock.pass_by(days=1)
    assert room.portals.installations.save(room.proof(1)).generation == first.generation
    room.portals.installations.uninstall("m1", clean=False)
    gone = room.portals.installations.find("m1")
    assert gone is not None
    assert not gone.active
    assert gone.generation == first.generation + 1
    revived = room.portals.installations.save(room.proof(2, version="4"))
    assert (revived.active, revived.generation, revived.version) == (True, gone.generation, "4")
    assert revived.installed_by == 2


def test_a_wiped_portal_that_comes_back_starts_above_its_old_generations(room: Room) -> None:
    first = room.portals.installations.save(room.proof(1))
    room.clock.pass_by(seconds=5)
    room.portals.installations.uninstall("m1", clean=False)
    room.portals.installations.uninstall("m1", clean=True)
    assert room.portals.installations.find("m1") is None
    assert room.portals.installations.save(room.proof(1)).generation > first.generation + 1


def test_an_opening_takes_over_what_was_proved_and_only_where_installed(room: Room) -> None:
    assert room.portals.installations.note_open(room.proof()) is None
    room.portals.installations.save(room.proof(1))
    moved = room.portals.installations.note_open(room.proof(domain="new.example", version="9"))
    assert moved is not None
    assert (moved.domain, moved.version, moved.installed_by) == ("new.example", "9", 1)
    assert room.portals.installations.find("m1") == moved
    assert room.portals.installations.find_at("NEW.example") == moved
    assert room.portals.installations.find_at("old.example") is None
    room.portals.installations.uninstall("m1", clean=False)
    assert room.portals.installations.note_open(room.proof()) is None
    assert room.portals.installations.find_at("new.example") is None


def test_an_opening_that_brings_nothing_new_writes_nothing(room: Room) -> None:
    room.portals.installations.save(room.proof(1))
    with room.engine.connect() as writer:
        writer.execute(update(installations).values(updated_at=room.clock()))
        assert room.portals.installations.note_open(room.proof()) is not None, "it would wait for the writer"


@pytest.mark.parametrize("clean", [False, True])
def test_uninstalling_removes_what_it_should_and_touches_no_other_portal(
    room: Room, count_rows: Counts, clean: bool
) -> None:
    room.installed()
    room.portals.installations.save(room.proof(1, member_id="m2"))
    room.portals.operators.save(room.proof(member_id="m2"), room.pair())
    for member_id in ("m1", "m2"):
        fill(room, member_id)
    everything = count_rows("m2")
    assert set(everything) == {table.name for table in metadata.sorted_tables if "member_id" in table.c} - {
        "event_queue"
    }
    with room.engine.begin() as conn:
        for name in ("refresh:m1:27", "refresh:m12:27"):
            conn.execute(insert(leases), {"name": name, "holder": "x", "until": room.clock()})
    assert room.portals.installations.uninstall("m1", clean=clean)
    left = set(count_rows("m1"))
    assert left == (set() if clean else set(everything) - {"operator_tokens", "browser_sessions"})
    assert count_rows("m2") == everything
    with reading(room.engine) as conn:
        assert conn.execute(select(leases.c.name)).scalars().all() == ["refresh:m12:27"]
    assert room.portals.installations.uninstall("unknown", clean=True) is False


def away(*_: object) -> int:
    """What a sweep meets while the database has no time for it."""
    raise OperationalError("DELETE", {}, Exception("canceling statement due to statement timeout"))


def test_a_wiping_that_breaks_off_is_finished_by_the_next_purge(
    room: Room, count_rows: Counts, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.portals.installations.save(room.proof(1), "apptoken")
    fill(room, "m1")
    before = count_rows("m1")
    assert room.portals.application_tokens.matches("m1", "apptoken")
    with monkeypatch.context() as broken:
        broken.setattr(installations_module, "sweep", away)
        assert room.portals.installations.uninstall("m1", clean=True)
    left = set(before) - {"operator_tokens", "browser_sessions"}
    assert set(count_rows("m1")) == left
    assert not room.portals.application_tokens.matches("m1", "apptoken")
    found = room.portals.installations.find("m1")
    assert found is not None
    assert not found.active
    purge(room.engine, room.clock())
    assert count_rows("m1") == {}


def test_who_installs_anew_meanwhile_begins_with_nothing(
    room: Room, count_rows: Counts, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.installed()
    fill(room, "m1")
    with monkeypatch.context() as broken:
        broken.setattr(installations_module, "sweep", away)
        assert room.portals.installations.uninstall("m1", clean=True)
        with pytest.raises(OperationalError):
            room.portals.installations.save(room.proof(1))
    room.portals.installations.save(room.proof(1))
    assert count_rows("m1") == {"installations": 1}
    fill(room, "m1")
    kept = count_rows("m1")
    sweep(room.engine, "m1")
    purge(room.engine, room.clock())
    assert count_rows("m1") == kept


def test_a_large_portal_goes_in_steps(room: Room, count_rows: Counts) -> None:
    """One statement for all of it would be given up after its time, undone, and begun anew, for ever."""
    room.installed()
    memory = {"member_id": "m1", "seen_at": room.clock()}
    with room.engine.begin() as conn:
        conn.execute(insert(dialog_memory), [memory | {"session_id": n} for n in range(2 * STEP + 5)])
    deleted: list[int] = []

    def count(_conn: object, cursor: Any, statement: str, *_: object) -> None:
        if statement.startswith("DELETE FROM dialog_memory"):
            deleted.append(cursor.rowcount)

    listen(room.engine, "after_cursor_execute", count)
    assert room.portals.installations.uninstall("m1", clean=True)
    assert deleted == [STEP, STEP, 5]
    assert count_rows("m1") == {}
