"""Buckets in Redis: the budget holds over all processes, by Redis's clock, and its absence has a name."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from app.bitrix24.buckets import FallbackBuckets, MemoryBuckets
from app.storage.shared import RedisBuckets, SharedStoreDown, connect, is_alive

_TAKER = """
import sys, time
from app.storage.shared import RedisBuckets, connect
buckets = RedisBuckets(connect(sys.argv[1]))
until, taken = time.monotonic() + 3, 0
while time.monotonic() < until:
    wait = buckets.take("portal", 2.0, 20, 1, 0)
    taken += not wait
    time.sleep(min(wait, 0.05))
print(taken)
"""


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of the empty Redis."""
    client = connect(redis_url)
    yield client
    client.close()


def test_a_bucket_gives_its_burst_and_then_its_rate(redis: Redis) -> None:
    buckets = RedisBuckets(redis)
    assert [buckets.take("a", 0.5, 5, 1, 0) for _ in range(5)] == [0.0] * 5
    assert 1.0 < buckets.take("a", 0.5, 5, 1, 0) <= 2.0
    assert buckets.take("b", 0.5, 5, 1, 0) == 0.0, "another portal has its own"


def test_a_refused_take_costs_nothing(redis: Redis) -> None:
    buckets = RedisBuckets(redis)
    buckets.take("a", 0.1, 2, 2, 0)
    waits = [buckets.take("a", 0.1, 2, 1, 0) for _ in range(20)]
    assert max(waits) <= 10.0


def test_the_reserve_is_left_for_others(redis: Redis) -> None:
    buckets = RedisBuckets(redis)
    background = [buckets.take("a", 0.1, 12, 1, 10) for _ in range(3)]
    assert background[:2] == [0.0, 0.0]
    assert background[2] > 0
    assert buckets.take("a", 0.1, 12, 1, 0) == 0.0


def test_a_parked_portal_gets_nothing_until_the_longer_parking_ends(redis: Redis) -> None:
    buckets = RedisBuckets(redis)
    buckets.park("a", 30)
    buckets.park("a", 1)
    buckets.park("a", 0)
    assert 25 < buckets.take("a", 2, 50, 1, 0) <= 30
    buckets.park("b", 0.05)
    time.sleep(0.2)
    assert buckets.take("b", 2, 50, 1, 0) == 0.0


def test_places_are_limited_and_come_back(redis: Redis) -> None:
    buckets = RedisBuckets(redis)
    taken = [buckets.enter("a", 3, 30) for _ in range(3)]
    assert None not in taken
    assert len(set(taken)) == 3
    assert buckets.enter("a", 3, 30) is None
    buckets.leave("a", taken[0] or "")
    buckets.leave("a", "unknown")
    assert buckets.enter("a", 3, 30) is not None
    assert buckets.enter("a", 3, 30) is None


def test_a_place_of_a_killed_process_runs_out(redis: Redis) -> None:
    buckets = RedisBuckets(redis)
    assert buckets.enter("a", 1, 0.1)
    time.sleep(0.3)
    assert buckets.enter("a", 1, 30)


def test_three_processes_share_one_budget(redis_url: str) -> None:
    command = [sys.executable, "-c", _TAKER, redis_url]
    started = time.monotonic()
    takers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    total = sum(int(taker.communicate(timeout=60)[0]) for taker in takers)
    elapsed = time.monotonic() - started
    assert 20 <= total <= 20 + 2 * elapsed + 1


def test_without_redis_it_is_said_at_once_and_the_fallback_serves() -> None:
    redis = connect("redis://127.0.0.1:1/0")
    assert not is_alive(redis)
    shared = RedisBuckets(redis)
    with pytest.raises(SharedStoreDown) as caught:
        shared.take("a", 2, 2, 1, 0)
    assert "127.0.0.1" not in str(caught.value)
    buckets = FallbackBuckets(shared, MemoryBuckets(), SharedStoreDown)
    assert [buckets.take("a", 0.1, 2, 1, 0) for _ in range(2)] == [0.0, 0.0]
    assert buckets.take("a", 0.1, 2, 1, 0) > 0
    token = buckets.enter("a", 1, 30)
    assert token
    buckets.leave("a", token)
    assert buckets.enter("a", 1, 30)


def test_redis_that_comes_back_is_used_again(redis: Redis) -> None:
    buckets = RedisBuckets(redis)
    redis.connection_pool.connection_kwargs["port"], port = 1, redis.connection_pool.connection_kwargs["port"]
    redis.connection_pool.disconnect()
    with pytest.raises(SharedStoreDown):
        buckets.take("a", 2, 50, 1, 0)
    redis.connection_pool.connection_kwargs["port"] = port
    redis.connection_pool.reset()
    until = time.monotonic() + 10
    while True:
        try:
            assert buckets.take("a", 2, 50, 1, 0) == 0.0
            break
        except SharedStoreDown:
            assert time.monotonic() < until
            time.sleep(0.2)
