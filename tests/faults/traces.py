"""Where a portal's name or one of its sealed tokens is still found: in every table, in all of Redis."""

from collections.abc import Callable, Iterable
from typing import Any

from redis import Redis

from app.storage.tables import metadata
from tests.faults.site import Site

_SEALED = {
    "operator_tokens": ("access_sealed", "refresh_sealed"),
    "installations": ("application_token_sealed",),
}
_BUDGET = b"pinline:bucket:"
_BUDGET_SECONDS = 31  # the longest that a counter outlives its last request
_READ: dict[bytes, Callable[[Redis, bytes], Any]] = {
    b"string": lambda redis, key: redis.get(key),
    b"hash": lambda redis, key: redis.hgetall(key),
    b"zset": lambda redis, key: redis.zrange(key, 0, -1),
    b"set": lambda redis, key: redis.smembers(key),
    b"list": lambda redis, key: redis.lrange(key, 0, -1),
}


def sealed_of(site: Site, member_id: str) -> set[bytes]:
    """All that is sealed for a portal now."""
    mark = "?" if site.store == "sqlite" else "%s"
    found: set[bytes] = set()
    with site.sql() as connection:
        for table, columns in _SEALED.items():
            query = f"SELECT {', '.join(columns)} FROM {table} WHERE member_id = {mark}"
            for row in connection.execute(query, (member_id,)).fetchall():
                found.update(bytes(blob) for blob in row if blob is not None)
    assert len(found) >= 3, "an operator's pair and the application token"
    return found


def in_the_database(site: Site, member_id: str, sealed: Iterable[bytes]) -> list[str]:
    """The tables that hold one of these in any column of any row."""
    signs, found = [member_id.encode(), *sealed], []
    with site.sql() as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(f"SELECT * FROM {table.name}").fetchall()
            if any(_holds(value, signs) for row in rows for value in row):
                found.append(table.name)
    return found


def in_redis(site: Site, member_id: str, sealed: Iterable[bytes]) -> list[str]:
    """The keys that hold one of these in their name or their value.

    Counters of a portal's budget bear its name and run out by themselves. Raises AssertionError if not.
    """
    if site.redis is None:
        return []
    signs, found = [member_id.encode(), *sealed], []
    with site.store_client() as redis:
        for key in redis.scan_iter(count=1000):
            kind = redis.type(key)
            if not any(_holds(each, signs) for each in (key, kind != b"none" and _READ[kind](redis, key))):
                continue
            if not key.startswith(_BUDGET):
                found.append(key.decode())
            elif redis.exists(key):
                assert 0 <= redis.ttl(key) <= _BUDGET_SECONDS, f"{key!r} stays"
    return found


def _holds(value: object, signs: list[bytes]) -> bool:
    if isinstance(value, dict):
        return any(_holds(each, signs) for pair in value.items() for each in pair)
    if isinstance(value, list | set | tuple):
        return any(_holds(each, signs) for each in value)
    raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
    return any(sign in raw for sign in signs)
