"""Pin all, unpin all, and the way back of both."""

import pytest
from sqlalchemy import Engine

from app.desk.model import Invalid, UndoExpired
from app.openlines.actions import ACTIONS
from app.openlines.selection import selected
from app.portals.model import Operator
from tests.unit.desk.conftest import DAVID, MARIA, Room, outcomes


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


def pinned(room: Room) -> set[int]:
    truth = room.sandbox.truth(MARIA).items()
    return {chat for chat, row in truth if row["pinned"] and row["owner"] == MARIA}


def test_pin_all_is_one_request_between_two_lists(room: Room, maria: Operator) -> None:
    targets = {d.chat_id for d in selected(ACTIONS["pin"], room.dialogs(maria).values())}
    room.sandbox.forget()
    answer = room.desk.clicks.act(maria, "pin_all", [], None)
    assert {result.chat_id for result in answer.results} == targets
    assert set(outcomes(answer)) == {("done", None)}
    assert targets <= pinned(room)
    assert room.portal_requests() == [["im.recent.get", "imopenlines.session.mode.pinall", "im.recent.get"]]


def test_pin_all_is_undone_only_where_it_pinned(room: Room, maria: Operator) -> None:
    before = pinned(room)
    answer = room.desk.clicks.act(maria, "pin_all", [], None)
    assert answer.undo is not None
    assert answer.undo.count == len(answer.results)
    undone = room.desk.clicks.undo(maria, answer.undo.id)
    assert undone.action == "unpin"
    assert undone.undo is None
    assert pinned(room) == before


def test_undo_of_unpin_all_pins_the_same_sessions_and_says_which_it_could_not(
    room: Room, maria: Operator
) -> None:
    room.desk.clicks.act(maria, "pin_all", [], None)
    before = pinned(room)
    answer = room.desk.clicks.act(maria, "unpin_all", [], None)
    assert pinned(room) == set()
    assert answer.undo is not None
    left = answer.results[0].chat_id
    room.sandbox.act("close", chat_id=left)
    room.clock.pass_by(minutes=2)
    undone = room.desk.clicks.undo(maria, answer.undo.id)
    assert pinned(room) == before - {left}
    assert [r.outcome for r in undone.results if r.chat_id == left] == ["gone"]
    assert undone.undo is None
    with pytest.raises(UndoExpired):
        room.desk.clicks.undo(maria, answer.undo.id)


def test_a_dialog_that_came_back_in_a_new_session_is_not_taken_back(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    answer = room.desk.clicks.act(maria, "pin", [chat_id], None)
    assert answer.undo is not None
    room.sandbox.act("close", chat_id=chat_id)
    room.sandbox.act("client_message", chat_id=chat_id, text="One more thing")
    room.sandbox.act("take", chat_id=chat_id, user_id=MARIA)
    room.sandbox.act("pin", chat_id=chat_id)
    room.clock.pass_by(minutes=2)
    undone = room.desk.clicks.undo(maria, answer.undo.id)
    assert outcomes(undone) == [("gone", "unknown")]
    assert chat_id in pinned(room)


def test_what_the_portal_leaves_out_is_said(room: Room, maria: Operator) -> None:
    room.sandbox.fault("lock_busy", method="imopenlines.session.mode.pinAll")
    answer = room.desk.clicks.act(maria, "pin_all", [], None)
    assert answer.results
    assert {result.outcome for result in answer.results} <= {"unconfirmed", "refused"}
    assert answer.undo is None


def test_many_dialogs_are_done_in_parts(room: Room, maria: Operator) -> None:
    room.desk._acting.pace.note(maria.member_id, "imopenlines.session.mode.pin", 1, 4.0)
    targets = {d.chat_id for d in selected(ACTIONS["pin"], room.dialogs(maria).values())}
    answer = room.desk.clicks.act(maria, "pin_all", [], "run-1")
    assert {result.chat_id for result in answer.results} == targets
    assert {"done", "failed"} >= {result.outcome for result in answer.results}
    assert not any("imopenlines.session.mode.pinall" in commands for commands in room.portal_requests())
    while any(result.outcome == "failed" for result in answer.results):
        answer = room.desk.clicks.act(maria, "pin_all", [], "run-1")
    assert targets <= pinned(room)
    [entry] = room.desk.records.journal(maria)
    assert len(entry.results) == len(targets)
    assert entry.undo is not None
    assert entry.undo.count == len(targets)


def test_an_undo_ends_after_a_day(room: Room, maria: Operator) -> None:
    answer = room.desk.clicks.act(maria, "pin", [room.chat(maria, "John Smith")], None)
    assert answer.undo is not None
    room.clock.pass_by(hours=25)
    with pytest.raises(UndoExpired):
        room.desk.clicks.undo(maria, answer.undo.id)


def test_nobody_undoes_what_a_colleague_did(room: Room, maria: Operator) -> None:
    answer = room.desk.clicks.act(maria, "pin", [room.chat(maria, "John Smith")], None)
    assert answer.undo is not None
    with pytest.raises(UndoExpired):
        room.desk.clicks.undo(room.open(DAVID), answer.undo.id)
    assert room.desk.clicks.undo(maria, answer.undo.id).results[0].outcome == "done"


def test_a_lost_answer_is_made_good_by_the_lists_around_it(room: Room, maria: Operator) -> None:
    room.desk.clicks.act(maria, "pin_all", [], None)
    turned = sorted(pinned(room))[:2]
    for chat_id in turned:
        room.sandbox.act("unpin", chat_id=chat_id)
    room.clock.pass_by(minutes=10)
    room.sandbox.fault("reset", method="imopenlines.session.mode.pinAll", after=True, times=1)
    answer = room.desk.clicks.act(maria, "pin_all", [], None)
    assert {result.chat_id: result.outcome for result in answer.results} == dict.fromkeys(turned, "done")
    assert set(turned) <= pinned(room)
    assert answer.undo is not None
    assert answer.undo.count == len(turned)


def test_what_was_pinned_before_is_not_ours_to_take_back(room: Room, maria: Operator) -> None:
    chat_id = min(pinned(room))
    room.dialogs(maria)
    room.clock.pass_by(seconds=30)
    room.sandbox.fault("reset", method="imopenlines.session.mode.pin", after=True, times=1)
    answer = room.desk.clicks.act(maria, "pin", [chat_id], None)
    assert outcomes(answer) == [("unconfirmed", "timeout")]
    assert answer.undo is None


def test_what_pin_all_did_not_reach_is_pinned_in_its_run(room: Room, maria: Operator) -> None:
    room.sandbox.fault("lock_busy", method="imopenlines.session.mode.pinAll", times=1)
    first = room.desk.clicks.act(maria, "pin_all", [], "run-2")
    missed = [result.chat_id for result in first.results if result.outcome != "done"]
    assert missed
    again = room.desk.clicks.act(maria, "pin", missed, "run-2")
    assert {result.outcome for result in again.results} <= {"done", "already"}
    [entry] = room.desk.records.journal(maria)
    assert (entry.action, entry.undo is not None) == ("pin_all", "done" in dict(outcomes(again)))
    with pytest.raises(Invalid):
        room.desk.clicks.act(maria, "unpin", missed, "run-2")
