"""The sealed token pairs of operators. The rule: a pair is replaced only by whoever saw the pair before it.

Compare and swap instead of a lock: the network call between reading and writing holds nothing.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, bindparam, select, update

from app.portals.model import OperatorKey, StoredTokens, TokenPair, utc_now
from app.portals.stores.rows import of_operator, place, sealed_pair, tokens_of
from app.storage.crypto import Cipher, Unreadable
from app.storage.engine import reading
from app.storage.health import OUTAGES
from app.storage.tables import installations, operator_tokens

_LOG = logging.getLogger(__name__)
_PAUSE = 0.2
_PATIENCE = 15.0  # seconds: a restart of PostgreSQL, and less than a worker is given to end
_IDLE_REFUSED = timedelta(days=1)
_PAIR = (
    select(
        operator_tokens.c.access_sealed,
        operator_tokens.c.refresh_sealed,
        operator_tokens.c.needs_reopen,
        operator_tokens.c.refused_code,
        operator_tokens.c.refused_at,
        installations.c.client_endpoint,
        installations.c.oauth_server,
    )
    .join(installations, installations.c.member_id == operator_tokens.c.member_id)
    .where(
        operator_tokens.c.member_id == bindparam("member"),
        operator_tokens.c.user_id == bindparam("person"),
        installations.c.active,
    )
)


class TokenStore:
    """SQL behind `Tokens`."""

    def __init__(self, engine: Engine, cipher: Cipher, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._cipher = cipher
        self._clock = clock

    def operator_tokens(self, key: OperatorKey) -> StoredTokens | None:
        """The operator's pair; None when there is none, it cannot be read, or the app is not installed."""
        with reading(self._engine) as conn:
            row = conn.execute(_PAIR, {"member": key.member_id, "person": key.user_id}).first()
        try:
            return None if row is None else tokens_of(self._cipher, key, row, self._clock())
        except Unreadable:
            _LOG.warning("stored tokens cannot be read", extra={"member_id": key.member_id})
            return None

    def replace_tokens(
        self, key: OperatorKey, old_refresh: str, pair: TokenPair, client_endpoint: str | None = None
    ) -> bool:
        """Put a refreshed pair where `old_refresh` still stands; `client_endpoint`: where the portal is now.

        False: another pair has been stored meanwhile, or the portal was uninstalled; nothing changes.
        """
        now = self._clock()
        values = {
            **sealed_pair(self._cipher, key, pair.access_token, pair.refresh_token),
            "needs_reopen": False,
            "refused_code": None,
            "refused_at": None,
            "refreshed_at": now,
        }
        replaced = self._patiently(lambda: self._change_where(key, old_refresh, values))
        if replaced and client_endpoint:
            self._move(key.member_id, client_endpoint)
        return replaced

    def mark_needs_reopen(self, key: OperatorKey, dead_refresh: str) -> bool:
        """Note that the pair with this refresh token is dead; False: it is not the stored one any more."""
        return self._change_where(key, dead_refresh, {"needs_reopen": True})

    def mark_refused(self, key: OperatorKey, refresh_token: str, code: str) -> bool:
        """Note that this pair is not renewed for now; False: it is not the stored one any more."""
        return self._change_where(
            key, refresh_token, {"refused_code": code[:64], "refused_at": self._clock()}
        )

    def idle_operators(self, before: datetime, limit: int = 20) -> list[OperatorKey]:
        """Those who installed the app and whose pair was last renewed before this moment, oldest first.

        Pairs that were refused within a day are left out.
        """
        refused = operator_tokens.c.refused_at
        query = (
            select(operator_tokens.c.member_id, operator_tokens.c.user_id)
            .join(installations, installations.c.member_id == operator_tokens.c.member_id)
            .where(
                installations.c.active,
                installations.c.installed_by == operator_tokens.c.user_id,
                operator_tokens.c.refreshed_at < before,
                operator_tokens.c.needs_reopen.is_(False),
                refused.is_(None) | (refused < self._clock() - _IDLE_REFUSED),
            )
            .order_by(operator_tokens.c.refreshed_at)
            .limit(limit)
        )
        with reading(self._engine) as conn:
            return [OperatorKey(row.member_id, row.user_id) for row in conn.execute(query)]

    def _patiently(self, change: Callable[[], bool]) -> bool:
        """Outlast an outage: a pair that is not stored after its refresh is lost, the old one being spent."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                return change()
            except OUTAGES:
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE)

    def _change_where(self, key: OperatorKey, refresh_token: str, values: dict[str, Any]) -> bool:
        """Change the operator's row if its refresh token is this one.

        The sealed bytes serve as the row's version; sealing them again under a new key is no change.
        """
        while (sealed := self._sealed(key)) is not None:
            try:
                stored = self._cipher.open(sealed, *place(key, "refresh_sealed"))
            except Unreadable:
                return False
            if stored != refresh_token:
                return False
            same = operator_tokens.c.refresh_sealed == sealed
            with self._engine.begin() as conn:
                if conn.execute(
                    update(operator_tokens).where(*of_operator(key), same).values(values)
                ).rowcount:
                    return True
        return False

    def _sealed(self, key: OperatorKey) -> bytes | None:
        with reading(self._engine) as conn:
            found: bytes | None = conn.execute(
                select(operator_tokens.c.refresh_sealed).where(*of_operator(key))
            ).scalar()
        return found

    def _move(self, member_id: str, client_endpoint: str) -> None:
        """A portal that was renamed says so with each refreshed pair."""
        domain = urlsplit(client_endpoint).netloc.lower()
        moved = (installations.c.member_id == member_id) & (
            installations.c.client_endpoint != client_endpoint
        )
        with reading(self._engine) as conn:
            if conn.execute(select(installations.c.member_id).where(moved)).first() is None:
                return
        with self._engine.begin() as conn:
            conn.execute(
                update(installations).where(moved).values(client_endpoint=client_endpoint, domain=domain)
            )
