"""Lists: shared, kept, shown older with a word about it, and right under overlapping clicks."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from app.bitrix24.batch import BatchAnswer
from app.bitrix24.errors import BitrixError
from app.desk.listing.cache_keys import cache_key
from app.portals.model import Operator
from tests.unit.desk.conftest import DAVID, MARIA, Room


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


def test_one_request_serves_all_tabs(room: Room, maria: Operator) -> None:
    room.clock.pass_by(seconds=20)
    room.sandbox.fault("slow", method="batch", seconds=0.3, times=1)
    with ThreadPoolExecutor(8) as threads:
        bodies = list(threads.map(lambda _: room.desk.listing_json(maria), range(8)))
    assert len(room.portal_requests()) == 1
    assert len({body.json for body in bodies}) == 1


def test_the_digest_changes_with_the_dialogs_and_not_with_time(room: Room, maria: Operator) -> None:
    first = room.desk.listing_json(maria, max_age=0)
    room.clock.pass_by(seconds=20)
    second = room.desk.listing_json(maria)
    assert second.as_of != first.as_of
    assert second.digest == first.digest
    room.sandbox.act("client_message", chat_id=room.chat(maria, "John Smith"), text="Still there?")
    assert room.desk.listing_json(maria, max_age=0).digest != first.digest


def test_the_bytes_are_the_listing(room: Room, maria: Operator) -> None:
    body = json.loads(room.desk.listing_json(maria).json)
    assert set(body) == {"as_of", "stale", "operator", "dialogs", "notices", "left"}
    assert body["operator"] == {"user_id": MARIA, "name": "Maria Jansen"}
    assert len(body["dialogs"]) == len(room.desk.listing(maria).dialogs)


@pytest.mark.parametrize(
    ("kind", "code"), [("503", "portal_busy"), ("502", "portal_unavailable"), ("html", "portal_unavailable")]
)
def test_an_older_list_is_better_than_none(room: Room, maria: Operator, kind: str, code: str) -> None:
    room.clock.pass_by(seconds=30)
    room.sandbox.fault(kind)
    listing = room.desk.listing(maria)
    assert listing.stale
    assert listing.dialogs
    assert [notice.code for notice in listing.notices] == [code]
    body = room.desk.listing_json(maria)
    assert json.loads(body.json)["stale"] is True
    room.sandbox.heal()
    if code != "portal_busy":  # after that the governor leaves the portal in peace for a while
        assert not room.desk.listing(maria).stale


def test_nothing_known_and_nothing_to_be_had_is_an_error(room: Room, maria: Operator) -> None:
    room.cache.delete_prefix("list:")
    room.sandbox.fault("502")
    with pytest.raises(BitrixError):
        room.desk.listing(maria)


def test_a_portal_without_the_first_method_is_read_by_the_second(room: Room) -> None:
    room.sandbox.switch(recent_get="missing")
    operator = room.open()
    dialogs = room.dialogs(operator)
    assert "John Smith" in dialogs
    room.sandbox.forget()
    answer = room.desk.clicks.act(operator, "pin", [dialogs["John Smith"].chat_id], None)
    assert [result.outcome for result in answer.results] == ["done"]
    assert room.portal_requests() == [["imopenlines.session.mode.pin", "im.recent.list"]]


def test_a_null_row_is_no_dialog_and_no_trouble(room: Room, maria: Operator) -> None:
    room.sandbox.switch(null_queue_row=True)
    assert room.desk.listing(maria, max_age=0).notices == []


def test_waiting_is_not_moved_by_pinning_and_the_clients_words_stay(room: Room, maria: Operator) -> None:
    before = room.dialogs(maria)["John Smith"]
    assert before.waiting_since is not None
    room.desk.clicks.act(maria, "pin", [before.chat_id], None)
    after = room.dialogs(maria)["John Smith"]
    assert after.pinned
    assert after.waiting_since == before.waiting_since
    assert after.last_message == before.last_message
    room.sandbox.act("operator_message", chat_id=before.chat_id)
    assert room.dialogs(maria)["John Smith"].waiting_since is None


def test_operators_see_their_own_lists(room: Room, maria: Operator) -> None:
    david = room.open(DAVID)
    mine, his = room.dialogs(maria), room.dialogs(david)
    assert mine["Joined Client"].mine is False
    assert his["Joined Client"].mine is True
    assert "John Smith" not in his
    assert mine["Joined Client"].responsible is not None
    assert mine["Joined Client"].responsible.user_id == DAVID


def test_two_overlapping_clicks_leave_both_in_the_list(room: Room, maria: Operator) -> None:
    dialogs = room.dialogs(maria)
    chats = [dialogs[name].chat_id for name in ("John Smith", "System Last", "File Last")]
    room.sandbox.switch(latency={"imopenlines.session.mode.pin": 0.15})
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda chat: room.desk.clicks.act(maria, "pin", [chat], None), chats))
    assert [answer.results[0].outcome for answer in answers] == ["done"] * 3
    known = {d.chat_id: d.pinned for d in room.desk.listing(maria, max_age=800).dialogs}
    assert [known[chat] for chat in chats] == [True] * 3
    assert len(room.desk.records.journal(maria)) == 3


def test_clicks_on_one_dialog_take_turns(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    names = ["pin", "unpin"] * 4
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda name: room.desk.clicks.act(maria, name, [chat_id], None), names))
    assert {answer.results[0].outcome for answer in answers} <= {"done", "already"}
    known = {d.chat_id: d.pinned for d in room.desk.listing(maria, max_age=800).dialogs}
    assert known[chat_id] is bool(room.sandbox.truth(MARIA)[chat_id]["pinned"])


def test_the_card_is_one_request_and_marks_nothing_as_read(room: Room, maria: Operator) -> None:
    dialog = room.dialogs(maria)["Ayşe Yılmaz"]
    assert dialog.unread > 0
    room.desk.clicks.act(maria, "pin", [dialog.chat_id], None)
    room.sandbox.forget()
    card = room.desk.card(maria, dialog.chat_id)
    assert room.portal_requests() == [["im.recent.get", "im.dialog.messages.get"]]
    texts = [message.text for message in card.messages]
    assert texts.index("Do you ship to Izmir?") < texts.index("And how much is it?")
    assert {"client", "me", "system"} <= {message.author for message in card.messages}
    assert [entry.action for entry in card.journal] == ["pin"]
    assert room.dialogs(maria)["Ayşe Yılmaz"].unread == dialog.unread


def test_an_uninstalled_portal_answers_nothing(room: Room, maria: Operator) -> None:
    room.portals.installations.uninstall(maria.member_id, clean=True)
    with pytest.raises(BitrixError):
        room.desk.listing(maria, max_age=0)


def test_a_card_is_had_from_a_portal_that_lacks_the_list(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    room.sandbox.switch(recent_get="missing")
    room.sandbox.forget()
    assert room.desk.card(maria, chat_id).dialog.chat_id == chat_id
    history = "im.dialog.messages.get"
    assert room.portal_requests() == [["im.recent.get", history], ["im.recent.list", history]]
    room.desk.card(maria, chat_id)
    assert len(room.portal_requests()) == 3


def paged(room: Room) -> Operator:
    """The operator of a portal that lacks the first method: at least five pages, of which one is known."""
    room.sandbox.begin("many", dialogs=1000)
    room.sandbox.switch(recent_get="missing")
    operator = room.open()
    room.dialogs(operator)
    room.cache.delete_prefix(cache_key("pages", operator.member_id))
    return operator


def test_missing_pages_are_all_asked_for_within_the_time_of_their_list(room: Room) -> None:
    operator = paged(room)
    room.sandbox.switch(latency={"im.recent.list": 1.0})
    began = time.monotonic()
    with pytest.raises(BitrixError):
        room.desk._lists.read(operator, seconds=2.5)
    assert time.monotonic() - began < 4.0
    room.sandbox.switch(latency={})
    assert len(room.desk._lists.read(operator).dialogs) > 800


def test_missing_pages_have_the_priority_of_their_list(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    operator, priorities = paged(room), list[object]()
    batch = room.caller.batch

    def noted(*given: object, **more: object) -> BatchAnswer:
        priorities.append(more.get("priority"))
        return batch(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(room.caller, "batch", noted)
    assert room.desk._lists.get(operator, max_age=-1).error is None
    assert len(priorities) > 4
    assert set(priorities) == {"background"}
