"""REST calls: what goes out, how refusals are told apart, and what is sent again."""

import time
import traceback

import pytest

from app.bitrix24.answer import Answer
from app.bitrix24.batch import Command
from app.bitrix24.envelope import Envelope, open_envelope
from app.bitrix24.errors import (
    AccessDenied,
    BadAnswer,
    ExpiredToken,
    MethodNotFound,
    NotInstalled,
    PortalBusy,
    RestError,
    TransportError,
)
from app.bitrix24.net import MAX_BODY
from app.bitrix24.trace import request_id
from tests.unit.bitrix24.bench import READ, WRITE, Bench
from tests.unit.bitrix24.wire import Answerer, Wire, body, close, raw, reply


def test_a_call_carries_json_with_the_token_inside() -> None:
    with Wire(reply({"result": [1], "time": {}})) as wire:
        assert Bench(wire).call() == b"[1]"
    request = wire.requests[0]
    assert (request.method, request.path) == ("POST", "/rest/im.recent.get")
    assert request.json() == {"A": [1], "auth": "canary-access-token"}
    assert "authorization" not in request.headers


@pytest.mark.parametrize("result", ["null", "0", "false", "[]", '""', '{"a":{}}'])
def test_any_result_is_a_result(result: str) -> None:
    with Wire(body(f'{{"result": {result}}}'.encode())) as wire:
        assert Bench(wire).call() == result.encode()


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (reply({"error": "expired_token"}, 401), ExpiredToken, "expired_token"),
        (reply({"error": "EXPIRED_TOKEN"}, 200), ExpiredToken, "EXPIRED_TOKEN"),
        (reply({"error": "insufficient_scope"}, 401), AccessDenied, "insufficient_scope"),
        (reply({"error": "ACCESS_DENIED", "error_description": "x"}, 403), AccessDenied, "ACCESS_DENIED"),
        (reply({"error": "APPLICATION_NOT_FOUND"}, 401), NotInstalled, "APPLICATION_NOT_FOUND"),
        (reply({"error": "ERROR_METHOD_NOT_FOUND"}, 404), MethodNotFound, "ERROR_METHOD_NOT_FOUND"),
        (reply({"error": "", "error_description": "no"}, 400), RestError, ""),
        (reply({"error": ""}, 200), RestError, ""),
        (reply({"error": None, "error_description": "no"}, 400), RestError, ""),
        (reply({"error": 0}, 400), RestError, "0"),
        (reply({"error": 121}, 400), RestError, "121"),
        (reply({"error": {"code": "V3_CODE", "message": "no"}}, 400), RestError, "V3_CODE"),
        (reply({"error": "A\nB <script>", "result": None}, 400), RestError, "A_B_script"),
        (reply({"error": "x" * 500}, 400), RestError, "x" * 64),
    ],
)
def test_the_body_tells_the_error(answer: Answerer, error: type[RestError], code: str) -> None:
    with Wire(answer) as wire:
        with pytest.raises(RestError) as caught:
            Bench(wire).call()
        assert type(caught.value) is error
        assert caught.value.code == code
        assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>502</body></html>",
        b'{"result": [1, 2',
        b"[]",
        b"[1]",
        b"null",
        b'"text"',
        b"{}",
        b'{"time": {}}',
        b'{"result": NaN}',
        b'{"result": "\xff\xfe"}',
        b'{"result": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_no_rest_answer_is_a_bad_answer(content: bytes) -> None:
    with Wire(body(content)) as wire, pytest.raises(BadAnswer):
        Bench(wire).call(WRITE)
    assert len(wire.requests) == 1


def test_an_answer_of_far_too_many_parts_is_not_taken_apart() -> None:
    """As large as any that is read; the control is the densest that an honest portal could send."""
    list_of = b'{"result": {"result": {"list": [%s0]}}}'
    with pytest.raises(BadAnswer, match="parts"):
        open_envelope(Answer(200, {}, list_of % (b"0," * (MAX_BODY // 2 - 30))))
    rows = list_of % (b'{"id":"chat1705","chat_id":1705},' * 400_000)
    assert rows.count(b",") == 800_000
    assert len(rows) < MAX_BODY
    assert len(open_envelope(Answer(200, {}, rows)).result) > len(rows) - 20


def test_half_headers_are_a_bad_answer() -> None:
    with Wire(raw(b"HTTP/1.1 200 OK\r\nContent-")) as wire, pytest.raises(BadAnswer):
        Bench(wire).call(WRITE)


def test_a_number_of_any_length_does_no_harm() -> None:
    with Wire(body(b'{"result": ' + b"9" * 5000 + b"}")) as wire:
        assert len(Bench(wire).call()) == 5000


def test_what_is_recorded() -> None:
    mark = request_id.set("request-1")
    with Wire(reply({"result": 1}), reply({"error": "ERROR_CORE"}, 400), close()) as wire:
        bench = Bench(wire)
        bench.call(user_id=27)
        for error in (RestError, TransportError):
            with pytest.raises(error):
                bench.call(WRITE)
    request_id.reset(mark)
    found = [(record.outcome, record.status, record.method) for record in bench.records]
    assert found == [("ok", 200, READ), ("ERROR_CORE", 400, WRITE), ("broken_off", None, WRITE)]
    first = bench.records[0]
    assert (first.member_id, first.user_id, first.request_id) == ("member", 27, "request-1")
    assert first.duration_ms > 0
    assert "canary" not in repr(bench.records)


def test_a_batch_is_recorded_with_its_methods() -> None:
    answer = {"result": {"result": {"a": 1}, "result_error": {"b": {"error": ""}}}}
    with Wire(reply(answer)) as wire:
        bench = Bench(wire)
        commands = [Command("a", READ), Command("b", WRITE, {"CHAT_ID": 7, "ACTIVATE": "Y"})]
        found = bench.client.batch(bench.access, "member", commands)
    assert wire.requests[0].path == "/rest/batch"
    assert wire.requests[0].json() == {
        "halt": 0,
        "cmd": {"a": READ, "b": f"{WRITE}?CHAT_ID=7&ACTIVATE=Y"},
        "auth": "canary-access-token",
    }
    assert bytes(found.results["a"]) == b"1"
    assert found.errors["b"].code == ""
    assert bench.records[0].commands == (READ, WRITE)
    assert bench.records[0].outcome == "partial"


def test_a_batch_with_one_write_is_a_write() -> None:
    with Wire(close(), reply({"result": {"result": []}})) as wire:
        bench = Bench(wire)
        with pytest.raises(TransportError):
            bench.client.batch(bench.access, "member", [Command("a", READ), Command("b", WRITE)])
        assert len(wire.requests) == 1
        bench.client.batch(bench.access, "member", [Command("a", READ), Command("b", "profile")])


def test_a_whole_batch_can_be_refused() -> None:
    with Wire(reply({"error": "expired_token"}, 401)) as wire:
        bench = Bench(wire)
        with pytest.raises(ExpiredToken):
            bench.client.batch(bench.access, "member", [Command("a", READ)])


@pytest.mark.parametrize("method", ["", "a/b", "../x", "a?b", "a.", ".a", "a b", "é", "a" * 200])
def test_a_method_is_a_name(method: str) -> None:
    with Wire(reply({"result": 1})) as wire:
        with pytest.raises(ValueError, match="method"):
            Bench(wire).call(method)
        assert not wire.requests


def test_the_budget_is_asked_before_anything_is_sent() -> None:
    with Wire(reply({"result": 1})) as wire:
        bench = Bench(wire, rate=0.01, burst=2, wait=0.0)
        bench.call()
        bench.call()
        with pytest.raises(PortalBusy) as caught:
            bench.call()
        assert caught.value.retry_after > 10
        assert len(wire.requests) == 2


def test_the_wait_for_the_budget_is_part_of_the_time() -> None:
    with Wire(reply({"result": 1})) as wire:
        bench = Bench(wire, rate=0.5, burst=1, wait=30.0)
        bench.call()
        began = time.monotonic()
        with pytest.raises(PortalBusy):
            bench.client.batch(bench.access, "member", [Command("a", READ)], seconds=1.0)
        assert time.monotonic() - began < 1.0
        assert len(wire.requests) == 1


@pytest.mark.parametrize(("method", "sent"), [(READ, 1), (WRITE, 0)])
def test_a_write_that_could_not_be_waited_for_is_not_begun(method: str, sent: int) -> None:
    with Wire(reply({"result": {"result": {"a": 5}}})) as wire:
        bench = Bench(wire)
        try:
            bench.client.batch(bench.access, "member", [Command("a", method)], seconds=1.5)
        except PortalBusy:
            assert method == WRITE
        assert len(wire.requests) == sent


def test_an_error_that_is_kept_keeps_no_answer() -> None:
    with Wire(body(b'{"result":"' + b"x" * 1_000_000 + b'"}')) as wire:
        bench = Bench(wire)
        with pytest.raises(BadAnswer) as caught:
            bench.client.batch(bench.access, "portal", [Command("me", "profile")], write=False)
    held: list[BaseException] = [caught.value]
    while (before := held[-1].__context__) is not None:
        held.append(before)
    frames = [frame for each in held for frame, _ in traceback.walk_tb(each.__traceback__)]
    values = [value for frame in frames for value in frame.f_locals.values()]
    assert not any(isinstance(value, Answer | Envelope) for value in values)
