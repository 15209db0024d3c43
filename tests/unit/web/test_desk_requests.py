"""The desk's own requests: sentences and statuses of refusals, strict bodies, foreign pages, the ETag."""

import json
from typing import Any

import pytest

from app.bitrix24 import errors as b24
from app.desk.model import Invalid, ListingBody, NotListed, UndoExpired, UnknownAction, UnknownRun
from tests.unit.web.told import Web

LIST = ListingBody(b'{"dialogs":[],"notices":[]}', "digest", "2026-11-20T12:00:00Z", wordless=True)


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (b24.ExpiredToken("expired_token", 401), 401, "session_expired", None),
        (b24.InvalidGrant("invalid_grant"), 401, "session_expired", None),
        (b24.AccessDenied("ACCESS_DENIED", 403), 403, "forbidden", None),
        (b24.NotInstalled("APPLICATION_NOT_FOUND", 401), 403, "forbidden", None),
        (b24.PaymentRequired("PAYMENT_REQUIRED"), 403, "forbidden", None),
        (UnknownAction("fly"), 404, "unknown_action", None),
        (UnknownRun("r"), 404, "not_found", None),
        (NotListed(1), 404, "not_found", None),
        (UndoExpired("u"), 409, "undo_expired", None),
        (Invalid("chat_ids:count"), 422, "invalid_request", None),
        (b24.PortalBusy(2.4), 429, "portal_busy", 3),
        (b24.RateLimited("QUERY_LIMIT_EXCEEDED", 503, 1.0), 429, "portal_busy", 1),
        (b24.OperationTimeLimit("OPERATION_TIME_LIMIT", 429), 429, "portal_busy", 10),
        (b24.BadAnswer("html"), 502, "portal_error", None),
        (b24.RestError("ODD", 400), 502, "portal_error", None),
        (b24.NotSent("refused"), 503, "portal_unavailable", None),
        (b24.TimedOut("late"), 504, "portal_timeout", None),
    ],
)
def test_every_error_has_its_answer(
    web: Web, error: Exception, status: int, code: str, retry_after: int | None
) -> None:
    web.desk.answer = error
    answer = web.client.get("/api/dialogs", headers=web.headers())
    body = answer.get_json()
    assert (answer.status_code, body["error"], body["retry_after"]) == (status, code, retry_after)
    assert answer.headers.get("Retry-After") == (str(retry_after) if retry_after else None)
    assert set(body) == {"error", "message", "retry_after", "request_id"}
    assert "error." not in body["message"]
    assert len(body["request_id"]) == 9


def test_an_unforeseen_error_says_nothing_of_itself(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    web.desk.answer = RuntimeError("token=secret-in-the-text")
    answer = web.client.get("/api/dialogs", headers=web.headers())
    assert (answer.status_code, answer.get_json()["error"]) == (500, "internal_error")
    assert "secret-in-the-text" not in answer.get_data(as_text=True)
    assert [record.levelname for record in caplog.records if record.message == "request failed"] == ["ERROR"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"chat_ids":"1"}',
        b'{"chat_ids":["1"]}',
        b'{"chat_ids":[true]}',
        b'{"chat_ids":[1.5]}',
        b'{"chat_ids":[0]}',
        b'{"chat_ids":[-1]}',
        b'{"chat_ids":[99999999999999999999]}',
        b'{"chat_ids":[1],"chat_ids":[2]}',
        b'{"chat_ids":[1],"user_id":1}',
        b'{"chat_ids":[1],"run":"../../x"}',
        b'{"chat_ids":[1],"run":""}',
        b'{"chat_ids":[1],"run":7}',
        b'{"chat_ids":[NaN]}',
        b'{"chat_ids":' + b"[" * 5000 + b"]" * 5000 + b"}",
        json.dumps({"chat_ids": list(range(1, 52))}).encode(),
        b"\xff\xfe",
    ],
)
def test_odd_bodies_are_refused_before_the_desk(web: Web, body: bytes) -> None:
    headers = web.headers(**{"Content-Type": "application/json"})
    answer = web.client.post("/api/actions/pin", data=body or b"\x00", headers=headers)
    assert (answer.status_code, answer.get_json()["error"]) == (422, "invalid_request")
    assert web.desk.calls == []


def test_an_unknown_action_is_named_before_its_body_is_read(web: Web) -> None:
    headers = web.headers(**{"Content-Type": "application/json"})
    answer = web.client.post("/api/actions/explode", data=b"{", headers=headers)
    assert (answer.status_code, answer.get_json()["error"]) == (404, "unknown_action")


def test_a_form_is_no_json(web: Web) -> None:
    answer = web.client.post("/api/actions/pin", data={"chat_ids": "1"}, headers=web.headers())
    assert answer.status_code == 422


def test_an_oversized_body_is_refused(web: Web) -> None:
    headers = web.headers(**{"Content-Type": "application/json"})
    answer = web.client.post("/api/actions/pin", data=b" " * 300_000, headers=headers)
    assert (answer.status_code, answer.get_json()["error"]) == (413, "invalid_request")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=1&limit=2", "chat_id=-1", "limit=9999", "limit=٣", "before=zzz"]
)
def test_odd_queries_are_refused(web: Web, query: str) -> None:
    answer = web.client.get(f"/api/journal?{query}", headers=web.headers())
    assert (answer.status_code, answer.get_json()["error"]) == (422, "invalid_request")


def test_an_empty_query_parameter_counts_as_absent(web: Web) -> None:
    web.desk.answer = []
    answer = web.client.get("/api/journal?limit=&before=&chat_id=", headers=web.headers())
    assert (answer.status_code, answer.get_json()["entries"]) == (200, [])
    ((_, asked, _),) = web.desk.calls
    assert asked[1:4] == (None, 50, None)


def test_good_bodies_arrive_as_they_are(web: Web) -> None:
    web.desk.answer = LookupError("enough")
    web.client.post("/api/actions/pin", json={"chat_ids": [3, 1], "run": "r-1"}, headers=web.headers())
    web.client.post("/api/actions/pin_all", json={}, headers=web.headers())
    (first, arguments, _), (_, others, _) = web.desk.calls
    assert (first, arguments[1:]) == ("act", ("pin", [3, 1], "r-1"))
    assert others[1:] == ("pin_all", [], None)
    assert arguments[0] == web.operator()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "https://pinline.example", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://pinline.example.evil.example"}, 403),
        ({"Origin": "http://pinline.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_other_sites_are_refused(web: Web, headers: dict[str, str], status: int) -> None:
    web.desk.answer = LIST
    assert web.client.get("/api/dialogs", headers=web.headers(**headers)).status_code == status


@pytest.mark.parametrize("path", ["/api/dialogs", "/api/journal", "/api/dialogs/5", "/api/runs/x"])
def test_nobody_is_let_in_without_a_session(web: Web, path: str) -> None:
    for headers in ({}, {"X-B24-Session": ""}, {"X-B24-Session": "forged.token.here"}):
        answer = web.client.get(path, headers=headers)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "session_expired")
    assert web.desk.calls == []


def test_an_unchanged_list_is_not_sent_again(web: Web) -> None:
    web.desk.answer = LIST
    first = web.client.get("/api/dialogs", headers=web.headers())
    tag = first.headers["ETag"]
    again = web.client.get("/api/dialogs", headers=web.headers(**{"If-None-Match": tag}))
    assert (again.status_code, again.get_data(), again.headers["X-As-Of"]) == (304, b"", LIST.as_of)
    for known in ("*", f"W/{tag}", f'"another", {tag}'):
        same = web.client.get("/api/dialogs", headers=web.headers(**{"If-None-Match": known}))
        assert (same.status_code, same.headers["ETag"]) == (304, tag)
    for others in ('"another"', f'"more-{tag[1:]}', f'"a{tag}b"'):
        other = web.client.get("/api/dialogs", headers=web.headers(**{"If-None-Match": others}))
        assert (other.status_code, other.get_json()) == (200, {"dialogs": [], "notices": []})


def test_unknown_addresses_and_methods_answer_json(web: Web) -> None:
    missing: Any = web.client.get("/api/none", headers=web.headers())
    assert (missing.status_code, missing.get_json()["error"]) == (404, "not_found")
    wrong = web.client.delete("/api/dialogs", headers=web.headers())
    assert (wrong.status_code, wrong.get_json()["error"]) == (405, "not_allowed")
    assert set(wrong.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert "Allow" not in missing.headers


@pytest.mark.parametrize(("path", "method"), [("/events", "GET"), ("/", "POST"), ("/install", "GET")])
def test_a_wrong_method_names_the_right_ones(web: Web, path: str, method: str) -> None:
    answer = web.client.open(path, method=method)
    allowed = answer.headers["Allow"].split(", ")
    assert answer.status_code == 405
    assert method not in allowed
    assert {"GET", "POST"} & set(allowed)


def test_refusals_speak_the_operators_language(web: Web) -> None:
    headers = {"Accept-Language": "ru", "Accept": "application/json"}
    assert "Вход" in web.client.get("/api/dialogs", headers=headers).get_json()["message"]
