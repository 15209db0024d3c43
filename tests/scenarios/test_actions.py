"""The eight actions: each is read back, each has a way back, and a click is one request to the portal."""

import time

import pytest

from tests.support.acting import give_back, outcomes, own, pinned
from tests.support.frame import Frame


def test_pin_is_one_request_and_is_read_back(operator: Frame) -> None:
    chat_id = own(operator, pinned=False)[0]
    with operator.sandbox.counting() as counts:
        answer = operator.act("pin", chat_id).json()
    assert counts == {"portal": 1}
    assert outcomes(answer) == {chat_id: ("done", None)}
    assert chat_id in pinned(operator.sandbox)
    assert [dialog["pinned"] for dialog in answer["dialogs"] if dialog["chat_id"] == chat_id] == [True]
    assert answer["undo"]["count"] == 1
    assert answer["results"][0]["message"]
    assert answer["results"][0]["client_name"]


def test_undo_of_pin_unpins_and_works_once(operator: Frame) -> None:
    chat_id = own(operator, pinned=False)[0]
    before = pinned(operator.sandbox)
    undo = operator.act("pin", chat_id).json()["undo"]["id"]
    with operator.sandbox.counting() as counts:
        answer = operator.undo(undo)
    assert counts == {"portal": 1}
    assert outcomes(answer.json()) == {chat_id: ("done", None)}
    assert pinned(operator.sandbox) == before
    again = operator.undo(undo)
    assert (again.status, again.json()["error"]) == (409, "undo_expired")


def test_unpin_and_its_undo(operator: Frame) -> None:
    chat_id = own(operator, pinned=True)[0]
    answer = operator.act("unpin", chat_id).json()
    assert outcomes(answer) == {chat_id: ("done", None)}
    assert chat_id not in pinned(operator.sandbox)
    operator.undo(answer["undo"]["id"])
    assert chat_id in pinned(operator.sandbox)


def test_what_was_so_already_is_said_and_has_no_undo(operator: Frame) -> None:
    chat_id = own(operator, pinned=True)[0]
    answer = operator.act("pin", chat_id).json()
    assert outcomes(answer) == {chat_id: ("already", None)}
    assert answer["undo"] is None


def test_pin_all_pins_every_own_dialog_and_undo_gives_back_exactly_those(operator: Frame) -> None:
    before, wanted = pinned(operator.sandbox), set(own(operator, pinned=False))
    answer = operator.act("pin_all").json()
    done = {chat_id for chat_id, (outcome, _) in outcomes(answer).items() if outcome == "done"}
    assert done == pinned(operator.sandbox) - before
    assert wanted <= done
    assert answer["undo"]["count"] == len(done)
    give_back(operator, answer["undo"])
    assert pinned(operator.sandbox) == before


def test_pin_all_that_takes_longer_than_we_wait_says_what_is_so_and_no_more(operator: Frame) -> None:
    """The portal switches one after another and goes on after we have hung up (page session.mode.pinAll)."""
    wanted = set(own(operator, pinned=False))
    operator.sandbox.switch(latency={"imopenlines.session.mode.pinAll": 15 / len(wanted)})
    answer = operator.act("pin_all").json()
    held = pinned(operator.sandbox)
    told = outcomes(answer)
    done = {chat_id for chat_id, (outcome, _) in told.items() if outcome == "done"}
    assert set(told) == wanted
    assert done
    assert done <= held, "pinned was said of what is not"
    assert {told[chat_id] for chat_id in wanted - done} == {("unconfirmed", "timeout")}
    assert {dialog["chat_id"] for dialog in answer["dialogs"] if dialog["pinned"]} <= held
    assert answer["undo"]["count"] == len(done)
    until = time.monotonic() + 30
    while not wanted <= pinned(operator.sandbox):
        assert time.monotonic() < until, "the portal stopped halfway"
        time.sleep(0.2)
    listed = {chat_id for chat_id, dialog in operator.dialogs().items() if dialog["pinned"]}
    assert listed == pinned(operator.sandbox)


def test_unpin_all_and_undo_pins_again_exactly_what_was_pinned(operator: Frame) -> None:
    before = pinned(operator.sandbox)
    assert len(before) > 3
    answer = operator.act("unpin_all").json()
    assert pinned(operator.sandbox) == set()
    done = {chat_id for chat_id, (outcome, _) in outcomes(answer).items() if outcome == "done"}
    assert done == before
    give_back(operator, answer["undo"])
    assert pinned(operator.sandbox) == before


def test_undo_of_unpin_all_says_what_has_left(operator: Frame) -> None:
    before = pinned(operator.sandbox)
    undo = operator.act("unpin_all").json()["undo"]
    left = min(before)
    operator.sandbox.act("close", chat_id=left)
    results = give_back(operator, undo)
    assert results[left][0] == "gone"
    assert pinned(operator.sandbox) - {left} == before - {left}


def test_silent_where_the_portal_tells(operator: Frame) -> None:
    operator.sandbox.switch(silent_scope="chat")
    chat_id = own(operator)[0]
    with operator.sandbox.counting() as counts:
        answer = operator.act("silence", chat_id).json()
    assert counts == {"portal": 1}
    assert outcomes(answer) == {chat_id: ("done", None)}
    assert operator.sandbox.truth(27)[chat_id]["silent"]
    dialog = operator.dialogs()[chat_id]
    assert (dialog["silent"], dialog["silent_source"]) == (True, "portal")
    operator.undo(answer["undo"]["id"])
    assert not operator.sandbox.truth(27)[chat_id]["silent"]


def test_silent_where_the_portal_does_not_tell(operator: Frame) -> None:
    operator.sandbox.switch(silent_scope="personal")
    for chat_id in own(operator)[:3]:
        answer = operator.act("silence", chat_id).json()
    assert outcomes(answer) == {chat_id: ("unconfirmed", "not_told")}
    dialog = operator.dialogs()[chat_id]
    assert (dialog["silent"], dialog["silent_source"]) == (True, "here")
    assert dialog["silent_since"]
    answer = operator.act("unsilence", chat_id).json()
    assert outcomes(answer) == {chat_id: ("unconfirmed", "not_told")}
    assert operator.dialogs()[chat_id]["silent"] is False


@pytest.mark.parametrize(("switch", "code"), [("forbidden", "here_only"), ("allowed", None)])
def test_top_always_works_and_says_where(operator: Frame, switch: str, code: str | None) -> None:
    operator.sandbox.switch(recent_pin_lines=switch)
    chat_id = own(operator)[0]
    answer = operator.act("top", chat_id).json()
    assert outcomes(answer) == {chat_id: ("done", code)}
    assert operator.dialogs()[chat_id]["top"] is True
    operator.undo(answer["undo"]["id"])
    assert operator.dialogs()[chat_id]["top"] is False


def test_the_order_of_top_is_the_operators(operator: Frame) -> None:
    first, second, third = own(operator)[:3]
    operator.act("top", first, second, third)
    reply = operator.request("PUT", "/api/top", {"chat_ids": [third, first, second]})
    assert reply.status == 200, reply.text
    dialogs = operator.dialogs()
    assert sorted((first, second, third), key=lambda chat: dialogs[chat]["top_rank"]) == [
        third,
        first,
        second,
    ]


def test_a_colleagues_dialog_is_refused_with_a_reason(operator: Frame) -> None:
    operator.sandbox.reset("facts", installed=True)
    Frame(operator.sandbox, user_id=1).install()
    operator.open()
    dialogs = operator.dialogs().values()
    chat_id = next(
        d["chat_id"] for d in dialogs if not d["mine"] and d["stage"] != "queue" and not d["pinned"]
    )
    answer = operator.act("pin", chat_id).json()
    assert outcomes(answer) == {chat_id: ("refused", "")}
    assert answer["undo"] is None


def test_foreign_and_closed_chats_are_results_not_errors(operator: Frame) -> None:
    open_chat, closed_chat = own(operator, pinned=False)[:2]
    operator.sandbox.act("close", chat_id=closed_chat)
    reply = operator.act("pin", open_chat, closed_chat, 987654)
    assert reply.status == 200
    found = outcomes(reply.json())
    assert found[open_chat] == ("done", None)
    assert found[987654] == ("gone", "unknown")
    assert found[closed_chat][0] == "gone"


def test_yes_of_the_portal_is_not_proof(operator: Frame) -> None:
    """Unpinning says true and, for an operator who is offline, gives the dialog away: the list decides."""
    chat_id = own(operator, pinned=True)[0]
    operator.sandbox.act("set_offline", user_id=27)
    answer = operator.act("unpin", chat_id).json()
    assert outcomes(answer) == {chat_id: ("gone", "requeued")}


def test_several_in_one_request(operator: Frame) -> None:
    chats = own(operator, pinned=False)[:5]
    with operator.sandbox.counting() as counts:
        answer = operator.act("pin", *chats).json()
    assert counts == {"portal": 1}
    assert set(outcomes(answer)) == set(chats)
    assert set(chats) <= pinned(operator.sandbox)
    operator.undo(answer["undo"]["id"])
    assert not set(chats) & pinned(operator.sandbox)
