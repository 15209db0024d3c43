"""Values that may be used once. The rule: of any number of racing takers exactly one gets the value.

Only the SHA-256 of a key is kept, so the table is of no use to a thief.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Engine, delete, insert

from app.storage.steps import delete_in_steps
from app.storage.tables import oauth_states


def put_state(engine: Engine, state: str, domain: str, seconds: float) -> None:
    """Keep `domain` under `state` for so long."""
    row = {
        "state_hash": _hashed(state),
        "domain": domain,
        "expires_at": datetime.now(UTC) + timedelta(seconds=seconds),
    }
    with engine.begin() as conn:
        conn.execute(insert(oauth_states), row)


def take_state(engine: Engine, state: str) -> str | None:
    """Remove the state and return its domain; None when it is unknown, taken or too old."""
    statement = (
        delete(oauth_states)
        .where(oauth_states.c.state_hash == _hashed(state))
        .returning(oauth_states.c.domain, oauth_states.c.expires_at)
    )
    with engine.begin() as conn:
        found = conn.execute(statement).first()
    if found is None or found.expires_at <= datetime.now(UTC):
        return None
    domain: str = found.domain
    return domain


def purge_states(engine: Engine) -> int:
    """Remove the states that nobody came back with; returns how many."""
    return delete_in_steps(engine, oauth_states, oauth_states.c.expires_at <= datetime.now(UTC))


def _hashed(state: str) -> str:
    return sha256(state.encode()).hexdigest()
