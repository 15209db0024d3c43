"""Silent mode: both kinds of portal, what is shown of it, what is learnt, and the way back."""

import msgspec

from app.desk.listing.details import load_marks, save_marks
from app.portals.model import Operator
from app.storage.engine import reading
from tests.unit.desk.conftest import DAVID, MARIA, Room, outcomes


def silent(room: Room, chat_id: int) -> bool:
    return bool(room.sandbox.truth(MARIA)[chat_id]["silent"])


def scope(room: Room, operator: Operator) -> str:
    installation = room.store.installation(operator.member_id)
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
