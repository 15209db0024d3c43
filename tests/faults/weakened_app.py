"""The app with one of its defences switched off: only for controls.

`gunicorn tests.faults.weakened_app:forgetful()` starts it.
"""

from contextlib import nullcontext

from flask import Flask

from app import create_app, wiring
from app.bitrix24.buckets import FallbackBuckets
from app.bitrix24.retries import Retries
from app.desk.actions.turns import Turns
from app.desk.kept.journal import Journal
from app.portals.model import OperatorKey, StoredTokens
from app.portals.stores import installations
from app.portals.stores.token_pairs import TokenStore
from app.storage.spool import Spool
from app.web import session


def forgetful() -> Flask:
    """Says that an event is kept, and keeps nothing."""
    Spool.put = lambda _spool, _text: None  # type: ignore[method-assign, assignment, misc]
    return create_app()


def repeating() -> Flask:
    """Believes of every event that it came for the first time."""
    installations.first_time = lambda *_: True
    return create_app()


def counting_alone() -> Flask:
    """Each worker counts a portal's requests for itself."""
    FallbackBuckets.take = lambda buckets, *given: buckets._own.take(*given)  # type: ignore[method-assign]
    return create_app()


def turnless() -> Flask:
    """No click waits for another."""
    Turns.take = lambda *_: nullcontext()  # type: ignore[method-assign, assignment, misc]
    return create_app()


def unwritten() -> Flask:
    """Nothing is written into the journal."""
    Journal.record = lambda *_, **__: None  # type: ignore[method-assign, assignment]
    return create_app()


def repeating_always() -> Flask:
    """Every portal has earned any number of repeats."""
    Retries.spend = lambda *_: True  # type: ignore[method-assign, assignment]
    return create_app()


def lingering() -> Flask:
    """Sessions are believed for a minute and tokens for good, and nobody sweeps behind an uninstallation."""
    session._BELIEVED_SECONDS = 60.0
    session.HeaderSessions.forget = lambda *_: None  # type: ignore[method-assign, assignment]
    wiring.sweep_behind = lambda *_: None
    read, known = TokenStore.operator_tokens, dict[OperatorKey, StoredTokens | None]()

    def remembered(tokens: TokenStore, key: OperatorKey) -> StoredTokens | None:
        known[key] = read(tokens, key) or known.get(key)
        return known[key]

    TokenStore.operator_tokens = remembered  # type: ignore[method-assign]
    return create_app()
