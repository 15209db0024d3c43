"""Caches: both forget in time, by key and by prefix; one keeps its bound, the other only misses."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.storage.cache import Cache, MemoryCache
from app.storage.shared import RedisCache, SharedStoreDown, connect


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest) -> Iterator[Cache]:
    """Each kind in turn."""
    if request.param == "memory":
        yield MemoryCache()
        return
    redis = connect(request.getfixturevalue("redis_url"))
    yield RedisCache(redis)
    redis.close()


def test_values_are_kept_replaced_and_deleted(cache: Cache) -> None:
    assert cache.get("a") is None
    cache.set("a", b"1", 60)
    cache.set("b", b"", 60)
    assert (cache.get("a"), cache.get("b")) == (b"1", b"")
    cache.set("a", b"2", 60)
    assert cache.get("a") == b"2"
    cache.delete("a")
    cache.delete("unknown")
    assert (cache.get("a"), cache.get("b")) == (None, b"")


def test_values_end(cache: Cache) -> None:
    cache.set("a", b"1", 0.05)
    cache.set("b", b"1", 0)
    assert cache.get("b") is None
    until = time.monotonic() + 5
    while cache.get("a") is not None:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_prefix_is_taken_literally(cache: Cache) -> None:
    for key in ("list:m1:27", "list:m1:28", "list:m12:27", "list:m*:1", "li[s]t:m1"):
        cache.set(key, b"1", 60)
    cache.delete_prefix("list:m1:")
    cache.delete_prefix("list:m*:")
    cache.delete_prefix("li[s]")
    cache.delete_prefix("nothing")
    kept = {
        key for key in ("list:m1:27", "list:m1:28", "list:m12:27", "list:m*:1", "li[s]t:m1") if cache.get(key)
    }
    assert kept == {"list:m12:27"}


def test_memory_is_bounded_and_the_least_used_leaves_first() -> None:
    cache = MemoryCache(max_bytes=10_000)
    for number in range(10):
        cache.set(str(number), b"x" * 500, 60)
    assert cache.get("0"), "used just now"
    for number in range(10, 17):
        cache.set(str(number), b"x" * 500, 60)
    assert cache.get("0") is not None
    assert cache.get("1") is None
    cache.set("huge", b"x" * 20_000, 60)
    assert cache.get("huge") is None
    assert cache.get("16") is not None


def test_memory_forgets_by_the_clock_it_is_given() -> None:
    now = [100.0]
    cache = MemoryCache(clock=lambda: now[0])
    cache.set("a", b"1", 10)
    now[0] = 109.9
    assert cache.get("a") == b"1"
    now[0] = 110.0
    assert cache.get("a") is None


def test_memory_survives_many_threads() -> None:
    cache = MemoryCache(max_bytes=5_000)

    def work(number: int) -> None:
        for step in range(300):
            cache.set(f"{number % 3}:{step % 7}", b"x" * 100, 60)
            cache.get(f"{step % 3}:{number % 7}")
            cache.delete_prefix(f"{step % 3}:")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    cache.delete_prefix("")
    cache.set("after", b"1", 60)
    assert cache.get("after") == b"1"


def test_without_redis_the_shared_cache_misses_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    cache = RedisCache(connect("redis://127.0.0.1:1/0"))
    started = time.monotonic()
    for number in range(50):
        cache.set(str(number), b"1", 60)
        assert cache.get(str(number)) is None
        cache.delete(str(number))
        with pytest.raises(SharedStoreDown):  # who forgets a portal has to know
            cache.delete_prefix("")
    assert time.monotonic() - started < 5
    assert "the shared cache misses" in caplog.text
    assert "127.0.0.1" not in caplog.text
