"""Dialogs that leave are explained: the next list notices, the one after asks, for two minutes it is told."""

import msgspec
import pytest
from sqlalchemy import Engine

from app.bitrix24.errors import BadAnswer
from app.desk.model import NotListed
from app.openlines import rows
from app.openlines.model import Left
from app.portals.model import Operator
from tests.unit.desk.conftest import DAVID, MARIA, Room, outcomes

ADMIN = 1


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


def left(room: Room, operator: Operator) -> dict[str, str]:
    """Who left and why, by a list that is read now."""
    found: list[Left] = room.desk.listing(operator, max_age=0).left
    return {gone.client_name: gone.code for gone in found}


def questions(room: Room) -> list[int]:
    """How many questions each request to the portal carried."""
    return [commands.count("imopenlines.dialog.get") for commands in room.portal_requests()]


def test_a_dialog_that_leaves_is_told_and_asked_about_once(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    room.sandbox.forget()
    assert left(room, maria) == {}
    room.sandbox.act("close", chat_id=chat_id)
    assert left(room, maria) == {"John Smith": "unknown"}
    assert left(room, maria) == {"John Smith": "unknown"}, "the portal shows her nothing of it any more"
    assert left(room, maria) == {"John Smith": "unknown"}
    assert questions(room) == [0, 0, 1, 0]
    room.clock.pass_by(seconds=121)
    assert left(room, maria) == {}


@pytest.mark.parametrize(
    ("what", "more", "code"),
    [("close", {}, "closed"), ("requeue", {}, "requeued"), ("take", {"user_id": DAVID}, "taken")],
)
def test_whoever_may_still_see_the_chat_learns_why(
    room: Room, maria: Operator, what: str, more: dict[str, int], code: str
) -> None:
    admin = room.open(ADMIN)
    chat_id = room.chat(maria, "John Smith")
    room.sandbox.act("take", chat_id=chat_id, user_id=ADMIN)
    assert "John Smith" in room.dialogs(admin)
    room.sandbox.act(what, chat_id=chat_id, **more)
    assert left(room, admin) == {"John Smith": "unknown"}
    assert left(room, admin) == {"John Smith": code}


def test_a_dialog_that_comes_back_did_not_leave(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    room.sandbox.act("requeue", chat_id=chat_id)
    assert left(room, maria) == {"John Smith": "unknown"}
    room.sandbox.act("take", chat_id=chat_id, user_id=MARIA)
    assert left(room, maria) == {}


def test_a_click_that_knows_why_tells_it(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    room.desk.clicks.act(maria, "pin", [chat_id], None)
    room.sandbox.act("set_offline", user_id=MARIA)
    room.sandbox.forget()
    assert outcomes(room.desk.clicks.act(maria, "unpin", [chat_id], None)) == [("gone", "requeued")]
    assert left(room, maria)["John Smith"] == "requeued"
    assert room.desk.listing(maria).left[0].chat_id


def test_ten_questions_at_most_go_with_one_list(room: Room) -> None:
    room.sandbox.begin("many", dialogs=40)
    operator = room.open()
    mine = [row.chat_id for row in room.dialogs(operator).values() if row.mine][:14]
    for chat_id in mine:
        room.sandbox.act("close", chat_id=chat_id)
    room.sandbox.forget()
    for _ in range(4):
        room.desk.listing(operator, max_age=0)
    assert questions(room) == [0, 10, 4, 0]
    assert len(room.desk.listing(operator).left) == 14


def test_news_are_in_the_etag_and_personal(room: Room, maria: Operator) -> None:
    david = room.open(DAVID)
    room.dialogs(david)
    before = room.desk.listing_json(maria, max_age=0)
    assert b'"left":[]' in before.json
    room.sandbox.act("close", chat_id=room.chat(maria, "John Smith"))
    after = room.desk.listing_json(maria, max_age=0)
    assert after.digest != before.digest
    assert b"John Smith" in after.json
    assert left(room, david) == {}
    room.clock.pass_by(seconds=121)
    assert room.desk.listing_json(maria, max_age=0).digest not in (before.digest, after.digest)


def unreadable(monkeypatch: pytest.MonkeyPatch, chat_id: int) -> None:
    """The row of this chat is a number from now on."""
    whole, marked = rows.split_rows, f'"chat{chat_id}"'.encode()

    def split(raw: bytes | msgspec.Raw) -> list[msgspec.Raw]:
        return [msgspec.Raw(b"5") if marked in bytes(row) else row for row in whole(raw)]

    monkeypatch.setattr(rows, "split_rows", split)


def test_a_row_that_cannot_be_read_any_more_did_not_leave(
    room: Room, maria: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, gone = room.chat(maria, "John Smith"), room.chat(maria, "Maria Lopez")
    with monkeypatch.context() as broken:
        unreadable(broken, odd)
        assert left(room, maria) == {}
        assert [notice.code for notice in room.desk.listing(maria).notices] == ["rows_skipped"]
        room.sandbox.act("close", chat_id=gone)
        assert left(room, maria) == {"Maria Lopez": "unknown"}, "one that does leave beside it is told"
    assert left(room, maria) == {"Maria Lopez": "unknown"}
    assert "John Smith" in room.dialogs(maria)


def test_a_card_is_not_denied_where_its_row_may_be_unreadable(
    room: Room, maria: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat_id = room.chat(maria, "John Smith")
    with monkeypatch.context() as broken:
        unreadable(broken, chat_id)
        with pytest.raises(BadAnswer):
            room.desk.card(maria, chat_id)
    room.sandbox.act("close", chat_id=chat_id)
    with pytest.raises(NotListed):
        room.desk.card(maria, chat_id)
