"""Claims in Redis: in the order they came, kept alive while their process lives, gone soon after it."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from app.storage.claims import CLAIM_SECONDS, Claim, RedisClaims
from app.storage.shared import connect

_HOLDER = """
import sys, time
from app.storage.claims import RedisClaims
from app.storage.shared import connect
claims = RedisClaims(connect(sys.argv[1]))
print(claims.enter("me", frozenset({1})).free, flush=True)
time.sleep(60)
"""


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of the empty Redis."""
    client = connect(redis_url)
    yield client
    client.close()


def entered(claims: RedisClaims, *numbers: int, key: str = "me") -> Claim:
    """A claim for these numbers, for all without any."""
    claim = claims.enter(key, frozenset(numbers) or None)
    assert claim
    return claim


def test_a_claim_waits_for_earlier_ones_on_the_same_and_for_no_others(redis: Redis) -> None:
    claims = RedisClaims(redis)
    first, beside, later = entered(claims, 1, 2), entered(claims, 3), entered(claims, 2, 12)
    everything, behind, other = entered(claims), entered(claims, 4), entered(claims, key="another")
    assert [first.free, beside.free, other.free] == [True] * 3
    assert [later.free, everything.free, behind.free] == [False] * 3
    claims.leave(first)
    assert claims.is_next(later)
    assert not claims.is_next(everything)
    claims.leave(later)
    claims.leave(beside)
    assert claims.is_next(everything)
    assert not claims.is_next(behind), "4 is free, but who came earlier waits for all"
    claims.leave(everything)
    assert claims.is_next(behind)
    for each in (behind, other):
        claims.leave(each)
    assert list(redis.scan_iter()) == []


def test_a_living_process_keeps_its_claims_and_a_killed_one_loses_them(redis: Redis, redis_url: str) -> None:
    claims = RedisClaims(redis)
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, redis_url], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "True\n"
        mine = entered(claims, 1)
        time.sleep(1.5 * CLAIM_SECONDS)
        assert not claims.is_next(mine), "it lives, for longer than a claim does"
    finally:
        holder.kill()
        holder.communicate()
    killed = time.monotonic()
    while not claims.is_next(mine):
        assert time.monotonic() < killed + 20
        time.sleep(0.05)
    assert time.monotonic() - killed < CLAIM_SECONDS + 5
    claims.leave(mine)


def test_renewing_brings_nothing_back_and_ends_by_itself(redis: Redis) -> None:
    claims = RedisClaims(redis, seconds=0.4)
    claim = entered(claims)
    claims.leave(claim)
    claims._renewed([claim])
    assert list(redis.scan_iter()) == []
    until = time.monotonic() + 20
    while claims._renewing:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_waiting_claim_that_ran_out_stands_where_it_stood(redis: Redis) -> None:
    claims = RedisClaims(redis)
    first, second = entered(claims), entered(claims)
    redis.flushdb()
    assert claims.is_next(second), "nobody is known any more"
    assert claims.is_next(first), "it came earlier"
    assert not claims.is_next(second)
    for each in (first, second):
        claims.leave(each)


def test_without_redis_there_are_no_claims_and_nobody_waits(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    assert RedisClaims(connect("redis://127.0.0.1:1/0")).enter("me", None) is None
    assert "turns hold in this process only" in caplog.text
    assert "127.0.0.1" not in caplog.text
    claims = RedisClaims(redis)
    earlier, waiting = entered(claims), entered(claims)
    assert not claims.is_next(waiting)
    redis.connection_pool.connection_kwargs["port"] = 1
    redis.connection_pool.disconnect()
    redis.connection_pool.reset()
    assert claims.is_next(waiting)
    for each in (earlier, waiting):
        claims.leave(each)
