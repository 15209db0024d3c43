"""What is sent again: refusals before execution, reads once, and never a write that may have happened."""

import socket
import time

import pytest

from app.bitrix24.errors import (
    BadAnswer,
    BitrixError,
    NotSent,
    OperationTimeLimit,
    PortalBusy,
    RateLimited,
    TimedOut,
    TransportError,
)
from app.bitrix24.net import Network
from tests.unit.bitrix24.bench import READ, WRITE, Bench
from tests.unit.bitrix24.wire import Answerer, Request, Wire, body, close, hang, head, raw, reply, reset

FULL = reply({"error": "QUERY_LIMIT_EXCEEDED"}, 503, {"Retry-After": "1"})
MUTE = [body(b"<html>503</html>", 503), body(b"", 503), body(b"Too many requests", 429)]


@pytest.mark.parametrize("method", [READ, WRITE])
def test_a_refusal_because_of_the_rate_is_repeated_for_reads_and_writes(method: str) -> None:
    with Wire(FULL, reply({"result": 7})) as wire:
        assert Bench(wire).call(method) == b"7"
        assert len(wire.requests) == 2


@pytest.mark.parametrize("mute", MUTE)
def test_a_refusal_that_says_nothing_is_repeated_for_reads(mute: Answerer) -> None:
    with Wire(mute, reply({"result": 7})) as wire:
        assert Bench(wire).call(READ) == b"7"
        assert len(wire.requests) == 2


@pytest.mark.parametrize("mute", MUTE)
def test_a_write_behind_a_refusal_that_says_nothing_may_have_been_carried_out(mute: Answerer) -> None:
    with Wire(mute, reply({"result": 7})) as wire:
        bench = Bench(wire)
        with pytest.raises(BadAnswer):
            bench.call(WRITE)
        assert len(wire.requests) == 1
    assert [record.outcome for record in bench.records] == ["bad_answer"]


def test_refusals_are_repeated_twice_at_most_within_three_seconds() -> None:
    with Wire(FULL) as wire:
        bench = Bench(wire)
        began = time.monotonic()
        with pytest.raises((RateLimited, PortalBusy)) as caught:
            bench.call()
        assert time.monotonic() - began < 6
        assert 2 <= len(wire.requests) <= 3
        assert caught.value.retry_after is not None
        with pytest.raises(PortalBusy):  # and everybody else knows
            bench.call(priority="background")
        assert len(wire.requests) <= 3


def test_a_portal_that_asks_for_more_than_three_seconds_is_not_asked_again() -> None:
    with Wire(reply({"error": "QUERY_LIMIT_EXCEEDED"}, 503, {"Retry-After": "20"})) as wire:
        with pytest.raises(RateLimited) as caught:
            Bench(wire).call()
        assert len(wire.requests) == 1
    assert caught.value.retry_after is not None
    assert 20 <= caught.value.retry_after <= 24


@pytest.mark.parametrize("where", ["time", "top"])
def test_the_operating_limit_is_never_repeated_and_says_when(where: str) -> None:
    reset_at = int(time.time()) + 120
    told = (
        {"time": {"operating_reset_at": reset_at}}
        if where == "time"
        else {"operating_reset_at": str(reset_at)}
    )
    with Wire(reply({"error": "OPERATION_TIME_LIMIT", **told}, 429)) as wire:
        with pytest.raises(OperationTimeLimit) as caught:
            Bench(wire).call()
        assert len(wire.requests) == 1
    assert caught.value.retry_after is not None
    assert 110 < caught.value.retry_after <= 120


@pytest.mark.parametrize("told", [{}, {"time": {"operating_reset_at": "soon"}}, {"time": []}])
def test_the_operating_limit_without_a_time_means_ten_seconds(told: dict[str, object]) -> None:
    answer = reply({"error": "operation_time_limit", **told}, 429)
    with Wire(answer) as wire, pytest.raises(OperationTimeLimit) as caught:
        Bench(wire).call()
    assert caught.value.retry_after == 10


TRANSIENT = [
    body(b"<html>502</html>", 502),
    body(b"", 504),
    body(b"", 200),
    reply({"error": "INTERNAL_SERVER_ERROR"}, 500),
    reset(),
    close(),
    raw(head(200, {"Content-Length": "100"}) + b"{"),
    body(b"broken", headers={"Content-Encoding": "gzip"}),
]


@pytest.mark.parametrize("fault", TRANSIENT)
def test_a_read_that_broke_off_is_repeated_once(fault: Answerer) -> None:
    with Wire(fault, reply({"result": 7})) as wire:
        assert Bench(wire).call(READ) == b"7"
        assert len(wire.requests) == 2


@pytest.mark.parametrize("fault", TRANSIENT)
def test_a_write_that_may_have_been_carried_out_is_not_repeated(fault: Answerer) -> None:
    with Wire(fault, reply({"result": 7})) as wire:
        with pytest.raises(BitrixError):
            Bench(wire).call(WRITE)
        assert len(wire.requests) == 1


def test_repeats_stop_after_the_first() -> None:
    with Wire(TRANSIENT[0]) as wire:
        with pytest.raises(BadAnswer):
            Bench(wire).call(READ)
        assert len(wire.requests) == 2


def test_a_failing_portal_is_not_asked_twice_as_often() -> None:
    with Wire(TRANSIENT[0]) as wire:
        bench = Bench(wire, rate=1000.0, burst=1000)
        for _ in range(100):
            with pytest.raises(BadAnswer):
                bench.call(READ)
        assert 100 < len(wire.requests) <= 121


def test_a_portal_that_is_full_is_not_asked_twice_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.bitrix24.rest._RATE_PAUSE", 0.001)
    with Wire(reply({"error": "QUERY_LIMIT_EXCEEDED"}, 503)) as wire:
        bench = Bench(wire, rate=1000.0, burst=1000)
        for _ in range(100):
            with pytest.raises(RateLimited):
                bench.call(WRITE)
        assert 105 < len(wire.requests) <= 121


def test_a_refusal_and_a_break_are_three_attempts_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.bitrix24.rest._RATE_PAUSE", 0.001)
    limited = reply({"error": "QUERY_LIMIT_EXCEEDED"}, 503)
    with Wire(close(), limited, close()) as wire:
        with pytest.raises(TransportError):
            Bench(wire).call(READ)
        assert len(wire.requests) == 3


@pytest.mark.parametrize("end", [close(), reset()])
def test_a_kept_connection_that_closes_on_a_read_costs_one_attempt_like_any_other(end: Answerer) -> None:
    with Wire(reply({"result": 1}), end, reply({"result": 7})) as wire:
        bench = Bench(wire, rate=0.01, burst=3)
        bench.call(READ)
        began = time.monotonic()
        assert bench.call(READ) == b"7"
        assert time.monotonic() - began < 1.0
        assert [record.outcome for record in bench.records] == ["ok", "broken_off", "ok"]
        with pytest.raises(PortalBusy):  # each of the three took its place in the budget
            bench.call(READ, priority="background")
        assert [request.connection for request in wire.requests] == [1, 1, 2]


def test_a_portal_that_closes_every_kept_connection_is_asked_on_new_ones_in_the_end() -> None:
    def once(sock: socket.socket, request: Request) -> bool:
        """The first request of a connection is answered."""
        if request.connection in seen:
            return False
        seen.add(request.connection)
        return reply({"result": 7})(sock, request)

    seen: set[int] = set()
    with Wire(once) as wire:
        bench = Bench(wire, rate=1000.0, burst=1000)
        for _ in range(100):
            assert bench.call(READ) == b"7"
        assert 105 < len(wire.requests) == len(bench.records) <= 121


def test_a_read_that_timed_out_is_not_repeated() -> None:
    with Wire(hang(), reply({"result": 7})) as wire:
        bench = Bench(wire)
        bench.client._network.post_json = _short(bench.client._network)  # type: ignore[method-assign]
        with pytest.raises(TimedOut):
            bench.call(READ)
        assert len(wire.requests) == 1


def _short(network: Network):  # type: ignore[no-untyped-def]
    """The same network with a deadline of one second, to keep the test short."""
    real = network.post_json
    return lambda url, content, *, deadline, **more: real(url, content, deadline=1.0, **more)


def test_a_closed_port_is_tried_again_and_then_told() -> None:
    with Wire(reply({})) as wire:
        bench = Bench(wire)
    with pytest.raises(NotSent):
        bench.call(WRITE)
    assert [record.outcome for record in bench.records] == ["not_sent", "not_sent"]
