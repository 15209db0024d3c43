"""Taking dialogs of the queue and passing them on, with what older and newer portals say."""

import pytest
from sqlalchemy import Engine

from app.openlines.model import Dialog
from app.portals.model import Operator
from tests.unit.desk.conftest import DAVID, MARIA, Room, outcomes


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


@pytest.fixture
def offered(room: Room, maria: Operator) -> Dialog:
    """A dialog that waits in the queue, offered to Maria and David."""
    chat_id = room.sandbox.act("queue_dialog", name="New Client")["chat_id"]
    found = next(row for row in room.dialogs(maria).values() if row.chat_id == chat_id)
    assert found.stage == "queue"
    room.sandbox.forget()
    return found


def test_answering_is_one_request_and_makes_it_mine(room: Room, maria: Operator, offered: Dialog) -> None:
    answer = room.desk.clicks.act(maria, "answer", [offered.chat_id], None)
    assert outcomes(answer) == [("done", None)]
    assert room.portal_requests() == [["imopenlines.operator.answer", "im.recent.get"]]
    assert answer.undo is None
    row = next(row for row in answer.dialogs if row.chat_id == offered.chat_id)
    assert (row.mine, row.stage, row.pinned) == (True, "work", False)
    assert room.sandbox.truth(MARIA)[offered.chat_id]["owner"] == MARIA
    again = room.desk.clicks.act(maria, "answer", [offered.chat_id], None)
    assert outcomes(again) == [("already", None)]


def test_skipping_is_done_when_it_has_left(room: Room, maria: Operator, offered: Dialog) -> None:
    answer = room.desk.clicks.act(maria, "skip", [offered.chat_id], None)
    assert outcomes(answer) == [("done", None)]
    assert room.portal_requests() == [["imopenlines.operator.skip", "im.recent.get"]]
    assert answer.undo is None
    assert offered.chat_id not in {row.chat_id for row in answer.dialogs}
    assert MARIA not in room.sandbox.truth(DAVID)[offered.chat_id]["offered"]
    assert room.desk.listing(maria, max_age=0).left == [], "she knows why it left"
    assert [entry.undo for entry in room.desk.records.journal(maria)] == [None]


@pytest.mark.parametrize("name", ["answer", "skip"])
def test_a_colleague_was_faster(room: Room, maria: Operator, offered: Dialog, name: str) -> None:
    room.sandbox.act("take", chat_id=offered.chat_id, user_id=DAVID)
    answer = room.desk.clicks.act(maria, name, [offered.chat_id], None)
    assert outcomes(answer) == [("gone", "unknown")]
    assert room.sandbox.truth(DAVID)[offered.chat_id]["owner"] == DAVID


@pytest.mark.parametrize(("kind", "code"), [("empty", ""), ("coded", "ANSWER_ALREADY_TAKEN")])
def test_who_still_sees_it_learns_the_code(room: Room, kind: str, code: str) -> None:
    room.sandbox.switch(answer_errors=kind)
    admin = room.open(1)
    chat_id = room.sandbox.act("queue_dialog", user_id=1)["chat_id"]
    room.dialogs(admin)
    room.sandbox.act("take", chat_id=chat_id, user_id=DAVID)
    answer = room.desk.clicks.act(admin, "answer", [chat_id], None)
    assert outcomes(answer) == [("refused", code) if code else ("gone", "unknown")]


@pytest.mark.parametrize("kind", ["empty", "coded"])
def test_what_is_mine_already_is_no_refusal(room: Room, maria: Operator, offered: Dialog, kind: str) -> None:
    room.sandbox.switch(answer_errors=kind)
    room.sandbox.act("take", chat_id=offered.chat_id, user_id=MARIA)
    assert outcomes(room.desk.clicks.act(maria, "answer", [offered.chat_id], None)) == [("already", None)]


@pytest.mark.parametrize("name", ["answer", "skip"])
def test_only_what_waits_in_the_queue_is_sent(room: Room, maria: Operator, name: str) -> None:
    """Declining an own dialog would give it back to the queue: that is another decision."""
    dialogs = room.dialogs(maria)
    mine, joined = dialogs["John Smith"], dialogs["Joined Client"]
    room.sandbox.forget()
    answer = room.desk.clicks.act(maria, name, [mine.chat_id, joined.chat_id], None)
    assert room.portal_requests() == []
    said = dict(zip(("mine", "joined"), outcomes(answer), strict=True))
    assert said["joined"] == (("refused", "not_offered") if name == "answer" else ("already", None))
    assert said["mine"] == (("already", None) if name == "answer" else ("refused", "not_offered"))


def test_an_offer_that_came_after_the_list_is_found(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    room.sandbox.act("requeue", chat_id=chat_id)
    room.sandbox.act("take", chat_id=chat_id, user_id=DAVID)
    room.sandbox.act("requeue", chat_id=chat_id)
    room.clock.pass_by(seconds=20)
    answer = room.desk.clicks.act(maria, "answer", [chat_id], None)
    assert outcomes(answer) == [("done", None)]


def test_a_competing_request_is_refused_with_its_code(room: Room, maria: Operator, offered: Dialog) -> None:
    room.sandbox.switch(answer_errors="coded")
    room.sandbox.fault("lock_busy", method="imopenlines.operator.answer")
    answer = room.desk.clicks.act(maria, "answer", [offered.chat_id], None)
    assert outcomes(answer) == [("refused", "IMOL_CHAT_ERROR_ANSWER_COMPETITIVE_REQUEST")]
    assert room.sandbox.truth(MARIA)[offered.chat_id]["owner"] == 0
