"""The journal keeps what happened; a bulk run survives a reload and is one entry with one undo."""

from tests.support.acting import give_back, outcomes, own, pinned
from tests.support.frame import Frame


def test_every_click_is_an_entry_newest_first(operator: Frame) -> None:
    chat_id = own(operator, pinned=False)[0]
    operator.act("pin", chat_id)
    operator.act("unpin", chat_id)
    entries = operator.get("/api/journal").json()["entries"]
    assert [entry["action"] for entry in entries[:2]] == ["unpin", "pin"]
    assert entries[0]["results"][0]["chat_id"] == chat_id
    assert entries[0]["results"][0]["client_name"]
    assert entries[0]["undo"]["count"] == 1


def test_the_journal_is_paged_and_can_be_asked_for_one_chat(operator: Frame) -> None:
    one, two = own(operator, pinned=False)[:2]
    for chat_id in (one, two, one):
        operator.act("top", chat_id)
        operator.act("untop", chat_id)
    first = operator.get("/api/journal?limit=4").json()["entries"]
    assert operator.get("/api/journal?limit=4").json()["more"] is True
    last = operator.get(f"/api/journal?before={first[-1]['id']}&limit=2").json()
    assert last["more"] is False
    rest = operator.get(f"/api/journal?before={first[-1]['id']}&limit=50").json()["entries"]
    assert (len(first), len(rest)) == (4, 2)
    assert not {entry["id"] for entry in first} & {entry["id"] for entry in rest}
    only = operator.get(f"/api/journal?chat_id={two}").json()["entries"]
    assert {result["chat_id"] for entry in only for result in entry["results"]} == {two}


def test_a_run_is_one_entry_and_one_undo(operator: Frame) -> None:
    chats = own(operator, pinned=False)[:4]
    before = pinned(operator.sandbox)
    made = operator.request("POST", "/api/runs", {"action": "pin", "chat_ids": chats})
    assert made.status in {200, 201}, made.text
    run = made.json()["run"]
    operator.act("pin", *chats[:2], run=run)
    left = operator.get(f"/api/runs/{run}").json()
    assert (left["total"], sorted(left["left"])) == (4, sorted(chats[2:]))
    last = operator.act("pin", *chats[2:], run=run).json()
    assert operator.get(f"/api/runs/{run}").json()["left"] == []
    entries = [entry for entry in operator.get("/api/journal").json()["entries"] if entry["run"] == run]
    assert len(entries) == 1
    assert {result["chat_id"] for result in entries[0]["results"]} == set(chats)
    assert last["undo"]["count"] == 4
    assert set(give_back(operator, last["undo"])) == set(chats)
    assert pinned(operator.sandbox) == before
    undo, whole = operator.get("/api/journal").json()["entries"][:2]
    assert (undo["undoes"], whole["undoes"]) == (whole["id"], None)


def test_a_run_survives_reopening(operator: Frame) -> None:
    chats = own(operator, pinned=False)[:2]
    run = operator.request("POST", "/api/runs", {"action": "pin", "chat_ids": chats}).json()["run"]
    again = Frame(operator.sandbox)
    again.open()
    assert again.get(f"/api/runs/{run}").json()["left"] == chats


def test_the_card_shows_messages_and_the_journal_of_its_dialog(operator: Frame) -> None:
    chat_id = own(operator, pinned=False)[0]
    operator.act("pin", chat_id)
    unread = operator.dialogs()[chat_id]["unread"]
    with operator.sandbox.counting() as counts:
        reply = operator.get(f"/api/dialogs/{chat_id}")
    assert counts == {"portal": 1}
    card = reply.json()
    assert card["dialog"]["chat_id"] == chat_id
    assert card["messages"]
    assert card["journal"][0]["action"] == "pin"
    assert operator.dialogs()[chat_id]["unread"] == unread, "looking marks nothing as read"


def test_a_colleague_sees_who_acted_in_a_shared_dialog_but_not_the_journal(operator: Frame) -> None:
    shared, owner = next(
        (chat_id, dialog["responsible"]["user_id"])
        for chat_id, dialog in operator.dialogs().items()
        if not dialog["mine"] and dialog["responsible"] and not dialog["pinned"]
    )
    colleague = Frame(operator.sandbox, user_id=owner)
    assert colleague.open().token
    assert outcomes(colleague.act("pin", shared).json())[shared] == ("done", None)
    entry = operator.get(f"/api/dialogs/{shared}").json()["journal"][0]
    assert entry["action"] == "pin"
    assert entry["by"]["user_id"] == owner
    assert entry["by"]["name"]
    assert entry["undo"] is None, "a way back belongs to who acted"
    assert operator.get("/api/journal").json()["entries"] == []
