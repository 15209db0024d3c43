"""Silent that was forgotten goes off by itself: at its time, with the operator's own token, and is told."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from app.desk.actions.auto_off import AutoOff
from app.desk.kept.settings import PortalChange
from app.openlines.model import ActionAnswer
from app.portals.model import Operator, OperatorKey
from app.storage.engine import reading
from app.storage.tables import operator_tokens, silent_marks
from tests.unit.desk.conftest import DAVID, MARIA, Room

WRITE = "imopenlines.session.mode.silent"


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


def silent(room: Room, chat_id: int) -> bool:
    return bool(room.sandbox.truth(MARIA)[chat_id]["silent"])


def silenced(room: Room, operator: Operator, *names: str) -> list[int]:
    chats = [room.chat(operator, name) for name in names]
    room.desk.clicks.act(operator, "silence", chats, None)
    room.sandbox.forget()
    return chats


@pytest.fixture(params=["chat", "personal"])
def scope(request: pytest.FixtureRequest, room: Room) -> str:
    room.sandbox.switch(silent_scope=request.param)
    return str(request.param)


def test_it_goes_off_at_its_time_and_is_told(room: Room, maria: Operator, scope: str) -> None:
    room.desk.settings.merge(maria.key, {"auto_silent_off": 30})
    first, second = silenced(room, maria, "John Smith", "Maria Lopez")
    room.clock.pass_by(minutes=29)
    assert room.desk.end_silence() == 0
    assert room.portal_requests() == []
    room.clock.pass_by(minutes=2)
    assert room.desk.end_silence() == 2
    assert not silent(room, first)
    assert not silent(room, second)
    entry = room.desk.records.journal(maria)[0]
    assert (entry.action, entry.source, len(entry.results)) == ("unsilence", "auto", 2)
    assert entry.undo is not None
    notices = [(notice.code, notice.count) for notice in room.desk.listing(maria).notices]
    assert notices == [("silent_auto_off", 2)]
    room.sandbox.forget()
    room.clock.pass_by(minutes=31)
    assert room.desk.end_silence() == 0
    assert room.portal_requests() == []
    assert room.desk.listing(maria, max_age=0).notices == []


def test_without_the_setting_nothing_is_touched(room: Room, maria: Operator) -> None:
    [chat_id] = silenced(room, maria, "John Smith")
    room.clock.pass_by(hours=5)
    assert room.desk.end_silence() == 0
    assert room.portal_requests() == []
    assert silent(room, chat_id)


def test_the_portals_time_holds_for_those_who_chose_none(room: Room, maria: Operator) -> None:
    admin, david = room.open(1), room.open(DAVID)
    room.desk.settings.change_portal(admin, PortalChange(auto_silent_off=15))
    room.desk.settings.merge(david.key, {"auto_silent_off": 0})
    [mine] = silenced(room, maria, "John Smith")
    shared = room.chat(david, "Joined Client")
    room.desk.clicks.act(david, "silence", [shared], None)
    room.clock.pass_by(minutes=20)
    assert room.desk.end_silence() == 1
    assert not silent(room, mine)
    assert silent(room, shared)


def test_turning_it_on_again_starts_the_time_anew(room: Room, maria: Operator) -> None:
    room.desk.settings.merge(maria.key, {"auto_silent_off": 15})
    [chat_id] = silenced(room, maria, "John Smith")
    room.clock.pass_by(minutes=10)
    room.desk.clicks.act(maria, "unsilence", [chat_id], None)
    room.clock.pass_by(seconds=30)
    room.desk.clicks.act(maria, "silence", [chat_id], None)
    room.clock.pass_by(minutes=10)
    assert room.desk.end_silence() == 0
    room.clock.pass_by(minutes=6)
    assert room.desk.end_silence() == 1


def test_what_left_the_list_is_asked_about_ever_more_seldom(room: Room, maria: Operator) -> None:
    room.desk.settings.merge(maria.key, {"auto_silent_off": 15})
    [chat_id] = silenced(room, maria, "John Smith")
    room.sandbox.act("close", chat_id=chat_id)
    for _ in range(24 * 60):
        room.clock.pass_by(minutes=1)
        assert room.desk.end_silence() == 0
    assert len(room.portal_requests()) <= 8


def test_a_portal_that_does_not_answer_is_tried_again_soon(room: Room, maria: Operator) -> None:
    room.desk.settings.merge(maria.key, {"auto_silent_off": 15})
    [chat_id] = silenced(room, maria, "John Smith")
    room.clock.pass_by(minutes=16)
    room.sandbox.fault("502", method="batch")
    assert room.desk.end_silence() == 0
    room.sandbox.heal()
    assert room.desk.end_silence() == 0
    room.clock.pass_by(minutes=3)
    assert room.desk.end_silence() == 1
    assert not silent(room, chat_id)


def test_nobody_is_acted_for_whose_access_is_over(room: Room, maria: Operator) -> None:
    room.desk.settings.merge(maria.key, {"auto_silent_off": 15})
    silenced(room, maria, "John Smith")
    room.clock.pass_by(minutes=16)
    with room.engine.begin() as conn:
        conn.execute(update(operator_tokens).values(needs_reopen=True))
    assert room.desk.end_silence() == 0
    with room.engine.begin() as conn:
        conn.execute(update(operator_tokens).values(needs_reopen=False))
    room.portals.installations.uninstall(maria.member_id, clean=False)
    assert room.desk.end_silence() == 0
    assert room.portal_requests() == []


def test_who_has_to_reopen_is_looked_up_ever_more_seldom(room: Room, maria: Operator) -> None:
    room.desk.settings.merge(maria.key, {"auto_silent_off": 15})
    silenced(room, maria, "John Smith")
    with room.engine.begin() as conn:
        conn.execute(update(operator_tokens).values(needs_reopen=True))
    asked: list[OperatorKey] = []
    with pytest.MonkeyPatch.context() as patch:
        find = room.portals.operators.find
        patch.setattr(room.portals.operators, "find", lambda key: asked.append(key) or find(key))
        for _ in range(24 * 60):
            room.clock.pass_by(minutes=1)
            assert room.desk.end_silence() == 0
    assert 1 <= len(asked) <= 8
    with room.engine.begin() as conn:
        conn.execute(update(operator_tokens).values(needs_reopen=False))
    room.clock.pass_by(hours=24)
    assert room.desk.end_silence() == 1, "it goes off when it may again"


def test_one_operators_trouble_stops_nobody_behind(
    room: Room, maria: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    david, tries = room.open(DAVID), []
    for person, client in ((maria, "John Smith"), (david, "Joined Client")):
        room.desk.settings.merge(person.key, {"auto_silent_off": 15})
        room.desk.clicks.act(person, "silence", [room.chat(person, client)], None)

    def act(operator: Operator, chats: Sequence[int]) -> ActionAnswer:
        tries.append(operator.user_id)
        if operator.user_id == MARIA:
            raise ValueError("odd")
        return room.desk.clicks.act(operator, "unsilence", chats, None)

    auto_off = AutoOff(room.engine, room.portals, room.desk._lists, act, room.clock)
    room.clock.pass_by(minutes=16)
    assert auto_off.run() == 1
    assert tries == [MARIA, DAVID], "the odd one comes first"
    assert "ValueError: odd" in caplog.text
    room.clock.pass_by(minutes=1)
    assert auto_off.run() == 0
    assert tries == [MARIA, DAVID], "and waits"
    room.clock.pass_by(minutes=20)
    auto_off.run()
    assert tries == [MARIA, DAVID, MARIA]


def test_marks_outlive_a_short_retention(room: Room, maria: Operator) -> None:
    """Or a dialog would be silent without anybody knowing."""
    admin = room.open(1)
    room.desk.settings.change_portal(admin, PortalChange(retention_days=7))
    silenced(room, maria, "John Smith")
    room.desk.housekeeping(room.clock() + timedelta(days=10))
    with reading(room.engine) as conn:
        assert conn.execute(select(func.count()).select_from(silent_marks)).scalar() == 1
