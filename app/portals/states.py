"""One-time states of the authorization-code flow. The rule: good once, soon, for one portal."""

from secrets import token_urlsafe

from sqlalchemy import Engine

from app.storage.states import put_state, take_state

STATE_SECONDS = 600


class States:
    """Issues states and consumes them; `seconds` is how long a person may take to log in."""

    def __init__(self, engine: Engine, seconds: float = STATE_SECONDS) -> None:
        self._engine = engine
        self._seconds = seconds

    def issue(self, domain: str) -> str:
        """A fresh state for a login at `domain`."""
        state = token_urlsafe(32)
        put_state(self._engine, state, domain, self._seconds)
        return state

    def consume(self, state: str) -> str | None:
        """The domain that the state was issued for, once; None when it is unknown, used or too old."""
        return take_state(self._engine, state)
