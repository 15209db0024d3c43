"""Dialogs come and go: taken, passed on, gone with a reason; the journal finds them, as a table too."""

import csv
import io

import pytest

from tests.support.acting import outcomes, own
from tests.support.frame import Frame

COLLEAGUE = 31


@pytest.fixture
def offer(operator: Frame) -> int:
    """A dialog that is offered to the operator."""
    answer = operator.sandbox.control(
        "POST", "act", {"what": "queue_dialog", "user_id": 27, "name": "=New Client"}
    )
    chat_id = int(answer["chat_id"])
    operator.get("/api/dialogs")
    return chat_id


def listed(frame: Frame) -> dict[int, str]:
    """Stages of the dialogs in a list that is read now: shared answers are some seconds old."""
    frame.open()
    return {chat_id: row["stage"] for chat_id, row in frame.dialogs().items()}


def test_taking_a_dialog_is_one_request(operator: Frame, offer: int) -> None:
    assert listed(operator)[offer] == "queue"
    with operator.sandbox.counting() as counts:
        answer = operator.act("answer", offer).json()
    assert counts == {"portal": 1}
    assert outcomes(answer) == {offer: ("done", None)}
    assert answer["undo"] is None
    assert answer["results"][0]["message"]
    assert operator.sandbox.truth(27)[offer]["owner"] == 27
    assert operator.dialogs()[offer]["mine"] is True


def test_passing_on_is_done_when_it_is_gone(operator: Frame, offer: int) -> None:
    assert listed(operator)[offer] == "queue"
    answer = operator.act("skip", offer).json()
    assert outcomes(answer) == {offer: ("done", None)}
    assert offer not in operator.dialogs()
    assert operator.get("/api/dialogs").json()["left"] == []


def test_own_dialogs_are_not_passed_on_by_this(operator: Frame) -> None:
    chat_id = own(operator)[0]
    answer = operator.act("skip", chat_id).json()
    assert outcomes(answer) == {chat_id: ("refused", "not_offered")}
    assert answer["results"][0]["message"]
    assert operator.sandbox.truth(27)[chat_id]["owner"] == 27


def test_a_dialog_that_leaves_is_explained_without_a_request_of_its_own(operator: Frame) -> None:
    boss = Frame(operator.sandbox, user_id=1)
    boss.open()
    chat_id = own(operator)[0]
    operator.sandbox.act("take", chat_id=chat_id, user_id=1)
    assert chat_id in listed(boss)
    operator.sandbox.act("requeue", chat_id=chat_id)
    with operator.sandbox.counting() as counts:
        page = boss.open()
    assert counts["portal"] == 1
    left = page.boot["listing"]["left"]
    assert [(row["chat_id"], row["code"]) for row in left] == [(chat_id, "unknown")]
    assert left[0]["client_name"]
    assert left[0]["at"]


def test_the_journal_is_searched_and_taken_away(operator: Frame, offer: int) -> None:
    listed(operator)
    operator.act("answer", offer)
    other = next(chat_id for chat_id in own(operator, pinned=False) if chat_id != offer)
    operator.act("pin", other)
    every = operator.get("/api/journal").json()["entries"]
    assert [entry["action"] for entry in every] == ["pin", "answer"]
    for query, found in (("q=new%20CLIENT", ["answer"]), ("action=pin", ["pin"]), ("q=nobody", [])):
        entries = operator.get(f"/api/journal?{query}").json()["entries"]
        assert [entry["action"] for entry in entries] == found
    assert operator.get("/api/journal?action=explode").status == 404
    reply = operator.get("/api/journal.csv?q=client&action=answer&zone=Europe/Moscow")
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert reply.headers["Content-Disposition"].startswith("attachment; ")
    head, *rows = csv.reader(io.StringIO(reply.text.removeprefix("\ufeff")))
    assert len(rows) == 1
    cells = dict(zip(head, rows[0], strict=True))
    assert cells["Client"] == "'=New Client"
    assert cells["Time"].endswith("+0300")
    assert cells["Result"].startswith("Taken")


def test_the_table_is_the_operators_own(operator: Frame) -> None:
    operator.act("pin", own(operator, pinned=False)[0])
    colleague = Frame(operator.sandbox, user_id=COLLEAGUE)
    colleague.open()
    assert len(operator.get("/api/journal.csv").text.splitlines()) == 2
    assert len(colleague.get("/api/journal.csv").text.splitlines()) == 1
    colleague.token = None
    assert colleague.get("/api/journal.csv").status == 401
