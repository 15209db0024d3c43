"""An entry in the registry is a whole action: a pretend one is carried out, journalled and undone."""

import pytest
from sqlalchemy import Engine

from app.openlines.actions import ACTIONS, Action
from app.portals.model import Operator
from app.web.i18n import Catalogues, load_catalogues
from app.web.words import Wording
from tests.unit.desk.conftest import MARIA, Room, outcomes

HOLD = Action(
    name="hold",
    method="imopenlines.session.mode.pin",
    params=lambda chat_id: {"CHAT_ID": chat_id, "ACTIVATE": "Y"},
    field="pinned",
    on=True,
    inverse="unpin",
    creates_session=True,
    responsible_only=True,
)
SENTENCES = {"result.done.hold": "Held: {name}", "result.not.hold": "Not held"}


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> Wording:
    """The real words with those of the pretend action, which is registered as long."""
    monkeypatch.setitem(ACTIONS, HOLD.name, HOLD)
    found = load_catalogues()
    found["en"] |= SENTENCES
    return Wording(Catalogues(found), "en")


def test_an_entry_is_carried_out_and_taken_back(room: Room, maria: Operator, words: Wording) -> None:
    chat_id = room.chat(maria, "John Smith")
    answer = words.answer(room.desk.clicks.act(maria, "hold", [chat_id], None))
    assert outcomes(answer) == [("done", None)]
    assert answer.results[0].message == "Held: John Smith"
    assert room.sandbox.truth(MARIA)[chat_id]["pinned"]
    assert room.portal_requests() == [["imopenlines.session.mode.pin", "im.recent.get"]]
    assert [entry.action for entry in room.desk.records.journal(maria)] == ["hold"]
    assert answer.undo is not None
    assert outcomes(room.desk.clicks.undo(maria, answer.undo.id)) == [("done", None)]
    assert not room.sandbox.truth(MARIA)[chat_id]["pinned"]


def test_its_refusals_and_bulk_runs_come_with_it(room: Room, maria: Operator, words: Wording) -> None:
    rows = room.dialogs(maria)
    chats = [rows["Joined Client"].chat_id, rows["John Smith"].chat_id]
    run = room.desk.records.start_run(maria, "hold", chats)
    answer = words.answer(room.desk.clicks.act(maria, "hold", chats, run.run))
    assert outcomes(answer) == [("refused", ""), ("done", None)]
    assert answer.results[0].message.startswith("Not held: ")
    assert answer.results[0].message.endswith(" is responsible")
    assert room.desk.records.run(maria, run.run).left == []
