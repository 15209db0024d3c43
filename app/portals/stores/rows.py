"""How rows of the portals' tables become values. Sends no SQL."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row

from app.portals.model import Access, Installation, OperatorKey, Proof, StoredTokens
from app.storage.crypto import Cipher
from app.storage.tables import installations, operator_tokens

AnyRow = Row[*tuple[Any, ...]]

RELEARN_AFTER = timedelta(days=7)
"""Portals are updated: what they lacked is asked again after this time."""

REFUSED_FOR = timedelta(minutes=5)
"""So long the authorization server is not asked again to renew a pair that it refused to renew."""

_EPOCH = datetime.fromisoformat("2026-01-01T00:00:00+00:00")

INSTALLATION_COLUMNS = [
    installations.c[name]
    for name in (
        *("member_id", "domain", "client_endpoint", "oauth_server", "status", "scope", "version"),
        *("installed_by", "generation", "active"),
        *("silent_scope", "silent_doubts", "silent_learnt_at"),
        *("pins_recent", "pins_recent_at"),
    )
]


def first_generation(now: datetime) -> int:
    """Where the generations of a new installation start: above those of one that was wiped out before."""
    return int((now - _EPOCH).total_seconds())


def installation_of(row: AnyRow, now: datetime) -> Installation:
    """One row of `INSTALLATION_COLUMNS`; what a portal lacked is unknown again after a week."""
    scope, pins = row.silent_scope, row.pins_recent
    if scope == "personal" and _is_stale(row.silent_learnt_at, now):
        scope = "unknown"
    if pins is False and _is_stale(row.pins_recent_at, now):
        pins = None
    return Installation(
        member_id=row.member_id,
        domain=row.domain,
        client_endpoint=row.client_endpoint,
        oauth_server=row.oauth_server,
        status=row.status,
        scope=row.scope,
        version=row.version,
        installed_by=row.installed_by,
        generation=row.generation,
        active=row.active,
        silent_scope=scope,
        silent_doubts=row.silent_doubts,
        pins_recent=pins,
    )


def proved(proof: Proof) -> dict[str, Any]:
    """The columns that a proof renews."""
    return {
        "domain": proof.domain,
        "client_endpoint": proof.client_endpoint,
        "oauth_server": proof.oauth_server,
        "status": proof.status,
        "scope": proof.scope,
        "version": proof.version,
    }


def of_operator(key: OperatorKey) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions that choose an operator's row of operator_tokens."""
    return operator_tokens.c.member_id == key.member_id, operator_tokens.c.user_id == key.user_id


def sealed_pair(cipher: Cipher, key: OperatorKey, access_token: str, refresh_token: str) -> dict[str, bytes]:
    """The two sealed columns of an operator's tokens."""
    return {
        "access_sealed": cipher.seal(access_token, *place(key, "access_sealed")),
        "refresh_sealed": cipher.seal(refresh_token, *place(key, "refresh_sealed")),
    }


def tokens_of(cipher: Cipher, key: OperatorKey, row: AnyRow, now: datetime) -> StoredTokens:
    """Open a row of operator_tokens joined with its installation. Raises `Unreadable`."""
    lately = row.refused_at is not None and now - row.refused_at < REFUSED_FOR
    return StoredTokens(
        key=key,
        access=Access(row.client_endpoint, cipher.open(row.access_sealed, *place(key, "access_sealed"))),
        refresh_token=cipher.open(row.refresh_sealed, *place(key, "refresh_sealed")),
        oauth_server=row.oauth_server,
        needs_reopen=row.needs_reopen,
        refused=row.refused_code if lately else None,
    )


def place(key: OperatorKey, column: str) -> tuple[str | int, ...]:
    """What a sealed token is bound to."""
    return "operator_tokens", key.member_id, key.user_id, column


def _is_stale(learnt_at: datetime | None, now: datetime) -> bool:
    return learnt_at is None or now - learnt_at > RELEARN_AFTER
