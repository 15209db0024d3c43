"""Silent mode: both kinds of portal, what is shown of it, what is learnt, and the way back."""

import msgspec

from app.desk.listing.details import load_marks, save_marks
from app.portals.model import Operator
from app.storage.engine import reading
from tests.unit.desk.conftest import DAVID, MARIA, Room, outcomes


def silent(room: Room, chat_id: int) -> bool:
    return bool(room.sandbox.truth(MARIA)[chat_id]["silent"])


def scope(room: Room, operator: Operator) -> str:
    installation = room.portals.installations.find(operator.member_id)
    assert installation is not None
    return installation.silent_scope


def test_a_portal_that_tells_teaches_so_with_the_first_write(room: Room, maria: Operator) -> None:
    dialogs = room.dialogs(maria)
    assert {d.silent for d in dialogs.values()} <= {None, True}
    chat_id = dialogs["John Smith"].chat_id
    answer = room.desk.clicks.act(maria, "silence", [chat_id], None)
    assert outcomes(answer) == [("done", None)]
    assert silent(room, chat_id)
    assert scope(room, maria) == "chat"
    after = {d.client_name: d for d in answer.dialogs}
    assert (after["John Smith"].silent, after["John Smith"].silent_source) == (True, "portal")
    assert after["John Smith"].silent_since is not None
    assert after["Maria Lopez"].silent is False
    assert answer.undo is not None
    undone = room.desk.clicks.undo(maria, answer.undo.id)
    assert outcomes(undone) == [("done", None)]
    assert not silent(room, chat_id)


def test_a_portal_that_does_not_tell_is_learnt_after_two_writes(room: Room, maria: Operator) -> None:
    room.sandbox.switch(silent_scope="personal")
    dialogs = room.dialogs(maria)
    first, second = dialogs["John Smith"].chat_id, dialogs["Maria Lopez"].chat_id
    answer = room.desk.clicks.act(maria, "silence", [first], None)
    assert outcomes(answer) == [("unconfirmed", "not_told")]
    assert scope(room, maria) == "unknown"
    answer = room.desk.clicks.act(maria, "silence", [second], None)
    assert outcomes(answer) == [("unconfirmed", "not_told")]
    assert scope(room, maria) == "personal"
    shown = {d.chat_id: (d.silent, d.silent_source) for d in answer.dialogs}
    assert shown[first] == shown[second] == (True, "here")
    assert shown[dialogs["Answered Client"].chat_id] == (None, None)
    assert answer.undo is not None
    undone = room.desk.clicks.undo(maria, answer.undo.id)
    assert outcomes(undone) == [("unconfirmed", "not_told")]
    assert undone.undo is None
    assert not silent(room, second)
    assert silent(room, first)


def turned_personal(room: Room, maria: Operator) -> int:
    """A dialog silenced on a portal that was learnt as `chat` and keeps silent mode to persons by now."""
    taught = room.chat(maria, "Maria Lopez")
    room.desk.clicks.act(maria, "silence", [taught], None)
    assert scope(room, maria) == "chat"
    room.sandbox.switch(silent_scope="personal")
    return room.chat(maria, "John Smith")


def shown(room: Room, operator: Operator) -> tuple[bool | None, str | None]:
    row = room.dialogs(operator)["John Smith"]
    return row.silent, row.silent_source


def test_what_no_list_shows_is_still_what_the_operator_set(room: Room, maria: Operator) -> None:
    chat_id = turned_personal(room, maria)
    answer = room.desk.clicks.act(maria, "silence", [chat_id], None)
    assert outcomes(answer) == [("unconfirmed", "not_told")]
    assert silent(room, chat_id)
    assert scope(room, maria) == "chat"
    assert shown(room, maria) == (True, "here")
    assert {d.silent for d in answer.dialogs if d.chat_id != chat_id} <= {True, False}
    assert answer.undo is not None
    undone = room.desk.clicks.undo(maria, answer.undo.id)
    assert outcomes(undone) == [("unconfirmed", "not_told")]
    assert not silent(room, chat_id)
    assert room.dialogs(maria)["John Smith"].silent is False


def test_silencing_twice_what_no_list_shows_gives_one_way_back(room: Room, maria: Operator) -> None:
    chat_id = turned_personal(room, maria)
    room.desk.clicks.act(maria, "silence", [chat_id], None)
    again = room.desk.clicks.act(maria, "silence", [chat_id], None)
    assert (outcomes(again), again.undo) == ([("already", "not_told")], None)


def test_a_list_that_shows_it_later_settles_it(room: Room, maria: Operator) -> None:
    """From then on the list is believed again, also when it says that somebody turned Silent off."""
    chat_id = turned_personal(room, maria)
    room.desk.clicks.act(maria, "silence", [chat_id], None)
    room.sandbox.switch(silent_scope="chat")
    room.sandbox.act("silence", chat_id=chat_id, user_id=DAVID)
    assert shown(room, maria) == (True, "portal")
    room.sandbox.act("unsilence", chat_id=chat_id, user_id=DAVID)
    assert shown(room, maria) == (False, "portal")


def test_a_portal_that_tells_is_believed_against_an_older_mark(room: Room, maria: Operator) -> None:
    """What the list showed once may be taken back by anybody; one doubt about another dialog is no reason
    to call it silent still."""
    chat_id = room.chat(maria, "John Smith")
    room.desk.clicks.act(maria, "silence", [chat_id], None)
    room.sandbox.act("unsilence", chat_id=chat_id, user_id=DAVID)
    room.sandbox.switch(silent_scope="personal")
    room.desk.clicks.act(maria, "silence", [room.chat(maria, "Maria Lopez")], None)
    assert shown(room, maria) == (False, "portal")


def test_two_doubts_still_teach_that_the_portal_does_not_tell(room: Room, maria: Operator) -> None:
    first = turned_personal(room, maria)
    room.desk.clicks.act(maria, "silence", [first], None)
    room.desk.clicks.act(maria, "silence", [room.chat(maria, "Answered Client")], None)
    assert scope(room, maria) == "personal"
    assert shown(room, maria) == (True, "here")


def test_silencing_again_is_not_taken_back_with_the_second_click(room: Room, maria: Operator) -> None:
    """Or an undo would show clients what an operator writes in silence since earlier."""
    room.sandbox.switch(silent_scope="personal")
    chat_id = room.chat(maria, "John Smith")
    room.desk.clicks.act(maria, "silence", [chat_id], None)
    again = room.desk.clicks.act(maria, "silence", [chat_id], None)
    assert outcomes(again) == [("already", "not_told")]
    assert again.undo is None


def test_a_relic_in_the_list_is_never_a_reason_not_to_write(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    room.sandbox.act("silence", chat_id=chat_id, user_id=MARIA)
    room.sandbox.switch(silent_scope="personal")
    assert room.dialogs(maria)["John Smith"].silent is True
    room.sandbox.forget()
    room.desk.clicks.act(maria, "silence", [chat_id], None)
    assert any("imopenlines.session.mode.silent" in commands for commands in room.portal_requests())
    assert silent(room, chat_id)


def test_a_mark_ends_with_its_session(room: Room, maria: Operator) -> None:
    room.sandbox.switch(silent_scope="personal")
    chat_id = room.chat(maria, "John Smith")
    room.desk.clicks.act(maria, "silence", [chat_id], None)
    room.sandbox.act("close", chat_id=chat_id)
    room.sandbox.act("client_message", chat_id=chat_id)
    room.sandbox.act("take", chat_id=chat_id, user_id=MARIA)
    assert room.dialogs(maria)["John Smith"].silent is None


def test_a_mark_is_the_operators_own(room: Room, maria: Operator) -> None:
    room.sandbox.switch(silent_scope="personal")
    david = room.open(DAVID)
    shared = room.chat(maria, "Joined Client")
    room.desk.clicks.act(maria, "silence", [shared], None)
    assert room.dialogs(maria)["Joined Client"].silent is True
    assert room.dialogs(david)["Joined Client"].silent is None


def test_rows_without_a_session_share_no_mark(room: Room, maria: Operator) -> None:
    row = room.dialogs(maria)["John Smith"]
    with room.engine.begin() as conn:
        save_marks(conn, maria.key, [row, msgspec.structs.replace(row, session_id=0)], True, room.clock())
    with reading(room.engine) as conn:
        assert set(load_marks(conn, maria.key)) == {row.session_id}
