"""Top: ours, always done, in an order of the operator's own."""

from app.portals.model import Operator
from tests.unit.desk.conftest import DAVID, MARIA, Room, outcomes


def order(room: Room, operator: Operator) -> list[str]:
    listed = [d for d in room.dialogs(operator, fresh=False).values() if d.top]
    return [d.client_name for d in sorted(listed, key=lambda d: d.top_rank or 0)]


def test_a_portal_that_refuses_is_asked_once_and_it_is_done_here(room: Room, maria: Operator) -> None:
    dialogs = room.dialogs(maria)
    room.sandbox.forget()
    answer = room.desk.clicks.act(maria, "top", [dialogs["John Smith"].chat_id], None)
    assert outcomes(answer) == [("done", "here_only")]
    answer = room.desk.clicks.act(maria, "top", [dialogs["Joined Client"].chat_id], None)
    assert outcomes(answer) == [("done", "here_only")]
    assert room.portal_requests() == [["im.recent.pin", "im.recent.get"]]
    assert order(room, maria) == ["John Smith", "Joined Client"]


def test_a_portal_that_allows_it_pins_the_chat_too(room: Room, maria: Operator) -> None:
    room.sandbox.switch(recent_pin_lines="allowed")
    answer = room.desk.clicks.act(maria, "top", [room.chat(maria, "John Smith")], None)
    assert outcomes(answer) == [("done", None)]
    assert order(room, maria) == ["John Smith"]


def test_the_way_back_restores_the_rank(room: Room, maria: Operator) -> None:
    dialogs = room.dialogs(maria)
    names = ["Maria Lopez", "John Smith", "Joined Client"]
    for name in names:
        room.desk.clicks.act(maria, "top", [dialogs[name].chat_id], None)
    answer = room.desk.clicks.act(maria, "untop", [dialogs["John Smith"].chat_id], None)
    assert order(room, maria) == ["Maria Lopez", "Joined Client"]
    assert answer.undo is not None
    undone = room.desk.clicks.undo(maria, answer.undo.id)
    assert outcomes(undone) == [("done", "here_only")]
    assert order(room, maria) == names


def test_the_order_takes_nothing_away(room: Room, maria: Operator) -> None:
    dialogs = room.dialogs(maria)
    names = ["Maria Lopez", "John Smith", "Joined Client"]
    for name in names:
        room.desk.clicks.act(maria, "top", [dialogs[name].chat_id], None)
    listed = room.desk.clicks.set_top(
        maria, [dialogs["Joined Client"].chat_id, dialogs["Maria Lopez"].chat_id]
    )
    expected = {"Joined Client": 1, "Maria Lopez": 2, "John Smith": 3}
    assert {d.client_name: d.top_rank for d in listed if d.top} == expected
    assert order(room, maria) == list(expected)
    assert len(room.desk.records.journal(maria)) == len(names), "an order alone is no entry"


def test_what_the_order_puts_on_top_can_be_taken_back(room: Room, maria: Operator) -> None:
    dialogs = room.dialogs(maria)
    wanted = ["Joined Client", "Maria Lopez"]
    room.desk.clicks.act(maria, "top", [dialogs["John Smith"].chat_id], None)
    room.desk.clicks.set_top(maria, [dialogs[name].chat_id for name in wanted] + [999_999])
    assert order(room, maria) == [*wanted, "John Smith"]
    entry = room.desk.records.journal(maria)[0]
    assert {result.client_name for result in entry.results} == set(wanted)
    assert entry.undo is not None
    room.desk.clicks.undo(maria, entry.undo.id)
    assert order(room, maria) == ["John Smith"]


def test_it_is_done_while_the_portal_is_down(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    room.sandbox.fault("502")
    room.clock.pass_by(minutes=5)
    answer = room.desk.clicks.act(maria, "top", [chat_id], None)
    assert outcomes(answer) == [("done", "here_only")]
    assert order(room, maria) == ["John Smith"]


def test_it_is_the_operators_own_and_ends_with_the_session(room: Room, maria: Operator) -> None:
    david = room.open(DAVID)
    chat_id = room.chat(maria, "Joined Client")
    room.desk.clicks.act(maria, "top", [chat_id], None)
    assert not room.dialogs(david)["Joined Client"].top
    room.sandbox.act("close", chat_id=chat_id)
    room.sandbox.act("client_message", chat_id=chat_id)
    room.sandbox.act("take", chat_id=chat_id, user_id=MARIA)
    assert not room.dialogs(maria)["Joined Client"].top
