"""A desk that read the list before shows the same as one that sees everything for the first time."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Engine

from app.desk.listing import asking as asking_module
from app.desk.listing.former import BELIEVED, Former, Formers
from app.openlines.model import Dialog
from app.openlines.readings import Reading, Readings
from app.openlines.rows import MarkedRow, mark_rows
from app.portals.model import Operator
from tests.unit.desk.conftest import DAVID, MARIA, Room, make_room

T0 = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


def by_another(room: Room, operator: Operator) -> list[Dialog]:
    """The list as another process reads it, which has never seen it."""
    other = make_room(room.engine, room.sandbox, room.clock)
    try:
        return other.desk.listing(operator, max_age=0).dialogs
    finally:
        other.desk.close()


def message(room: Room, operator: Operator) -> None:
    room.sandbox.act("client_message", chat_id=room.chat(operator, "John Smith"), text="And one more thing")


def answer(room: Room, operator: Operator) -> None:
    room.sandbox.act(
        "operator_message", user_id=MARIA, chat_id=room.chat(operator, "John Smith"), text="Here it is"
    )


def pin(room: Room, operator: Operator) -> None:
    room.desk.clicks.act(operator, "pin", [room.chat(operator, "John Smith")], None)


def silence(room: Room, operator: Operator) -> None:
    room.desk.clicks.act(operator, "silence", [room.chat(operator, "John Smith")], None)


def put_on_top(room: Room, operator: Operator) -> None:
    room.desk.clicks.act(operator, "top", [room.chat(operator, "John Smith")], None)


def close(room: Room, operator: Operator) -> None:
    room.sandbox.act("close", chat_id=room.chat(operator, "John Smith"))


def silence_elsewhere(room: Room, operator: Operator) -> None:
    """In another process: here nothing but the database tells; of the portal within a second."""
    other = make_room(room.engine, room.sandbox, room.clock, room.cache)
    other.desk.clicks.act(operator, "silence", [room.chat(operator, "John Smith")], None)
    other.desk.clicks.act(operator, "top", [room.chat(operator, "John Smith")], None)
    other.desk.close()
    time.sleep(1.1)


@pytest.mark.parametrize(
    "change",
    [message, answer, pin, silence, put_on_top, close, silence_elsewhere],
    ids=lambda one: one.__name__,
)
def test_whatever_changes_is_shown_as_to_a_newcomer(
    room: Room, maria: Operator, change: Callable[[Room, Operator], None]
) -> None:
    before = room.desk.listing(maria, max_age=0).dialogs
    assert before == by_another(room, maria)
    change(room, maria)
    after = room.desk.listing(maria, max_age=0).dialogs
    assert after != before
    assert after == by_another(room, maria)
    assert room.desk.listing(maria, max_age=0).dialogs == after


def test_the_comparison_would_notice_a_row_that_is_served_again(
    room: Room, maria: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with marks that say nothing of the text, the old row is served, and is seen to be."""

    def by_place(pages: Iterable[bytes | msgspec.Raw]) -> list[MarkedRow]:
        return [(place, raw) for place, (_, raw) in enumerate(mark_rows(pages))]

    monkeypatch.setattr(asking_module, "mark_rows", by_place)
    room.desk.listing(maria, max_age=0)
    message(room, maria)
    assert room.desk.listing(maria, max_age=0).dialogs != by_another(room, maria)


def test_operators_do_not_share_what_was_made(room: Room, maria: Operator) -> None:
    david = room.open(DAVID)
    room.desk.clicks.act(maria, "top", [room.chat(maria, "John Smith")], None)
    for operator in (maria, david, maria):
        assert room.desk.listing(operator, max_age=0).dialogs == by_another(room, operator)


def former(rows: int, at: datetime = T0) -> Former:
    return Former(Readings(None, {}, {n: Reading() for n in range(rows)}), at=at)


def key(name: str) -> tuple[str, int, int]:
    return name, 1, 1


def test_a_portal_that_left_leaves_no_list() -> None:
    formers = Formers(lambda: T0)
    for name in "ab":
        formers.put(key(name), former(4))
    formers.forget("a")
    assert [formers.get(key(each)).at for each in "ab"] == [None, T0]


def test_lists_are_believed_for_minutes_and_bounded() -> None:
    now = [T0]
    formers = Formers(lambda: now[0], most_rows=10)
    formers.put(key("a"), former(4))
    formers.put(key("b"), former(4))
    assert formers.get(key("a")).at == T0
    formers.put(key("c"), former(4))
    assert [formers.get(key(each)).at for each in "abc"] == [None, T0, T0]
    formers.put(key("b"), former(2))
    formers.put(key("d"), former(4))
    assert [formers.get(key(each)).at for each in "bcd"] == [T0, T0, T0]
    now[0] = T0 + BELIEVED
    assert formers.get(key("b")).at is None
    formers.put(key("e"), former(1, now[0]))
    formers.tidy()
    formers.put(key("f"), former(9, now[0]))
    assert [formers.get(key(each)).at for each in "def"] == [None, now[0], now[0]]
    now[0] = T0 - timedelta(seconds=1)
    assert formers.get(key("f")).at is None
