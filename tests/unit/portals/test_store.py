"""The store: what identifies a portal changes only with a proof, and an uninstalled portal keeps nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, insert, select, text, update

from app.portals.model import OperatorKey
from app.portals.store import PortalStore
from app.portals.stores.token_pairs import TokenStore
from app.storage.crypto import Cipher
from app.storage.engine import reading
from app.storage.sessions import SqlSessions
from app.storage.tables import (
    dialog_memory,
    installations,
    journal_entries,
    journal_results,
    leases,
    metadata,
    operator_tokens,
    portal_settings,
    preferences,
    run_targets,
    runs,
    silent_marks,
    snapshots,
    top_dialogs,
    views,
)
from tests.unit.portals.conftest import KEY, Room

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
    first = room.store.save_installation(room.proof(1), "apptoken")
    assert first.active
    room.clock.pass_by(days=1)
    assert room.store.save_installation(room.proof(1)).generation == first.generation
    room.store.uninstall("m1", clean=False)
    gone = room.store.installation("m1")
    assert gone is not None
    assert not gone.active
    assert gone.generation == first.generation + 1
    revived = room.store.save_installation(room.proof(2, version="4"))
    assert (revived.active, revived.generation, revived.version) == (True, gone.generation, "4")
    assert revived.installed_by == 2


def test_a_wiped_portal_that_comes_back_starts_above_its_old_generations(room: Room) -> None:
    first = room.store.save_installation(room.proof(1))
    room.clock.pass_by(seconds=5)
    room.store.uninstall("m1", clean=False)
    room.store.uninstall("m1", clean=True)
    assert room.store.installation("m1") is None
    assert room.store.save_installation(room.proof(1)).generation > first.generation + 1


def test_the_application_token_is_replaced_only_on_demand(room: Room) -> None:
    room.store.save_installation(room.proof(1), "first")
    room.store.save_installation(room.proof(1), "second")
    room.store.save_installation(room.proof(1))
    assert room.store.application_token_matches("m1", "first")
    assert not room.store.application_token_matches("m1", "second")
    room.store.save_installation(room.proof(1), "second", replace_token=True)
    assert room.store.application_token_matches("m1", "second")
    assert not room.store.application_token_matches("m1", "first")


@pytest.mark.parametrize("token", ["", "-", "apptoke", "apptokenn", "APPTOKEN", "ключ", "\x00"])
def test_no_other_token_matches_known_or_unknown(room: Room, token: str) -> None:
    room.store.save_installation(room.proof(1), "apptoken")
    room.store.save_installation(room.proof(1, member_id="m2"))
    assert room.store.application_token_matches("m1", "apptoken")
    for member_id in ("m1", "m2", "unknown", ""):
        assert not room.store.application_token_matches(member_id, token)


def test_a_sealed_token_of_another_portal_does_not_serve(room: Room) -> None:
    room.store.save_installation(room.proof(1), "apptoken")
    room.store.save_installation(room.proof(1, member_id="m2"), "other")
    column = installations.c.application_token_sealed
    with room.engine.begin() as conn:
        stolen = conn.execute(select(column).where(installations.c.member_id == "m1")).scalar()
        conn.execute(update(installations).values(application_token_sealed=stolen))
    assert room.store.application_token_matches("m1", "apptoken")
    assert not room.store.application_token_matches("m2", "apptoken")


def test_an_opening_takes_over_what_was_proved_and_only_where_installed(room: Room) -> None:
    assert room.store.note_open(room.proof()) is None
    room.store.save_installation(room.proof(1))
    moved = room.store.note_open(room.proof(domain="new.example", version="9"))
    assert moved is not None
    assert (moved.domain, moved.version, moved.installed_by) == ("new.example", "9", 1)
    assert room.store.installation("m1") == moved
    assert room.store.installation_at("NEW.example") == moved
    assert room.store.installation_at("old.example") is None
    room.store.uninstall("m1", clean=False)
    assert room.store.note_open(room.proof()) is None
    assert room.store.installation_at("new.example") is None


def test_an_opening_that_brings_nothing_new_writes_nothing(room: Room) -> None:
    room.store.save_installation(room.proof(1))
    with room.engine.connect() as writer:
        writer.execute(update(installations).values(updated_at=room.clock()))
        assert room.store.note_open(room.proof()) is not None, "it would wait for the writer"


def test_an_operator_is_remembered_and_none_keeps_what_is_known(room: Room, key: OperatorKey) -> None:
    room.installed()
    assert room.store.save_operator(room.proof(), room.pair(), is_admin=True)
    known = room.store.operator(key)
    assert known is not None
    assert (known.name, known.is_admin, known.language) == ("Maria", True, "en")
    assert room.store.operator(OperatorKey("m1", 28)) is None


def test_after_an_uninstallation_a_late_opening_stores_nothing(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    room.store.uninstall("m1", clean=False)
    assert room.store.save_operator(room.proof(), pair) is False
    assert room.store.operator(key) is None
    assert room.token_store.replace_tokens(key, pair.refresh_token, room.pair()) is False


@pytest.mark.parametrize("clean", [False, True])
def test_uninstalling_removes_what_it_should_and_touches_no_other_portal(
    room: Room, count_rows: Counts, clean: bool
) -> None:
    room.installed()
    room.store.save_installation(room.proof(1, member_id="m2"))
    room.store.save_operator(room.proof(member_id="m2"), room.pair())
    for member_id in ("m1", "m2"):
        fill(room, member_id)
    everything = count_rows("m2")
    assert set(everything) == {table.name for table in metadata.sorted_tables if "member_id" in table.c} - {
        "event_queue"
    }
    with room.engine.begin() as conn:
        for name in ("refresh:m1:27", "refresh:m12:27"):
            conn.execute(insert(leases), {"name": name, "holder": "x", "until": room.clock()})
    assert room.store.uninstall("m1", clean=clean)
    left = set(count_rows("m1"))
    assert left == (set() if clean else set(everything) - {"operator_tokens", "browser_sessions"})
    assert count_rows("m2") == everything
    with reading(room.engine) as conn:
        assert conn.execute(select(leases.c.name)).scalars().all() == ["refresh:m12:27"]
    assert room.store.uninstall("unknown", clean=True) is False


def test_no_secret_lies_readable_in_the_database(room: Room) -> None:
    pair = room.installed(application_token="canary-application-token")
    with reading(room.engine) as conn:
        dump = "".join(str(conn.execute(select(table)).all()) for table in metadata.sorted_tables)
    for secret in (pair.access_token, pair.refresh_token, "canary-application-token"):
        assert secret not in dump
        assert secret.encode().hex() not in dump
    assert "Maria" in dump, "the search itself works"


def test_tokens_of_another_row_or_key_are_as_good_as_none(room: Room, key: OperatorKey) -> None:
    room.installed()
    with room.engine.begin() as conn:
        conn.execute(update(operator_tokens).values(user_id=28))
    assert room.token_store.operator_tokens(OperatorKey("m1", 28)) is None
    with room.engine.begin() as conn:
        conn.execute(update(operator_tokens).values(user_id=27))
    assert room.token_store.operator_tokens(key) is not None
    other = TokenStore(room.engine, Cipher(["another-key-0123456789"]))
    assert other.operator_tokens(key) is None


def test_values_show_no_tokens(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    stored = room.token_store.operator_tokens(key)
    assert stored is not None
    assert "canary" not in f"{stored!r}{pair!r}{stored.access!r}"


def test_what_is_known_of_silent_is_kept_and_a_portal_that_does_not_tell_is_asked_again(room: Room) -> None:
    def scope() -> str:
        known = room.store.installation("m1")
        assert known is not None
        return known.silent_scope

    room.store.save_installation(room.proof(1))
    assert scope() == "unknown"
    room.store.learn_silent("m1", lambda *_: ("personal", 0))
    assert scope() == "personal"
    room.clock.pass_by(days=8)
    assert scope() == "unknown", "asked again after a week"
    room.store.learn_silent("m1", lambda *_: ("chat", 1))
    room.clock.pass_by(days=8)
    assert scope() == "chat"
    room.store.learn_silent("unknown", lambda *_: ("chat", 0))


def test_recent_pins_are_learnt_and_a_refusal_is_asked_again(room: Room) -> None:
    def pins() -> bool | None:
        known = room.store.installation("m1")
        assert known is not None
        return known.pins_recent

    room.store.save_installation(room.proof(1))
    assert pins() is None
    room.store.learn_recent_pin("m1", False)
    assert pins() is False
    room.clock.pass_by(days=8)
    assert pins() is None
    room.store.learn_recent_pin("m1", True)
    room.clock.pass_by(days=80)
    assert pins() is True
    room.store.learn_recent_pin("unknown", True)


def test_what_was_learnt_is_not_written_again(room: Room, engine: Engine) -> None:
    room.store.save_installation(room.proof(1))
    room.store.learn_recent_pin("m1", True)
    with engine.connect() as writer:
        writer.execute(update(installations).values(updated_at=room.clock()))
        room.store.learn_recent_pin("m1", True)


def test_processes_of_different_keys_understand_each_other(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    both = Cipher(["newer-key-0123456789", KEY])
    newer = TokenStore(room.engine, both)
    fresh = room.pair()
    assert newer.replace_tokens(key, pair.refresh_token, fresh)
    stored = newer.operator_tokens(key)
    assert stored is not None
    assert stored.refresh_token == fresh.refresh_token
    assert not newer.replace_tokens(key, pair.refresh_token, pair), "the old refresh token is gone"
    assert PortalStore(room.engine, both).application_token_matches("m1", "apptoken")


def test_idle_means_installers_whose_pair_is_old(room: Room) -> None:
    room.installed(user_id=1)
    assert room.store.save_operator(room.proof(27), room.pair())
    before = room.clock() + timedelta(days=1)
    assert room.token_store.idle_operators(before) == [OperatorKey("m1", 1)]
    assert room.token_store.idle_operators(before - timedelta(days=2)) == []
    room.store.uninstall("m1", clean=False)
    assert room.token_store.idle_operators(before) == []


def test_upsert_leaves_one_row_per_operator(room: Room) -> None:
    for _ in range(3):
        room.installed()
    with reading(room.engine) as conn:
        assert conn.execute(select(func.count()).select_from(operator_tokens)).scalar() == 1
        assert conn.execute(text("SELECT count(*) FROM installations")).scalar() == 1
