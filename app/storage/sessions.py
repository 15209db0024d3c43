"""Records of browser sessions, in SQL or in Redis. The rule: reading the store lets nobody in.

Only the SHA-256 of a session id is kept; the record itself holds no portal token.
"""

import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol

from redis import Redis
from sqlalchemy import Engine, bindparam, delete, select, update

from app.storage.engine import reading, upsert
from app.storage.shared import Breaker
from app.storage.tables import browser_sessions

_LIVING = select(browser_sessions.c.record).where(
    browser_sessions.c.sid_hash == bindparam("sid"), browser_sessions.c.expires_at > bindparam("now")
)


class Sessions(Protocol):
    """What web needs of a store of sessions. `record` is opaque bytes."""

    def load(self, sid: str) -> bytes | None:
        """The record, or None when the session is unknown or has ended."""

    def save(self, sid: str, member_id: str, user_id: int, record: bytes, seconds: float) -> None:
        """Keep the record for `seconds` from now."""

    def change(self, sid: str, record: bytes) -> None:
        """Replace the record of a living session, which ends when it would have ended; else nothing."""

    def delete(self, sid: str) -> None:
        """End one session."""

    def delete_operator(self, member_id: str, user_id: int) -> None:
        """End every session of a person."""

    def delete_portal(self, member_id: str) -> None:
        """End every session of a portal."""


def hashed(sid: str) -> str:
    """How a session id is written down."""
    return sha256(sid.encode()).hexdigest()


class SqlSessions:
    """Sessions in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(self, sid: str) -> bytes | None:
        """See `Sessions.load`."""
        chosen = {"sid": hashed(sid), "now": datetime.now(UTC)}
        with reading(self._engine) as conn:
            found: bytes | None = conn.execute(_LIVING, chosen).scalar()
        return found

    def save(self, sid: str, member_id: str, user_id: int, record: bytes, seconds: float) -> None:
        """See `Sessions.save`."""
        row = {
            "sid_hash": hashed(sid),
            "member_id": member_id,
            "user_id": user_id,
            "record": record,
            "expires_at": datetime.now(UTC) + timedelta(seconds=seconds),
        }
        with self._engine.begin() as conn:
            upsert(conn, browser_sessions, row, ["sid_hash"])

    def change(self, sid: str, record: bytes) -> None:
        """See `Sessions.change`."""
        mine, living = browser_sessions.c.sid_hash == hashed(sid), browser_sessions.c.expires_at
        with self._engine.begin() as conn:
            conn.execute(
                update(browser_sessions).where(mine, living > datetime.now(UTC)).values(record=record)
            )

    def delete(self, sid: str) -> None:
        """See `Sessions.delete`."""
        with self._engine.begin() as conn:
            conn.execute(delete(browser_sessions).where(browser_sessions.c.sid_hash == hashed(sid)))

    def delete_operator(self, member_id: str, user_id: int) -> None:
        """See `Sessions.delete_operator`."""
        mine = browser_sessions.c.member_id == member_id, browser_sessions.c.user_id == user_id
        with self._engine.begin() as conn:
            conn.execute(delete(browser_sessions).where(*mine))

    def delete_portal(self, member_id: str) -> None:
        """See `Sessions.delete_portal`."""
        with self._engine.begin() as conn:
            conn.execute(delete(browser_sessions).where(browser_sessions.c.member_id == member_id))


class RedisSessions:
    """Sessions in Redis. While Redis is down every method raises `SharedStoreDown`, mostly at once."""

    def __init__(self, redis: Redis, prefix: str = "pinline:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._breaker = Breaker()

    def load(self, sid: str) -> bytes | None:
        """See `Sessions.load`."""
        found = self._breaker.ask(lambda: self._redis.get(self._key(sid)))
        return found if isinstance(found, bytes) else None

    def save(self, sid: str, member_id: str, user_id: int, record: bytes, seconds: float) -> None:
        """See `Sessions.save`. An index per portal says whose sessions there are."""
        key, index = self._key(sid), self._index(member_id)
        self._breaker.ask(lambda: self._save(key, index, f"{user_id} {key}", record, seconds))

    def change(self, sid: str, record: bytes) -> None:
        """See `Sessions.change`."""
        self._breaker.ask(lambda: self._redis.set(self._key(sid), record, xx=True, keepttl=True))

    def delete(self, sid: str) -> None:
        """See `Sessions.delete`."""
        self._breaker.ask(lambda: self._redis.delete(self._key(sid)))

    def delete_operator(self, member_id: str, user_id: int) -> None:
        """See `Sessions.delete_operator`."""
        self._end(self._index(member_id), f"{user_id} ")

    def delete_portal(self, member_id: str) -> None:
        """See `Sessions.delete_portal`."""
        self._end(self._index(member_id), "")

    def _end(self, index: str, whose: str) -> None:
        """End what stands in the index under these first signs."""
        entries: list[bytes] = self._breaker.ask(lambda: self._redis.zrange(index, 0, -1))
        chosen = [entry for entry in entries if entry.startswith(whose.encode())]
        if chosen:
            keys = [entry.partition(b" ")[2] for entry in chosen]
            self._breaker.ask(lambda: self._drop(index, chosen, keys))

    def _drop(self, index: str, entries: list[bytes], keys: list[bytes]) -> None:
        with self._redis.pipeline() as pipe:
            pipe.delete(*keys)
            pipe.zrem(index, *entries)
            pipe.execute()

    def _save(self, key: str, index: str, entry: str, record: bytes, seconds: float) -> None:
        now = time.time()
        with self._redis.pipeline() as pipe:
            pipe.set(key, record, px=max(1, int(seconds * 1000)))
            pipe.zremrangebyscore(index, 0, now)
            pipe.zadd(index, {entry: now + seconds})
            pipe.expire(index, int(seconds) + 1, gt=True)
            pipe.expire(index, int(seconds) + 1, nx=True)
            pipe.execute()

    def _key(self, sid: str) -> str:
        return f"{self._prefix}session:{hashed(sid)}"

    def _index(self, member_id: str) -> str:
        return f"{self._prefix}sessions:{member_id}"
