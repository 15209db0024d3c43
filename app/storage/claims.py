"""Claims in the order they came, for all processes, in Redis. The rule: a claim dies with its process.

A claim is for some numbers (or for all); it is next when none that came earlier is for one of them too. Its
process renews it while it lives. Without Redis there are no claims, and nobody waits for any: whoever asks
keeps order in the own process then.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from redis import Redis

from app.storage.shared import Breaker, SharedStoreDown

CLAIM_SECONDS = 3.0
"""How long others wait for the claims of a killed process."""

_LOG = logging.getLogger(__name__)

# A line is a sorted set: its members are claims by the moment they came, its scores when they run out. One
# script enters (without a member to look for) and looks, so a free claim costs one round trip.
_LOOK = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local mine = ARGV[2]
if mine == '' then mine = string.format('%010d%06d', t[1], t[2]) .. ':' .. ARGV[3] end
redis.call('ZADD', KEYS[1], string.format('%.6f', now + ARGV[1]), mine)
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[1] * 1000) + 1000)
local all = redis.call('ZRANGE', KEYS[1], 0, -1)
table.insert(all, 1, mine)
return all
"""

# Only what is still there: a claim that was left meanwhile must not come back.
_RENEW = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
redis.call('ZADD', KEYS[1], 'XX', string.format('%.6f', now + ARGV[1]), ARGV[2])
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[1] * 1000) + 1000)
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim in a line: its name there begins with when it came. `free`: it was next as it came."""

    line: str
    name: bytes
    free: bool


class RedisClaims:
    """Lines of claims that all processes share. No method raises for want of Redis."""

    def __init__(self, redis: Redis, prefix: str = "pinline:claims:", seconds: float = CLAIM_SECONDS) -> None:
        self._redis = redis
        self._prefix = prefix
        self._seconds = seconds
        self._breaker = Breaker()
        self._look = redis.register_script(_LOOK)
        self._renew = redis.register_script(_RENEW)
        self._lock = threading.Lock()
        self._held: set[Claim] = set()
        self._renewing = False

    def enter(self, key: str, numbers: frozenset[int] | None) -> Claim | None:
        """Stand at the end of the line, for these numbers or for all (None); nothing when Redis is away."""
        wish = f"{token_hex(8)}:{'' if numbers is None else ','.join(map(str, sorted(numbers)))}"
        line = self._prefix + key
        found: list[bytes] | None = self._asked(
            lambda: self._look(keys=[line], args=[self._seconds, b"", wish])
        )
        if found is None:
            return None
        claim = Claim(line, found[0], _is_next(found))
        with self._lock:
            self._held.add(claim)
            if not self._renewing:
                self._renewing = True
                threading.Thread(target=self._keep, name="claims", daemon=True).start()
        return claim

    def is_next(self, claim: Claim) -> bool:
        """Whether no earlier claim is for the same, or Redis is away. One that ran out stands again."""
        found: list[bytes] | None = self._asked(
            lambda: self._look(keys=[claim.line], args=[self._seconds, claim.name, b""])
        )
        return found is None or _is_next(found)

    def leave(self, claim: Claim) -> None:
        """Make way. Without Redis the claim runs out by itself."""
        with self._lock:
            self._held.discard(claim)
        self._asked(lambda: self._redis.zrem(claim.line, claim.name))

    def _asked(self, question: Callable[[], Any]) -> Any:
        try:
            return self._breaker.ask(question)
        except SharedStoreDown as down:
            _LOG.warning("turns hold in this process only: %s", down)
            return None

    def _keep(self) -> None:
        """Renew what is held, until nothing is."""
        while True:
            time.sleep(self._seconds / 4)
            with self._lock:
                held = list(self._held)
                if not held:
                    self._renewing = False
                    return
            self._asked(lambda held=held: self._renewed(held))  # type: ignore[misc]

    def _renewed(self, held: Sequence[Claim]) -> None:
        with self._redis.pipeline(transaction=False) as steps:
            for claim in held:
                self._renew(keys=[claim.line], args=[self._seconds, claim.name], client=steps)
            steps.execute()


def _is_next(found: Sequence[bytes]) -> bool:
    """`found` is a claim and its whole line, in any order."""
    mine, *line = found
    wished = _numbers(mine)
    return not any(other < mine and _meet(wished, _numbers(other)) for other in line)


def _numbers(name: bytes) -> frozenset[bytes]:
    """What a claim is for; nothing stands for all."""
    return frozenset(name.rpartition(b":")[2].split(b",")) - {b""}


def _meet(one: frozenset[bytes], other: frozenset[bytes]) -> bool:
    return not one or not other or not one.isdisjoint(other)
