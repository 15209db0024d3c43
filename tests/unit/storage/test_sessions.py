"""Session records: both stores keep, end and forget them, and neither holds a usable session id."""

import socket
import time
from collections.abc import Iterator

import pytest
from redis import Redis
from sqlalchemy import Engine, select

from app.storage.engine import reading
from app.storage.sessions import RedisSessions, Sessions, SqlSessions
from app.storage.shared import SharedStoreDown, connect
from app.storage.tables import browser_sessions


@pytest.fixture(params=["sql", "redis"])
def sessions(request: pytest.FixtureRequest, engine: Engine) -> Iterator[Sessions]:
    """Each store in turn."""
    if request.param == "sql":
        yield SqlSessions(engine)
        return
    redis = connect(request.getfixturevalue("redis_url"))
    yield RedisSessions(redis)
    redis.close()


def test_a_record_is_kept_replaced_and_deleted(sessions: Sessions) -> None:
    assert sessions.load("s1") is None
    sessions.save("s1", "m1", 27, b"\x00one", 60)
    sessions.save("s1", "m1", 27, b"two", 60)
    sessions.save("s2", "m1", 27, b"other", 60)
    assert sessions.load("s1") == b"two"
    sessions.delete("s1")
    sessions.delete("unknown")
    assert sessions.load("s1") is None
    assert sessions.load("s2") == b"other"


def test_a_record_ends(sessions: Sessions) -> None:
    sessions.save("s1", "m1", 27, b"1", 0.05)
    until = time.monotonic() + 5
    while sessions.load("s1") is not None:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_changed_record_ends_no_later(sessions: Sessions) -> None:
    sessions.save("s1", "m1", 27, b"1", 1)
    sessions.save("s2", "m1", 27, b"1", 1)
    sessions.change("s1", b"changed")
    sessions.save("s2", "m1", 27, b"saved", 60)
    assert sessions.load("s1") == b"changed"
    until = time.monotonic() + 10
    while sessions.load("s1") is not None:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert sessions.load("s2") == b"saved", "what saves anew does prolong"
    for ended in ("s1", "unknown"):
        sessions.change(ended, b"again")
        assert sessions.load(ended) is None


def test_the_sessions_of_a_portal_end_and_no_others(sessions: Sessions) -> None:
    for number in range(5):
        sessions.save(f"m1-{number}", "m1", number, b"1", 60 + number)
    sessions.save("m2", "m2", 1, b"1", 60)
    sessions.delete_portal("m1")
    sessions.delete_portal("unknown")
    assert [sessions.load(f"m1-{number}") for number in range(5)] == [None] * 5
    assert sessions.load("m2") == b"1"


def test_the_sessions_of_a_person_end_and_no_others(sessions: Sessions) -> None:
    for member_id, user_id in (("m1", 2), ("m1", 27), ("m2", 2)):
        for number in range(3):
            sessions.save(f"{member_id}-{user_id}-{number}", member_id, user_id, b"1", 60)
    sessions.delete_operator("m1", 2)
    sessions.delete_operator("unknown", 2)
    assert [sessions.load(f"m1-2-{number}") for number in range(3)] == [None] * 3
    assert [sessions.load(f"{whose}-0") for whose in ("m1-27", "m2-2")] == [b"1"] * 2
    sessions.save("m1-2-again", "m1", 2, b"1", 60)
    sessions.delete_portal("m1")
    assert [sessions.load(sid) for sid in ("m1-2-again", "m1-27-0", "m2-2-0")] == [None, None, b"1"]


def test_sql_holds_no_session_id_and_hands_out_nothing_that_ended(engine: Engine) -> None:
    sessions = SqlSessions(engine)
    sessions.save("canary-sid", "m1", 27, b"1", 60)
    sessions.save("old", "m1", 27, b"1", -1)
    with reading(engine) as conn:
        rows = conn.execute(select(browser_sessions)).all()
    assert len(rows) == 2
    assert "canary" not in str(rows)
    assert sessions.load("old") is None
    assert sessions.load("canary-sid") == b"1"


def test_redis_holds_no_session_id_and_everything_there_ends(redis_url: str) -> None:
    redis: Redis = connect(redis_url)
    RedisSessions(redis).save("canary-sid", "m1", 27, b"1", 60)
    RedisSessions(redis).save("shorter", "m1", 27, b"1", 5)
    keys = list(redis.scan_iter())
    assert len(keys) == 3
    assert not any(b"canary" in key for key in keys)
    lives = {key: redis.ttl(key) for key in keys}
    redis.close()
    assert all(0 < seconds <= 61 for seconds in lives.values())
    assert max(lives.values()) > 50, "the index lives as long as its longest session"


def refuses_everything(sessions: RedisSessions) -> None:
    """Whatever is asked, nobody is let in."""
    for attempt in (
        lambda: sessions.load("s"),
        lambda: sessions.save("s", "m", 1, b"", 60),
        lambda: sessions.change("s", b""),
        lambda: sessions.delete("s"),
        lambda: sessions.delete_portal("m"),
    ):
        with pytest.raises(SharedStoreDown):
            attempt()


def test_without_redis_nobody_is_let_in() -> None:
    refuses_everything(RedisSessions(connect("redis://127.0.0.1:1/0")))


def test_a_redis_that_hangs_is_waited_for_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sessions = RedisSessions(connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0"))
        started = time.monotonic()
        refuses_everything(sessions)
        assert time.monotonic() - started < 5, "each by itself waits for 2 s"


def test_a_redis_that_is_back_is_asked_again(redis_url: str) -> None:
    redis: Redis = connect(redis_url)
    sessions = RedisSessions(redis)
    sessions.save("s", "m", 1, b"1", 60)
    address = redis.connection_pool.connection_kwargs
    address["port"], port = 1, address["port"]
    redis.connection_pool.reset()
    with pytest.raises(SharedStoreDown):
        sessions.load("s")
    address["port"] = port
    redis.connection_pool.reset()
    until = time.monotonic() + 10
    while True:
        try:
            assert sessions.load("s") == b"1"
            break
        except SharedStoreDown:
            assert time.monotonic() < until
            time.sleep(0.2)
    redis.close()
