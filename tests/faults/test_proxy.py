"""The fault proxy itself: each toxic does what it says, and heals."""

import http.client
import time
from collections import deque
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from tests.faults.proxy import Planned, Proxy, Toxics
from tests.faults.survival import within
from tests.support.serving import Says, serving

BODY = b"x" * 1000


class Answer(Says):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked += 1  # type: ignore[attr-defined]
        self.say(200, "text/plain", BODY)


@pytest.fixture
def upstream() -> Iterator[ThreadingHTTPServer]:
    with serving(Answer) as server:
        server.asked = 0  # type: ignore[attr-defined]
        yield server


@pytest.fixture
def proxy(upstream: ThreadingHTTPServer) -> Iterator[Proxy]:
    proxy = Proxy(upstream.server_address[1]).start()
    yield proxy
    proxy.stop()


def get(proxy: Proxy, timeout: float = 10) -> bytes:
    line = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=timeout)
    try:
        line.request("GET", "/")
        return line.getresponse().read()
    finally:
        line.close()


@pytest.mark.parametrize(
    ("orders", "least"),
    [({"latency": 0.6}, 1.1), ({"bandwidth": 500}, 1.5), ({"slicer": 5}, 1.5), ({"slow_close": 1.2}, 0.0)],
)
def test_slow_toxics_are_slow_and_complete(proxy: Proxy, orders: dict[str, float], least: float) -> None:
    with proxy.trouble(**orders):
        began = time.monotonic()
        assert get(proxy) == BODY
        assert time.monotonic() - began >= least
        within(5, lambda: proxy.struck)  # of a slow end the client need not know
    with proxy.trouble():
        assert get(proxy) == BODY
    assert not proxy.struck


@pytest.mark.parametrize("orders", [{"down": True}, {"reset": True}, {"limit_data": 300}])
def test_breaking_toxics_break_and_heal(proxy: Proxy, orders: dict[str, object]) -> None:
    assert get(proxy) == BODY
    with proxy.trouble(**orders), pytest.raises((OSError, http.client.HTTPException)):
        get(proxy)
    assert get(proxy) == BODY


def test_a_hanging_upstream_says_nothing(proxy: Proxy) -> None:
    with proxy.trouble(hang=True), pytest.raises(TimeoutError):
        get(proxy, timeout=1.0)
    assert get(proxy) == BODY


def test_a_planned_answer_waits_for_the_request_that_it_is_about(proxy: Proxy) -> None:
    told = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    with proxy.trouble(plan=deque([Planned(told, "keep", about=b"POST /")])):
        assert get(proxy) == BODY
        assert proxy.struck == 0
    with proxy.trouble(plan=deque([Planned(told, "keep", about=b"GET /")])):
        assert get(proxy) == b"hi"
    assert proxy.struck == 1


def test_planned_answers_come_in_turn_and_the_upstream_may_still_be_asked(
    proxy: Proxy, upstream: ThreadingHTTPServer
) -> None:
    told = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    proxy.toxics = Toxics(plan=deque([Planned(told, "keep"), Planned(b"", "reset", pass_on=True)]))
    assert get(proxy) == b"hi"
    assert upstream.asked == 0  # type: ignore[attr-defined]
    with pytest.raises((OSError, http.client.HTTPException)):
        get(proxy)
    assert upstream.asked == 1  # type: ignore[attr-defined]
    assert get(proxy) == BODY
