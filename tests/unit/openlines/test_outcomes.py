"""Outcomes: the list decides, `true` proves nothing."""

from typing import Any

import pytest

from app.bitrix24.errors import RestError, classify
from app.openlines.actions import ACTIONS
from app.openlines.model import Dialog
from app.openlines.outcomes import Attempt, carried_out, decide, gone
from app.openlines.selection import left_out, selected, switched


def dialog(**changes: Any) -> Dialog:
    values: dict[str, Any] = {
        "chat_id": 1,
        "dialog_id": "chat1",
        "session_id": 7,
        "status": 20,
        "stage": "work",
        "title": "A",
        "client_name": "A",
        "client_user_id": 4,
        "line_id": 2,
        "line_name": "",
        "connector": "x",
        "mine": True,
        "responsible": None,
        "pinned": False,
        "silent": None,
    }
    return Dialog(**(values | changes))


OFF, ON = dialog(), dialog(pinned=True)


def pin(
    before: Dialog | None,
    after: Dialog | None,
    *,
    error: RestError | None = None,
    name: str = "pin",
    **more: Any,
) -> tuple[str, str | None]:
    values: dict[str, Any] = {"before_sure": True, "answered": error is None, "read_back": True}
    return tuple(decide(ACTIONS[name], Attempt(before=before, after=after, error=error, **(values | more))))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (pin(OFF, ON), ("done", None)),
        (pin(ON, ON), ("already", None)),
        (pin(ON, ON, before_sure=False), ("unconfirmed", None)),
        (pin(ON, ON, before_sure=False, answered=False), ("unconfirmed", "timeout")),
        (pin(OFF, OFF), ("unconfirmed", "not_seen")),
        (pin(OFF, None), ("gone", "unknown")),
        (pin(OFF, None, read_back=False), ("unconfirmed", "no_read_back")),
        (pin(OFF, None, read_back=False, answered=False), ("unconfirmed", "timeout")),
        (pin(OFF, ON, answered=False), ("done", None)),
        (pin(OFF, OFF, answered=False), ("unconfirmed", "timeout")),
        (pin(OFF, OFF, error=classify("", 400)), ("refused", "")),
        (pin(OFF, OFF, error=classify("", 400), name="silence"), ("refused", "")),
        (pin(OFF, OFF, error=classify("ACCESS_DENIED", 403)), ("refused", "ACCESS_DENIED")),
        (pin(OFF, ON, error=classify("ACCESS_DENIED", 403)), ("refused", "ACCESS_DENIED")),
        (pin(OFF, ON, error=classify("INTERNAL_SERVER_ERROR", 500)), ("done", None)),
        (pin(OFF, OFF, error=classify("INTERNAL_SERVER_ERROR", 500)), ("refused", "INTERNAL_SERVER_ERROR")),
        (pin(OFF, None, error=classify("ACCESS_DENIED", 403)), ("gone", "unknown")),
        (
            pin(OFF, OFF, error=classify("ERROR_METHOD_NOT_FOUND", 404)),
            ("unsupported", "ERROR_METHOD_NOT_FOUND"),
        ),
        (pin(OFF, OFF, error=classify("insufficient_scope", 403)), ("unsupported", "insufficient_scope")),
        (pin(OFF, OFF, error=classify("OPERATION_TIME_LIMIT", 429)), ("failed", "operation_time_limit")),
        (pin(OFF, OFF, error=classify("QUERY_LIMIT_EXCEEDED", 503)), ("failed", "rate_limited")),
        (pin(ON, None, name="unpin"), ("gone", "requeued")),
        (pin(dialog(pinned=True, status=40), None, name="unpin"), ("gone", "unknown")),
        (pin(dialog(stage="closing", status=50), None), ("gone", "closed")),
        (pin(OFF, OFF, told=False, name="silence"), ("unconfirmed", "not_told")),
        (pin(dialog(silent=True), dialog(silent=True), told=False, name="silence"), ("already", "not_told")),
        (pin(OFF, OFF, told=False, answered=False, name="silence"), ("unconfirmed", "timeout")),
    ],
)
def test_outcomes(found: tuple[str, str | None], expected: tuple[str, str | None]) -> None:
    assert found == expected


def test_what_left_before_it_was_sent_was_not_requeued_by_us() -> None:
    assert gone(ACTIONS["unpin"], ON, sent=False) == ("gone", "unknown")
    assert gone(ACTIONS["unpin"], ON) == ("gone", "requeued")


def test_only_what_was_carried_out_can_be_taken_back() -> None:
    assert carried_out("done", None)
    assert carried_out("done", "here_only")
    assert carried_out("unconfirmed", "not_told")
    for outcome, code in (
        ("already", None),
        ("already", "not_told"),
        ("unconfirmed", "timeout"),
        ("gone", None),
    ):
        assert not carried_out(outcome, code)


def test_the_registry_sends_exact_letters() -> None:
    assert ACTIONS["pin"].command(5) == (
        "imopenlines.session.mode.pin",
        {"CHAT_ID": 5, "ACTIVATE": "Y"},
    )
    assert ACTIONS["unpin"].command(5)[1]["ACTIVATE"] == "N"
    assert ACTIONS["silence"].command(5)[1]["ACTIVATE"] == "Y"
    assert ACTIONS["unsilence"].command(5)[1]["ACTIVATE"] == "N"
    assert ACTIONS["top"].command(5)[1] == {"DIALOG_ID": "chat5", "PIN": "Y", "ACTION": "Y"}
    assert ACTIONS["untop"].command(5)[1] == {"DIALOG_ID": "chat5", "PIN": "N", "ACTION": "N"}
    assert set(ACTIONS) == {
        "pin",
        "unpin",
        "pin_all",
        "unpin_all",
        "silence",
        "unsilence",
        "top",
        "untop",
        "answer",
        "skip",
    }
    for name in ("answer", "skip"):
        assert ACTIONS[name].command(5) == (f"imopenlines.operator.{name}", {"CHAT_ID": 5})


def test_what_pin_all_touches() -> None:
    rows = [
        dialog(chat_id=1),
        dialog(chat_id=2, pinned=True),
        dialog(chat_id=3, mine=False),
        dialog(chat_id=4, stage="queue", status=0),
        dialog(chat_id=5, stage="closing", status=50),
        dialog(chat_id=6, stage="answered", status=40),
    ]
    assert [row.chat_id for row in selected(ACTIONS["pin"], rows)] == [1, 6]
    assert [row.chat_id for row in selected(ACTIONS["unpin"], rows)] == [2]


@pytest.mark.parametrize(
    ("raw", "ids"),
    [(b"[7,8]", {7, 8}), (b'["7"]', {7}), (b'{"0":7,"2":8}', {7, 8}), (b"[]", set()), (b"true", None)],
)
def test_the_session_ids_that_the_portal_returns(raw: bytes, ids: set[int] | None) -> None:
    assert switched(raw) == ids
    assert left_out(dialog(session_id=9), ids) is (ids is not None)
    assert not left_out(dialog(session_id=7), {7})


OFFER = dialog(status=0, stage="queue", mine=False)
TAKEN = dialog(status=10)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (pin(OFFER, None, name="skip"), ("done", None)),
        (pin(OFFER, None, name="skip", answered=False), ("unconfirmed", "timeout")),
        (pin(OFFER, None, name="skip", whole=False), ("unconfirmed", "not_seen")),
        (pin(OFFER, OFFER, name="skip"), ("unconfirmed", "not_seen")),
        (pin(OFFER, TAKEN, name="answer"), ("done", None)),
        (pin(OFFER, None, name="answer"), ("gone", "unknown")),
        (pin(OFFER, None, name="answer", whole=False), ("unconfirmed", "not_seen")),
        (pin(OFFER, TAKEN, name="answer", error=classify("", 400)), ("already", None)),
        (pin(OFFER, None, name="answer", error=classify("", 400)), ("gone", "unknown")),
        (pin(OFFER, None, name="answer", error=classify("", 400), whole=False), ("refused", "")),
        (pin(OFFER, OFFER, name="answer", error=classify("", 400)), ("refused", "")),
        (pin(OFF, None, whole=False), ("unconfirmed", "not_seen")),
    ],
)
def test_a_missing_row_says_something_only_of_a_whole_list(
    found: tuple[str, str | None], expected: tuple[str, str | None]
) -> None:
    assert found == expected
