"""Whose token to use, and its refresh. The rule: one expired token is refreshed once, whoever asks.

Refreshing happens on the portal's word only, never by the clock. Threads of one process queue at a lock,
processes at a lease row; whoever gets through reads again first, since the work may be done by then. A
refresh token is spent by its use, so a second refresh would lose the operator (page "OAuth auto-renewal").
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from app.bitrix24.errors import (
    BitrixError,
    ExpiredToken,
    InvalidGrant,
    NotInstalled,
    NotSent,
    OAuthError,
    PaymentRequired,
    PortalBusy,
    TransportError,
)
from app.bitrix24.oauth import AuthServers, TokenAnswer
from app.portals.model import Access, OperatorKey, StoredTokens, TokenPair, utc_now
from app.portals.stores.token_pairs import TokenStore
from app.storage.leases import LeaseBusy, kept_lease

LEASE_SECONDS = 4.0
"""How long others wait for a killed process; a refresh that lasts longer keeps its lease."""

WAIT_SECONDS = 8.0
IDLE_AFTER = timedelta(days=150)
"""Refresh tokens live for 180 days."""

_SHARED_FAILURE_SECONDS = 2.0
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Queue:
    """The threads of this process that want the same operator's pair renewed."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0
    failed: NotSent | PortalBusy | None = None
    failed_at: float = 0.0


class Tokens:
    """The token source of the REST client."""

    def __init__(self, store: TokenStore, auth_servers: AuthServers, engine: Engine) -> None:
        self._store = store
        self._servers = auth_servers
        self._engine = engine
        self._guard = threading.Lock()
        self._queues: dict[OperatorKey, _Queue] = {}

    def access(self, key: OperatorKey) -> Access:
        """The operator's access as stored. Raises ExpiredToken: the person has to open the app again."""
        return self._stored(key).access

    def renew(self, key: OperatorKey, stale_token: str) -> Access:
        """A fresh access in place of `stale_token`, refreshed once however many ask.

        A refusal is remembered for some minutes, until an opening brings another pair.
        Raises ExpiredToken (open the app again), NotInstalled, PaymentRequired and other OAuthErrors,
        PortalBusy (others are at it for too long), NotSent (the authorization server could not be asked:
        the pair is kept, and the portal has not seen the request that needs it).
        """
        with self._queued(key) as queue:
            stored = self._stored(key)
            if stored.access.token != stale_token:
                return stored.access
            if queue.failed and time.monotonic() - queue.failed_at < _SHARED_FAILURE_SECONDS:
                raise _again(queue.failed)
            try:
                return self._renew_alone(key, stale_token)
            except (NotSent, PortalBusy) as error:
                queue.failed, queue.failed_at = error, time.monotonic()
                raise

    def refresh_idle(self, now: datetime | None = None) -> int:
        """Renew the pairs of installations that nobody has used for 150 days; returns how many."""
        renewed = 0
        for key in self._store.idle_operators((now or utc_now()) - IDLE_AFTER):
            try:
                self.renew(key, self.access(key).token)
                renewed += 1
            except BitrixError as error:
                _LOG.warning("idle pair not renewed: %s", error, extra={"member_id": key.member_id})
        return renewed

    def _stored(self, key: OperatorKey) -> StoredTokens:
        stored = self._store.operator_tokens(key)
        if stored is None or stored.needs_reopen:
            raise ExpiredToken("expired_token", 401)
        return stored

    def _renew_alone(self, key: OperatorKey, stale_token: str) -> Access:
        """Among all processes: under the lease, and only if nobody was faster."""
        name = f"refresh:{key.member_id}:{key.user_id}"
        try:
            with kept_lease(self._engine, name, LEASE_SECONDS, WAIT_SECONDS):
                stored = self._stored(key)
                if stored.access.token != stale_token:
                    return stored.access
                return self._refresh(stored)
        except LeaseBusy:
            raise PortalBusy(1.0) from None

    def _refresh(self, stored: StoredTokens) -> Access:
        key = stored.key
        if stored.refused is not None:
            raise _refusal(stored.refused)
        try:
            answer = self._servers.refresh(stored.refresh_token, stored.oauth_server)
        except InvalidGrant:
            return self._after_refusal(stored)
        except OAuthError as error:
            self._store.mark_refused(key, stored.refresh_token, error.code)
            raise _refusal(error.code) from None
        except TransportError:
            raise NotSent("the authorization server gave no pair") from None
        _check(answer, key)
        pair = TokenPair(answer.access_token, answer.refresh_token)
        self._store.replace_tokens(key, stored.refresh_token, pair, answer.client_endpoint)
        return self._stored(key).access

    def _after_refusal(self, stored: StoredTokens) -> Access:
        """The refresh token is dead: fine if an opening brought another pair meanwhile."""
        if self._store.mark_needs_reopen(stored.key, stored.refresh_token):
            _LOG.info("the pair is spent: the person opens the app again", extra=_who(stored.key))
        return self._stored(stored.key).access

    @contextmanager
    def _queued(self, key: OperatorKey) -> Iterator[_Queue]:
        """One thread of this process at a time for each operator; the queue is gone with its last thread."""
        with self._guard:
            queue = self._queues.setdefault(key, _Queue())
            queue.waiting += 1
        try:
            with queue.lock:
                yield queue
        finally:
            with self._guard:
                queue.waiting -= 1
                if not queue.waiting:
                    del self._queues[key]


def _again(error: NotSent | PortalBusy) -> BitrixError:
    """The failure of the thread before, for the next one."""
    return PortalBusy(error.retry_after) if isinstance(error, PortalBusy) else type(error)(*error.args)


def _refusal(code: str) -> BitrixError:
    """The error of a refused renewal, now or remembered."""
    if code.lower() in {"not_installed", "error_oauth"}:
        return NotInstalled(code, 401)
    return PaymentRequired(code) if code.upper() == "PAYMENT_REQUIRED" else OAuthError(code)


def _check(answer: TokenAnswer, key: OperatorKey) -> None:
    """A pair of somebody else is never stored."""
    if answer.member_id not in {None, key.member_id} or answer.user_id not in {None, key.user_id}:
        raise NotSent("the authorization server answered for somebody else")


def _who(key: OperatorKey) -> dict[str, object]:
    return {"member_id": key.member_id, "user_id": key.user_id}
