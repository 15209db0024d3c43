"""Clicks: what is sent, how often, and what each result is, all by the portal's own truth."""

import pytest
from sqlalchemy import Engine

from app.bitrix24.errors import RateLimited
from app.desk.model import Invalid, UnknownAction
from app.openlines.actions import ACTIONS
from app.portals.model import Operator
from tests.unit.desk.conftest import MARIA, Room, outcomes


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


def pinned(room: Room, chat_id: int) -> bool:
    return bool(room.sandbox.truth(MARIA)[chat_id]["pinned"])


def test_a_click_is_one_request_and_is_read_back(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    answer = room.desk.clicks.act(maria, "pin", [chat_id], None)
    assert outcomes(answer) == [("done", None)]
    assert pinned(room, chat_id)
    assert [d.pinned for d in answer.dialogs if d.chat_id == chat_id] == [True]
    assert room.portal_requests() == [["imopenlines.session.mode.pin", "im.recent.get"]]
    assert answer.undo is not None
    assert answer.undo.count == 1


def test_unpin_says_exactly_n(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "Maria Lopez")
    answer = room.desk.clicks.act(maria, "unpin", [chat_id], None)
    assert outcomes(answer) == [("done", None)]
    assert not pinned(room, chat_id)


def test_what_a_fresh_list_shows_is_not_sent_again(room: Room, maria: Operator) -> None:
    answer = room.desk.clicks.act(maria, "pin", [room.chat(maria, "Maria Lopez")], None)
    assert outcomes(answer) == [("already", None)]
    assert room.portal_requests() == []
    assert answer.undo is None


def test_an_older_list_is_looked_at_again_in_the_same_request(room: Room, maria: Operator) -> None:
    room.clock.pass_by(seconds=30)
    chats = [room.chat(maria, "Maria Lopez"), room.chat(maria, "John Smith")]
    answer = room.desk.clicks.act(maria, "pin", chats, None)
    assert outcomes(answer) == [("already", None), ("done", None)]
    pin = "imopenlines.session.mode.pin"
    assert room.portal_requests() == [["im.recent.get", pin, pin, "im.recent.get"]]
    assert answer.undo is not None
    assert answer.undo.count == 1


def test_a_dialog_closed_since_an_old_list_gets_no_write(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    room.sandbox.act("close", chat_id=chat_id)
    room.clock.pass_by(seconds=90)
    answer = room.desk.clicks.act(maria, "pin", [chat_id], None)
    assert outcomes(answer) == [("gone", "unknown")]
    assert room.portal_requests() == [["im.recent.get"]]
    assert answer.results[0].client_name == "John Smith"


def test_a_foreign_chat_is_a_result_and_gets_no_write(room: Room, maria: Operator) -> None:
    room.clock.pass_by(seconds=5)
    answer = room.desk.clicks.act(maria, "pin", [999_999], None)
    assert outcomes(answer) == [("gone", "unknown")]
    assert room.portal_requests() == [["im.recent.get"]]


def test_pinning_a_colleagues_dialog_is_refused_without_a_code(room: Room, maria: Operator) -> None:
    answer = room.desk.clicks.act(maria, "pin", [room.chat(maria, "Joined Client")], None)
    assert outcomes(answer) == [("refused", "")]
    assert answer.undo is None


def test_true_is_no_proof(room: Room, maria: Operator) -> None:
    room.sandbox.fault("lock_busy", method="imopenlines.session.mode.pin")
    chat_id = room.chat(maria, "John Smith")
    answer = room.desk.clicks.act(maria, "pin", [chat_id], None)
    assert outcomes(answer) == [("unconfirmed", "not_seen")]
    assert not pinned(room, chat_id)
    assert answer.undo is None


def test_unpinning_while_away_sends_the_dialog_back_to_the_queue(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    room.desk.clicks.act(maria, "pin", [chat_id], None)
    room.sandbox.act("set_offline", user_id=MARIA)
    answer = room.desk.clicks.act(maria, "unpin", [chat_id], None)
    assert outcomes(answer) == [("gone", "requeued")]
    assert answer.undo is None


@pytest.mark.parametrize(
    ("kind", "done"), [("truncated", None), ("reset", False), ("html", False), ("drip", True)]
)
def test_without_an_answer_the_list_decides_and_nothing_is_sent_twice(
    room: Room, maria: Operator, kind: str, done: bool | None
) -> None:
    room.sandbox.fault(kind, method="batch", times=1)
    chat_id = room.chat(maria, "John Smith")
    answer = room.desk.clicks.act(maria, "pin", [chat_id], None)
    carried_out = pinned(room, chat_id)
    assert done is None or carried_out is done
    why = "timeout" if kind == "reset" else "portal_error"
    assert outcomes(answer) == [("done", None) if carried_out else ("unconfirmed", why)]
    assert (answer.undo is not None) is carried_out
    assert room.portal_requests() == [["imopenlines.session.mode.pin", "im.recent.get"], ["im.recent.get"]]


def test_a_busy_portal_is_an_error_when_nothing_was_done(room: Room, maria: Operator) -> None:
    room.sandbox.fault("503", method="batch")
    with pytest.raises(RateLimited):
        room.desk.clicks.act(maria, "pin", [room.chat(maria, "John Smith")], None)
    assert room.desk.records.journal(maria) == []


@pytest.mark.parametrize("name", sorted(name for name, action in ACTIONS.items() if action.field))
def test_every_action_has_a_way_back(room: Room, maria: Operator, name: str) -> None:
    action = ACTIONS[name]
    assert action.inverse is not None
    assert ACTIONS[action.inverse].kind == "dialog"


def test_what_makes_no_sense_is_refused(room: Room, maria: Operator) -> None:
    with pytest.raises(UnknownAction):
        room.desk.clicks.act(maria, "explode", [1], None)
    for chats in ([], [0], [-1], [1, 1], list(range(1, 52)), [True]):
        with pytest.raises(Invalid):
            room.desk.clicks.act(maria, "pin", chats, None)
    with pytest.raises(Invalid):
        room.desk.clicks.act(maria, "pin_all", [1], None)
    with pytest.raises(Invalid):
        room.desk.clicks.act(maria, "pin", [1], "../run")
    assert room.portal_requests() == []


def test_fifty_targets_fit_beside_their_lists(room: Room) -> None:
    room.sandbox.begin("many", dialogs=120)
    operator = room.open()
    room.desk._acting.pace.note(operator.member_id, "imopenlines.session.mode.pin", 10, 0.05)
    room.cache.delete_prefix("lines:")
    room.clock.pass_by(seconds=30)
    listing = room.desk.listing(operator, max_age=800)
    chats = [row.chat_id for row in listing.dialogs if row.mine and row.stage in ("work", "answered")][:50]
    room.sandbox.forget()
    answer = room.desk.clicks.act(operator, "pin", chats, "run-1")
    assert {result.outcome for result in answer.results} <= {"done", "already"}
    sizes = [len(commands) for commands in room.portal_requests()]
    assert len(sizes) == 2
    assert max(sizes) <= 50
    truth = room.sandbox.truth(MARIA)
    assert all(truth[chat]["pinned"] for chat in chats)
