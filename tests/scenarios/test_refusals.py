"""Bad input and bad weather: each gets the status and code that the page knows, with a sentence."""

from typing import Any

import pytest

from tests.support.acting import outcomes, own
from tests.support.frame import Frame, Reply


def problem(reply: Reply) -> tuple[int, str]:
    """Status and code, after a look at the fixed shape."""
    body = reply.json()
    assert set(body) >= {"error", "message", "retry_after", "request_id"}
    assert body["message"].strip()
    assert body["request_id"]
    return reply.status, body["error"]


@pytest.mark.parametrize(
    "body",
    [
        {"chat_ids": "1763"},
        {"chat_ids": ["1763"]},
        {"chat_ids": [1.5]},
        {"chat_ids": [True]},
        {"chat_ids": [-1]},
        {"chat_ids": [0]},
        {"chat_ids": [10**30]},
        {"chat_ids": []},
        {"chat_ids": list(range(1, 52))},
        {"chat_ids": None},
        {"chat_ids": [1, 1]},
        {},
        [],
        "pin",
        {"chat_ids": [1763], "run": "x" * 500},
        {"chat_ids": [1763], "run": 7},
    ],
)
def test_a_wrong_body_is_refused(operator: Frame, body: Any) -> None:
    with operator.sandbox.counting() as counts:
        assert problem(operator.request("POST", "/api/actions/pin", body)) == (422, "invalid_request")
    assert counts == {}, "nothing reaches the portal"


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"chat_ids=1", b'{"chat_ids":[1],"chat_ids":[2]}', b"\xff\xfe", b"[" * 5000]
)
def test_what_is_not_json_is_refused(operator: Frame, raw: bytes) -> None:
    assert problem(operator.raw("/api/actions/pin", raw)) == (422, "invalid_request")


def test_a_huge_body_is_refused(operator: Frame) -> None:
    reply = operator.raw("/api/actions/pin", b'{"chat_ids":[' + b"1," * 200_000 + b"1]}")
    assert problem(reply)[0] in {413, 422}


def test_unknown_things_are_named(operator: Frame) -> None:
    assert problem(operator.act("explode", 1)) == (404, "unknown_action")
    assert problem(operator.undo("nothing-like-this")) == (409, "undo_expired")
    assert operator.get("/api/runs/nothing-like-this").status == 404
    assert operator.get("/api/dialogs/987654").status == 404
    assert operator.get("/api/nothing").status == 404


def test_operator_actions_take_no_chats(operator: Frame) -> None:
    assert problem(operator.act("pin_all", 1763)) == (422, "invalid_request")


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c", "é"])
def test_without_a_session_there_is_nothing(operator: Frame, token: str | None) -> None:
    headers = {} if token is None else {"X-B24-Session": token.encode("utf-8").decode("latin-1")}
    operator.token = None
    for method, path in (("GET", "/api/dialogs"), ("POST", "/api/actions/pin_all"), ("GET", "/api/journal")):
        assert problem(operator.request(method, path, None, **headers)) == (401, "session_expired")


def test_a_request_of_another_site_is_refused(operator: Frame) -> None:
    reply = operator.get("/api/dialogs", Origin="https://elsewhere.example")
    assert problem(reply) == (403, "forbidden")
    assert operator.get("/api/dialogs", Origin=operator.app_url).status == 200


def test_the_wrong_method_is_an_answer_of_the_same_shape(operator: Frame) -> None:
    assert problem(operator.get("/api/actions/pin"))[0] == 405


def test_a_known_list_outlives_a_broken_portal_and_says_so(operator: Frame) -> None:
    known = operator.dialogs()
    operator.sandbox.fault("502")
    reply = operator.get("/api/dialogs?fresh=1")
    assert reply.status == 200
    assert {dialog["chat_id"] for dialog in reply.json()["dialogs"]} == set(known)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "502"}, {(502, "portal_error"), (503, "portal_unavailable")}),
        ({"kind": "html"}, {(502, "portal_error"), (503, "portal_unavailable")}),
        ({"kind": "truncated"}, {(502, "portal_error")}),
        ({"kind": "503"}, {(429, "portal_busy")}),
        ({"kind": "429"}, {(429, "portal_busy")}),
        ({"kind": "reset"}, {(503, "portal_unavailable"), (502, "portal_error")}),
        ({"kind": "hang", "seconds": 20}, {(504, "portal_timeout")}),
        ({"kind": "drip", "seconds": 30}, {(504, "portal_timeout")}),
    ],
)
def test_a_portal_that_fails_is_told_apart(
    admin: Frame, fault: dict[str, Any], expected: set[tuple[int, str]]
) -> None:
    admin.sandbox.fault(**fault)
    frame = Frame(admin.sandbox)
    opened = frame.open()
    assert opened.status == 200
    assert frame.token
    found = problem(frame.get("/api/dialogs"))
    assert found in expected
    admin.sandbox.heal()


def test_an_action_during_a_fault_is_never_called_done(operator: Frame) -> None:
    chat_id = own(operator, pinned=False)[0]
    operator.sandbox.fault("502", method="batch")
    reply = operator.act("pin", chat_id)
    if reply.status == 200:
        assert outcomes(reply.json())[chat_id][0] in {"failed", "unconfirmed"}
    else:
        assert problem(reply)[0] in {502, 503}
    operator.sandbox.heal()
    assert operator.act("pin", chat_id).status == 200


def test_a_refused_rate_is_repeated_without_the_operator_noticing(operator: Frame) -> None:
    chat_id = own(operator, pinned=False)[0]
    operator.sandbox.fault("503", times=1)
    assert outcomes(operator.act("pin", chat_id).json()) == {chat_id: ("done", None)}


def test_a_lost_answer_is_settled_by_reading(operator: Frame) -> None:
    """The portal carried it out, only the answer was lost: not repeated blindly, read back instead."""
    chat_id = own(operator, pinned=False)[0]
    operator.sandbox.fault("reset", method="batch", times=1, after=True)
    operator.sandbox.forget()
    answer = operator.act("pin", chat_id).json()
    sent = [name for record in operator.sandbox.requests() for name in record["commands"]]
    assert sent.count("imopenlines.session.mode.pin") == 1
    assert outcomes(answer) == {chat_id: ("done", None)}
