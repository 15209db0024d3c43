"""What processes share through Redis: budgets and caches. The rule: Redis may fail, requests do not.

A cache without Redis misses; the buckets say `SharedStoreDown`, so that the caller counts
by itself, and so does what forgets a portal. Time is Redis's own everywhere, so the clocks of the machines
do not matter.
"""

import logging
import time
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import Any

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

_TIMEOUT = 2.0
_LOG = logging.getLogger(__name__)

# One bucket by GCRA: the stored value is the moment at which the bucket would be empty again.
_TAKE = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local parked = redis.call('PTTL', KEYS[2])
if parked > 0 then return tostring(parked / 1000) end
local step = 1 / tonumber(ARGV[1])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + tonumber(ARGV[3]) * step
local wait = tat - (tonumber(ARGV[2]) - tonumber(ARGV[4])) * step - now
if wait > 0.000001 then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', tat), 'PX', math.ceil((tat - now) * 1000) + 1000)
return '0'
"""

# Places in a queue of limited length; those of a killed process run out by themselves.
_ENTER = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(tonumber(ARGV[2]) * 1000) + 1000)
return 1
"""


class SharedStoreDown(Exception):
    """Redis does not answer. Its text holds no address."""


def connect(url: str) -> Redis:
    """A Redis client whose every call ends within 2 s."""
    return Redis.from_url(
        url,
        socket_timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )


def is_alive(redis: Redis) -> bool:
    """Tell whether Redis answers."""
    try:
        return bool(redis.ping())
    except RedisError:
        return False


class RedisBuckets:
    """The leaky buckets of portals that all processes share. Every method may raise `SharedStoreDown`."""

    def __init__(self, redis: Redis, prefix: str = "pinline:bucket:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._breaker = Breaker()
        self._take = redis.register_script(_TAKE)
        self._enter = redis.register_script(_ENTER)

    def take(self, key: str, rate: float, burst: int, cost: int, reserve: int) -> float:
        """Take `cost` and return 0, or return the seconds to wait; the last `reserve` stay untouched."""
        keys = [self._prefix + key, f"{self._prefix}{key}:parked"]
        return float(self._breaker.ask(lambda: self._take(keys=keys, args=[rate, burst, cost, reserve])))

    def enter(self, key: str, limit: int, ttl: float) -> str | None:
        """Take one of `limit` places for at most `ttl` seconds; None when all are taken."""
        token, keys = token_hex(8), [f"{self._prefix}{key}:in"]
        taken = self._breaker.ask(lambda: self._enter(keys=keys, args=[limit, ttl, token]))
        return token if taken else None

    def leave(self, key: str, token: str) -> None:
        """Give a place back."""
        self._breaker.ask(lambda: self._redis.zrem(f"{self._prefix}{key}:in", token))

    def park(self, key: str, seconds: float) -> None:
        """Let nobody take anything for so long. Of two parkings the longer one counts."""
        if seconds <= 0:
            return
        name, length = f"{self._prefix}{key}:parked", max(1, int(seconds * 1000))
        if not self._breaker.ask(lambda: self._redis.set(name, b"1", px=length, nx=True)):
            self._breaker.ask(lambda: self._redis.pexpire(name, length, gt=True))


class RedisTotals:
    """Sums that all processes add to, and that outlive them."""

    def __init__(self, redis: Redis, key: str = "pinline:figures") -> None:
        self._redis = redis
        self._key = key
        self._breaker = Breaker()

    def add(self, amounts: Mapping[str, float]) -> dict[str, float]:
        """Add to some of the sums and return all. Raises `SharedStoreDown`."""
        sums: dict[bytes, bytes] = self._breaker.ask(lambda: self._add(amounts))
        return {name.decode(): float(value) for name, value in sums.items()}

    def _add(self, amounts: Mapping[str, float]) -> dict[bytes, bytes]:
        with self._redis.pipeline(transaction=True) as steps:
            for name, amount in amounts.items():
                steps.hincrbyfloat(self._key, name, amount)
            steps.hgetall(self._key)
            found: dict[bytes, bytes] = steps.execute()[-1]
        return found


class Breaker:
    """Leaves Redis alone for a while after a failure: no request waits for its timeout again and again."""

    def __init__(self) -> None:
        self._down_until = 0.0

    def ask(self, question: Callable[[], Any]) -> Any:
        """The answer. Raises `SharedStoreDown`."""
        if time.monotonic() < self._down_until:
            raise SharedStoreDown("left alone after a failure")
        try:
            return question()
        except RedisError as error:
            self._down_until = time.monotonic() + _TIMEOUT
            raise SharedStoreDown(type(error).__name__) from None


class RedisCache:
    """A cache that all processes share; see `app.storage.cache.Cache`. Without Redis it misses."""

    def __init__(self, redis: Redis, prefix: str = "pinline:cache:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._breaker = Breaker()

    def get(self, key: str) -> bytes | None:
        """See `Cache.get`."""
        found: bytes | None = self._ask(lambda: self._redis.get(self._prefix + key))
        return found

    def set(self, key: str, value: bytes, seconds: float) -> None:
        """See `Cache.set`."""
        if seconds <= 0:
            self.delete(key)
        else:
            self._ask(lambda: self._redis.set(self._prefix + key, value, px=max(1, int(seconds * 1000))))

    def delete(self, key: str) -> None:
        """See `Cache.delete`."""
        self._ask(lambda: self._redis.delete(self._prefix + key))

    def delete_prefix(self, prefix: str) -> None:
        """See `Cache.delete_prefix`. Walks through all keys, which is for rare events only.

        Raises `SharedStoreDown`.
        """
        pattern = "".join(f"[{c}]" if c in "*?[\\" else c for c in self._prefix + prefix) + "*"
        found = self._breaker.ask(lambda: list(self._redis.scan_iter(match=pattern, count=1000)))
        if found:
            self._breaker.ask(lambda: self._redis.unlink(*found))

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            return self._breaker.ask(question)
        except SharedStoreDown as down:
            _LOG.warning("the shared cache misses: %s", down)
            return None
