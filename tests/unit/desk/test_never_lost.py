"""What the portal did is told, while our database or our cache fails and when answers say no."""

from typing import Any, NoReturn

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

import app.desk.actions.silent
import app.desk.listing.dressing
from app.bitrix24.errors import RestError, TimedOut
from app.desk.service import Desk
from app.portals.model import Operator
from tests.unit.desk.conftest import DAVID, MARIA, Room, outcomes

PIN = "imopenlines.session.mode.pin"


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


class Forgetful:
    """A cache that keeps nothing, as a store that is down."""

    def get(self, key: str) -> None:
        return None

    def set(self, key: str, value: bytes, seconds: float) -> None:
        return None

    def delete(self, key: str) -> None:
        return None

    def delete_prefix(self, prefix: str) -> None:
        return None


def another(room: Room, cache: Any) -> Desk:
    """A desk of another process, or one whose cache is another."""
    desk = room.desk
    opening = desk.opening
    return Desk(
        room.engine,
        room.caller,
        opening._client,
        room.portals,
        cache,
        room.handshake,
        opening._governor,
        room.clock,
    )


def gone_away(*_: object, **__: object) -> NoReturn:
    raise OperationalError("select", {}, Exception("gone"))


def test_a_write_is_told_while_the_database_is_away(
    room: Room, maria: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = room.dialogs(maria)
    top = before["Maria Lopez"].chat_id
    room.desk.clicks.act(maria, "top", [top], None)
    with monkeypatch.context() as broken:
        broken.setattr(app.desk.listing.dressing, "load_details", gone_away)
        broken.setattr(room.portals.installations, "find", gone_away)
        answer = room.desk.clicks.act(maria, "pin", [before["John Smith"].chat_id], None)
    assert outcomes(answer) == [("done", None)]
    assert [row.chat_id for row in answer.dialogs if row.top] == [top]
    assert {row.chat_id: row.waiting_since for row in answer.dialogs} == {
        row.chat_id: row.waiting_since for row in before.values()
    }
    assert len(room.desk.records.journal(maria)) == 2
    assert answer.undo is not None
    assert room.dialogs(maria)["Maria Lopez"].top


def test_what_could_not_be_written_down_stays_in_its_run(
    room: Room, maria: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat_id = room.chat(maria, "John Smith")
    run = room.desk.records.start_run(maria, "pin", [chat_id]).run
    with monkeypatch.context() as broken:
        broken.setattr(room.desk._journal, "record", gone_away)
        answer = room.desk.clicks.act(maria, "pin", [chat_id], run)
    assert (outcomes(answer), answer.undo) == ([("done", None)], None)
    assert room.desk.records.run(maria, run).left == [chat_id]
    assert outcomes(room.desk.clicks.act(maria, "pin", [chat_id], run)) == [("already", None)]
    assert room.desk.records.run(maria, run).left == []
    assert [entry.run for entry in room.desk.records.journal(maria)] == [run]


def test_silent_is_told_while_the_database_is_away(
    room: Room, maria: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat_id = room.chat(maria, "John Smith")
    with monkeypatch.context() as broken:
        broken.setattr(app.desk.listing.dressing, "load_details", gone_away)
        broken.setattr(room.portals.capabilities, "learn_silent", gone_away)
        answer = room.desk.clicks.act(maria, "silence", [chat_id], None)
    assert [result.outcome for result in answer.results] in (["done"], ["unconfirmed"])
    assert room.sandbox.truth(MARIA)[chat_id]["silent"]


def test_a_database_that_is_away_is_waited_for_once_beside_the_journal(
    room: Room, maria: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat_id, waited = room.chat(maria, "John Smith"), []

    def wait(*what: object, **_: object) -> None:
        waited.append(what)
        gone_away()

    with monkeypatch.context() as broken:
        for name in ("save_marks", "note_unseen"):
            broken.setattr(app.desk.actions.silent, name, wait)
        broken.setattr(room.portals.capabilities, "learn_silent", wait)
        room.desk.clicks.act(maria, "silence", [chat_id], None)
    assert len(waited) == 1


def test_a_poll_is_one_request_while_the_cache_is_away(room: Room, maria: Operator) -> None:
    desk = another(room, Forgetful())
    room.sandbox.forget()
    assert b"John Smith" in desk.listing_json(maria).json
    assert len(room.portal_requests()) == 1


def test_the_fallback_needs_no_cache(room: Room, maria: Operator) -> None:
    desk = another(room, Forgetful())
    room.sandbox.switch(recent_get="missing")
    room.sandbox.forget()
    assert b"John Smith" in desk.listing_json(maria).json
    assert len(room.portal_requests()) == 2


def test_the_fallback_reads_all_pages_at_once_and_as_many_the_next_time(room: Room) -> None:
    room.sandbox.begin("many", dialogs=900)
    room.install()
    operator = room.open()
    whole = {row.chat_id for row in room.desk.listing(operator, max_age=0).dialogs}
    assert len(whole) == 900
    another_cache = type(room.cache)()
    desk = another(room, another_cache)
    room.sandbox.switch(recent_get="missing")
    first = desk.listing(operator, max_age=0)
    assert {row.chat_id for row in first.dialogs} == whole
    room.sandbox.forget()
    again = desk.listing(operator, max_age=0)
    assert {row.chat_id for row in again.dialogs} == whole
    assert again.left == []
    assert len(room.portal_requests()) == 1


def test_an_error_of_a_later_page_is_an_error_of_the_list(room: Room) -> None:
    room.sandbox.begin("many", dialogs=300)
    room.install()
    operator = room.open()
    room.sandbox.switch(recent_get="missing")
    assert len(room.desk.listing(operator, max_age=0).dialogs) == 300
    real = room.caller.batch

    def batch(key: Any, commands: Any, **more: Any) -> Any:
        answer = real(key, commands, **more)
        assert answer.results.pop("list1")
        answer.errors["list1"] = RestError("INTERNAL_SERVER_ERROR", 500)
        return answer

    room.caller.batch = batch  # type: ignore[method-assign]
    listing = room.desk.listing(operator, max_age=0)
    assert listing.stale
    assert len(listing.dialogs) == 300


@pytest.mark.parametrize("code", ["CONNECTION_ERROR", "OVERLOAD_LIMIT", "METHOD_CONFIRM_WAITING"])
def test_what_was_refused_before_it_was_done_is_said_so_and_stays_in_the_run(
    room: Room, maria: Operator, code: str
) -> None:
    chat_id = room.chat(maria, "John Smith")
    run = room.desk.records.start_run(maria, "pin", [chat_id])
    room.sandbox.fault("refuse", method=PIN, code=code, status=401, times=1)
    room.sandbox.forget()
    with pytest.raises(RestError) as refused:
        room.desk.clicks.act(maria, "pin", [chat_id], run.run)
    assert refused.value.code == code
    assert len(room.portal_requests()) == 1
    assert room.desk.records.run(maria, run.run).left == [chat_id]


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER", "Service Unavailable"])
def test_a_portal_that_stumbled_may_have_done_it(room: Room, maria: Operator, code: str) -> None:
    chat_id = room.chat(maria, "John Smith")
    room.sandbox.fault("refuse", method=PIN, code=code, status=500, times=1)
    answer = room.desk.clicks.act(maria, "pin", [chat_id], None)
    assert outcomes(answer) == [("unconfirmed", "portal_error")], "it did answer, in time"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RestError("OVERLOAD_LIMIT", 503), ("failed", "OVERLOAD_LIMIT")),
        (OperationalError("select", {}, Exception("gone")), ("failed", "not_reached")),
    ],
)
def test_a_later_batch_that_fails_leaves_what_was_done(
    room: Room, maria: Operator, error: Exception, said: tuple[str, str]
) -> None:
    chats = [row.chat_id for row in room.dialogs(maria).values() if row.mine and not row.pinned]
    room.desk._acting.pace.note(maria.member_id, PIN, 1, 9.0)
    real, sent = room.caller.batch, []

    def batch(key: Any, commands: Any, **more: Any) -> Any:
        if more.get("write"):
            sent.append(commands)
            if len(sent) > 1:
                raise error
            room.desk._acting.pace._each.clear()
        return real(key, commands, **more)

    room.caller.batch = batch  # type: ignore[method-assign]
    answer = room.desk.clicks.act(maria, "pin", chats, None)
    assert outcomes(answer).count(("done", None)) == 1
    assert set(outcomes(answer)) == {("done", None), said}


def test_an_older_list_of_another_process_does_not_win_over_a_click(room: Room, maria: Operator) -> None:
    other = another(room, room.cache)
    chat_id = room.chat(maria, "John Smith")
    real, held = room.caller.batch, {}

    def batch(key: Any, commands: Any, **more: Any) -> Any:
        if more.get("write"):
            held["asked"] = other._lists.asking.ask(maria)
        return real(key, commands, **more)

    room.caller.batch = batch  # type: ignore[method-assign]
    assert outcomes(room.desk.clicks.act(maria, "pin", [chat_id], None)) == [("done", None)]
    room.caller.batch = real  # type: ignore[method-assign]
    other._lists.absorb(maria, *held["asked"])
    assert {row.chat_id: row.pinned for row in other.listing(maria).dialogs}[chat_id]
    assert outcomes(other.clicks.act(maria, "unpin", [chat_id], None)) == [("done", None)]
    assert not room.sandbox.truth(MARIA)[chat_id]["pinned"]


def test_names_of_lines_refused_to_one_person_are_told_to_another(room: Room, maria: Operator) -> None:
    david = room.open(DAVID)
    desk = another(room, type(room.cache)())
    room.sandbox.fault("error", method="imopenlines.config.list.get", code="ACCESS_DENIED", user_id=DAVID)
    assert {row.line_name for row in desk.listing(david).dialogs} == {""}
    assert "" not in {row.line_name for row in desk.listing(maria).dialogs}
    room.sandbox.forget()
    assert "" not in {row.line_name for row in desk.listing(david, max_age=0).dialogs}


def test_no_list_is_sure_after_a_write_whose_end_nobody_saw(room: Room, maria: Operator) -> None:
    """The portal pinned it and fell silent: a list from before would take an unpin for done already."""
    chat_id = room.chat(maria, "John Smith")
    real = room.caller.batch

    def batch(key: Any, commands: Any, **more: Any) -> Any:
        if more.get("write"):
            real(key, commands, **more)
        raise TimedOut("no answer")

    room.caller.batch = batch  # type: ignore[method-assign]
    assert outcomes(room.desk.clicks.act(maria, "pin", [chat_id], None)) == [("unconfirmed", "timeout")]
    room.caller.batch = real  # type: ignore[method-assign]
    assert room.sandbox.truth(MARIA)[chat_id]["pinned"]
    assert outcomes(room.desk.clicks.act(maria, "unpin", [chat_id], None)) == [("done", None)]
    assert not room.sandbox.truth(MARIA)[chat_id]["pinned"]
    assert outcomes(room.desk.clicks.act(maria, "unpin", [chat_id], None)) == [("already", None)]
