"""Figures: whichever worker is asked tells of all; alone it knows only itself, which is the control."""

import re
import time

import pytest

from app.bitrix24.trace import CallRecord
from app.storage.shared import RedisTotals, SharedStoreDown, connect
from app.web.metrics import Metrics
from tests.support.databases import PostgresTemplates
from tests.support.redis import RedisServer
from tests.support.stand import Stand, http_pool

CALL = CallRecord("member", 27, "batch", ("im.recent.get",), "ok", 200, 120.0, "7F3A-91C2")


def worker(url: str | None) -> Metrics:
    return Metrics(lambda: (3, 1), None if url is None else RedisTotals(connect(url)))


def value(text: bytes, name: str) -> float:
    """The value of one line, 0 when there is none."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text.decode(), re.MULTILINE)
    return float(found[1]) if found else 0.0


ANSWERED = 'pinline_requests_total{route="/",status="200"}'


def test_workers_tell_of_each_other(redis_url: str) -> None:
    first, second, alone = worker(redis_url), worker(redis_url), worker(None)
    for each in (first, second, second, alone):
        each.answered("/", 200, 0.02)
        each.called(CALL)
    second.share()
    for _ in range(2):
        text = first.text()
        assert value(text, ANSWERED) == 3
        assert value(text, 'pinline_portal_calls_total{method="batch",outcome="ok"}') == 3
        assert value(text, 'pinline_request_seconds_bucket{le="0.01",route="/"}') == 0
        assert value(text, 'pinline_request_seconds_bucket{le="0.05",route="/"}') == 3
        assert value(text, 'pinline_request_seconds_count{route="/"}') == 3
        assert value(text, "pinline_network_requests_total") == 6
    assert value(alone.text(), ANSWERED) == 1
    third = worker(redis_url)  # after a restart the sums go on
    third.answered("/", 200, 0.02)
    assert value(third.text(), ANSWERED) == 4


def test_all_is_told_as_one_worker_would_tell_it(redis_url: str) -> None:
    shared, alone = worker(redis_url), worker(None)
    for each in (shared, alone):
        for route in ("/", "/app"):
            each.answered(route, 200, 0.3)
        each.called(CALL)
    own = [line for line in alone.text().decode().splitlines() if "_created" not in line]
    assert shared.text().decode().splitlines() == own


def test_what_was_counted_while_redis_was_away_comes_later(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = worker(redis_url)
    one.answered("/", 200, 0.1)
    assert value(one.text(), ANSWERED) == 1
    one.answered("/", 200, 0.1)
    gone = RedisServer().start()
    gone.stop()
    with monkeypatch.context() as patch:
        patch.setattr(one, "_totals", RedisTotals(connect(gone.url)))
        with pytest.raises(SharedStoreDown):
            one.text()
    assert value(one.text(), ANSWERED) == 2


def test_two_workers_give_the_whole_number(
    stand: Stand, postgres_templates: PostgresTemplates, redis_url: str
) -> None:
    token = "a-token-for-the-figures-of-two-workers"
    settings = {"REDIS_URL": redis_url, "WEB_CONCURRENCY": "2", "METRICS_TOKEN": token}
    with postgres_templates.fresh() as url, stand.app(url, **settings) as app:
        for _ in range(40):  # each on a connection of its own, so that both workers get some
            assert http_pool().request("GET", f"{app.url}/", headers={"Connection": "close"}).status == 200
        told: list[float] = []
        until = time.monotonic() + 60
        while not told or told[-1] < 40:
            assert time.monotonic() < until, told
            headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
            answer = http_pool().request("GET", f"{app.url}/metrics", headers=headers)
            told.append(value(answer.data, ANSWERED))
            time.sleep(0.2)
        assert told == sorted(told), "it never goes back"
        assert told[-1] == 40
