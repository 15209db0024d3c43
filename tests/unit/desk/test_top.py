"""Top: ours, always done, in an order of the operator's own."""

import time

import pytest

from app.desk.actions.top import PUT_ON_TOP
from app.desk.listing.cache_keys import cache_key
from app.portals.model import Operator
from tests.unit.desk.conftest import DAVID, MARIA, Room, outcomes

PIN = "im.recent.pin"


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


def full(room: Room, allowed: str, count: int) -> tuple[Operator, list[int]]:
    """The operator of a portal that pins ("allowed") or not, and so many chats of the own list."""
    room.sandbox.begin("many", dialogs=200)
    room.sandbox.switch(recent_pin_lines=allowed)
    operator = room.open()
    listing = room.desk.listing(operator, max_age=800)
    chats = [row.chat_id for row in listing.dialogs if row.mine and row.stage in ("work", "answered")][:count]
    assert len(chats) == count
    room.sandbox.forget()
    return operator, chats


def pins(room: Room) -> list[int]:
    """How many chats each request asked the portal to pin or to let go."""
    return [commands.count(PIN) for commands in room.portal_requests()]


@pytest.mark.parametrize(("allowed", "asked"), [("forbidden", [49]), ("allowed", [49, 1])])
def test_fifty_at_once_are_done_and_have_a_way_back(room: Room, allowed: str, asked: list[int]) -> None:
    operator, chats = full(room, allowed, 50)
    answer = room.desk.clicks.act(operator, "top", chats, None)
    assert {outcome for outcome, _ in outcomes(answer)} == {"done"}
    assert pins(room) == asked, "a portal that refuses is not asked for the rest"
    assert len([code for _, code in outcomes(answer) if code is None]) == (45 if allowed == "allowed" else 0)
    assert answer.undo is not None
    assert answer.undo.count == 50
    undone = room.desk.clicks.undo(operator, answer.undo.id)
    assert undone.undo is None
    assert order(room, operator) == []


@pytest.mark.parametrize("allowed", ["forbidden", "allowed"])
def test_sixty_are_taken_back_at_once(room: Room, allowed: str) -> None:
    operator, chats = full(room, allowed, 60)
    for part in (chats[:10], chats[10:]):
        undo = room.desk.clicks.act(operator, "top", part, "run-1").undo
    assert undo is not None
    assert undo.count == 60
    undone = room.desk.clicks.undo(operator, undo.id)
    assert [outcome for outcome, _ in outcomes(undone)] == ["done"] * 60
    assert order(room, operator) == []


@pytest.mark.parametrize("allowed", ["forbidden", "allowed"])
def test_an_order_of_sixty_new_ones_can_be_taken_back(room: Room, allowed: str) -> None:
    operator, chats = full(room, allowed, 60)
    listed = room.desk.clicks.set_top(operator, chats)
    ranks = {row.chat_id: row.top_rank for row in listed if row.top}
    assert ranks == {chat_id: rank for rank, chat_id in enumerate(chats, 1)}
    [entry] = room.desk.records.journal(operator)
    assert entry.undo is not None
    assert entry.undo.count == 60


def test_a_portal_that_falls_silent_is_not_asked_for_the_rest(room: Room) -> None:
    operator, chats = full(room, "allowed", 60)
    room.sandbox.fault("reset", method="batch", times=1)
    answer = room.desk.clicks.act(operator, "top", chats[:50], None)
    assert outcomes(answer) == [("done", "here_only")] * 50
    assert pins(room) == [49, 0], "one write, and the list that is read back"


def test_without_time_for_the_portal_it_is_done_here(room: Room) -> None:
    operator, chats = full(room, "allowed", 2)
    done = room.desk.clicks._top.carry_out(operator, PUT_ON_TOP, chats, time.monotonic())
    assert [(row.outcome, row.code) for row in done.results] == [("done", "here_only")] * 2
    assert pins(room) == []
    assert len(order(room, operator)) == 2


def test_names_of_lines_that_ran_out_meanwhile_do_not_overfill_a_request(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator, chats = full(room, "allowed", 50)
    asking, asked = room.desk._lists.asking, list[object]()
    commands = asking.commands

    def run_out(*given: object) -> object:
        found = commands(*given)  # type: ignore[arg-type]
        if not asked:
            room.cache.delete_prefix(cache_key("lines", operator.member_id))
        asked.append(found)
        return found

    monkeypatch.setattr(asking, "commands", run_out)
    answer = room.desk.clicks.act(operator, "top", chats, None)
    assert {outcome for outcome, _ in outcomes(answer)} == {"done"}
    assert pins(room) == [49, 1]
