"""What hosting and the vendor's cabinet ask for: probes, health, figures, and several processes at once."""

import json
from pathlib import Path

import pytest

from tests.support.acting import give_back, own, pinned
from tests.support.databases import PostgresTemplates, SqliteTemplates
from tests.support.frame import Frame
from tests.support.redis import RedisServer
from tests.support.stand import RunningApp, Sandbox, Stand, http_pool


@pytest.mark.parametrize("path", ["/install", "/app", "/events"])
def test_probes_are_answered_without_effects(portal: Sandbox, path: str) -> None:
    with portal.counting() as counts:
        answer = http_pool().request("HEAD", f"{portal.app_url}{path}")
    assert (answer.status, answer.data) == (200, b"")
    assert "Set-Cookie" not in answer.headers
    assert counts == {}


def test_health_and_readiness(portal: Sandbox) -> None:
    for path in ("/healthz", "/readyz"):
        assert http_pool().request("GET", f"{portal.app_url}{path}").status == 200


def test_the_home_page_says_what_this_is(portal: Sandbox) -> None:
    answer = http_pool().request("GET", f"{portal.app_url}/")
    assert answer.status == 200
    assert b"Pinline" in answer.data


def test_metrics_want_their_token(stand: Stand, sqlite_templates: SqliteTemplates, tmp_path: Path) -> None:
    with sqlite_templates.fresh(tmp_path) as url, stand.app(url, METRICS_TOKEN="a-token-for-metrics") as app:
        answers = [
            http_pool().request("GET", f"{app.url}/metrics", headers=headers)
            for headers in (
                {"Authorization": "Bearer a-token-for-metrics"},
                {},
                {"Authorization": "Bearer other"},
            )
        ]
    assert answers[0].status == 200
    assert b"# TYPE" in answers[0].data
    assert {answer.status for answer in answers[1:]} <= {401, 403, 404}


def test_without_a_metrics_token_there_are_no_metrics(portal: Sandbox) -> None:
    address = f"{portal.app_url}/metrics"
    answer = http_pool().request("GET", address, headers={"Authorization": "Bearer "})
    assert answer.status in {401, 403, 404}


def test_two_workers_on_postgresql_and_redis_share_everything(
    stand: Stand, postgres_templates: PostgresTemplates, redis_url: str
) -> None:
    settings = {"REDIS_URL": redis_url, "WEB_CONCURRENCY": "2"}
    with postgres_templates.fresh() as url, stand.app(url, **settings) as app:
        portal = stand.portal(app)
        Frame(portal, user_id=1).install()
        frame = Frame(portal)
        assert frame.open().token
        before = pinned(portal)
        for _ in range(10):
            assert frame.get("/api/journal").status == 200, "either worker knows the session"
        answer = frame.act("pin_all").json()
        assert own(frame, pinned=False) == []
        give_back(frame, answer["undo"])
        assert pinned(portal) == before


def test_redis_that_goes_away_is_noticed_and_survived(
    stand: Stand, postgres_templates: PostgresTemplates
) -> None:
    redis = RedisServer().start()
    with postgres_templates.fresh() as url, stand.app(url, REDIS_URL=redis.url) as app:
        portal = stand.portal(app)
        Frame(portal, user_id=1).install()
        assert http_pool().request("GET", f"{app.url}/readyz").status == 200
        redis.stop()
        assert http_pool().request("GET", f"{app.url}/readyz").status == 503
        assert http_pool().request("GET", f"{app.url}/healthz").status == 200
        assert Frame(portal).open().status in {200, 503}


def test_the_log_is_json_lines_that_name_request_portal_person_and_method(
    operator: Frame, shared_app: RunningApp
) -> None:
    operator.act("pin_all")
    lines = [line for line in shared_app.log().splitlines() if line.startswith("{")]
    records = [json.loads(line) for line in lines]
    calls = [record for record in records if record.get("method") == "batch"]
    assert calls
    for record in calls:
        assert {"request_id", "member_id", "user_id", "duration_ms", "outcome"} <= set(record)
    assert any(record["user_id"] == 27 for record in calls)
