"""Tokens: refreshed on the portal's word, once, however many ask; unreadable at rest; never spent twice."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.acting import outcomes, own, spend_refresh_token
from tests.support.frame import Frame
from tests.support.stand import RunningApp, Sandbox, Stand


def refreshes(frame: Frame) -> int:
    """How often the authorization server was asked for a new pair."""
    return sum("token" in record["path"] for record in frame.sandbox.requests() if record["host"] == "oauth")


def test_an_expired_token_is_refreshed_without_the_operator_noticing(operator: Frame) -> None:
    chat_id = own(operator, pinned=False)[0]
    operator.sandbox.expire_tokens(27)
    operator.sandbox.forget()
    assert outcomes(operator.act("pin", chat_id).json()) == {chat_id: ("done", None)}
    assert refreshes(operator) == 1
    operator.sandbox.forget()
    assert operator.act("unpin", chat_id).status == 200
    assert refreshes(operator) == 0


def test_a_dead_refresh_token_asks_for_the_portals_fresh_ones(operator: Frame) -> None:
    operator.sandbox.expire_tokens(27)
    spend_refresh_token(operator)
    reply = operator.act("pin_all")
    assert (reply.status, reply.json()["error"]) == (401, "session_expired")
    _, fields = operator.sandbox.opening(27)
    assert operator.renew(fields).status == 204
    assert operator.act("pin_all").status == 200


def test_an_authorization_server_that_is_down_loses_no_token(operator: Frame) -> None:
    operator.sandbox.expire_tokens(27)
    operator.sandbox.fault("502", target="oauth")
    reply = operator.act("pin_all")
    if reply.status == 200:
        told = {outcome for outcome, _ in outcomes(reply.json()).values()}
        assert told == {"failed"}, "the portal refused before doing anything"
    else:
        assert reply.status in {502, 503}
    operator.sandbox.heal()
    assert operator.act("pin_all").status == 200


def race(frame: Frame, requests: int = 32) -> list[int]:
    """So many clicks at once, each from a frame of its own with the same session; the statuses."""
    chats = own(frame)

    def click(number: int) -> int:
        racer = Frame(frame.sandbox)
        racer.token = frame.token
        return racer.act("top", chats[number % len(chats)]).status

    with ThreadPoolExecutor(requests) as pool:
        return list(pool.map(click, range(requests)))


def check_one_refresh(portal: Sandbox) -> None:
    Frame(portal, user_id=1).install()
    frame = Frame(portal)
    frame.open()
    portal.switch(limiter=False)
    portal.expire_tokens(27)
    portal.forget()
    statuses = race(frame)
    assert set(statuses) <= {200, 429}
    assert statuses.count(200) >= 8
    assert refreshes(frame) == 1
    assert frame.act("pin_all").status == 200


def test_one_refresh_under_32_requests_in_one_process(portal: Sandbox) -> None:
    check_one_refresh(portal)


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_one_refresh_under_32_requests_in_three_processes(
    store: str, stand: Stand, redis_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if store == "sqlite":
        fresh = request.getfixturevalue("sqlite_templates").fresh(tmp_path)
    else:
        fresh = request.getfixturevalue("postgres_templates").fresh()
    with fresh as url, stand.app(url, REDIS_URL=redis_url, WEB_CONCURRENCY="3") as app:
        check_one_refresh(stand.portal(app))


def test_no_token_lies_readable_in_the_database(operator: Frame, shared_app: RunningApp) -> None:
    with sqlite3.connect(shared_app.database) as connection:
        dump = "\n".join(connection.iterdump())
        rows = connection.execute("SELECT count(*) FROM operator_tokens").fetchone()
    connection.close()
    assert rows[0] >= 1
    for name in ("AUTH_ID", "REFRESH_ID"):
        token = operator.fields[name]
        assert token not in dump
        assert token.encode().hex() not in dump.lower()
    assert operator.fields["member_id"] in dump, "the search itself works"
