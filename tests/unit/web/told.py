"""What the tests of the web room stand on: an installed portal and a desk that says what it is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.portals.model import Operator
from app.web.services import Services
from app.web.session import HEADER, Record
from tests.support.apps import MEMBER, PROOF

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class ToldDesk:
    """Answers every method, its parts' too, with `answer` or by raising it; remembers the calls."""

    def __init__(self) -> None:
        self.opening = self.clicks = self.records = self
        self.settings = self.views = self.snapshots = self
        self.answer: Any = None
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def told(*args: Any, **kwargs: Any) -> Any:
            self.calls.append((name, args, kwargs))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return told


@dataclass
class Web:
    """The app, its services and a client of it."""

    app: Flask
    services: Services
    desk: ToldDesk
    client: FlaskClient

    def operator(self, user_id: int = 27) -> Operator:
        """An operator of the installed portal."""
        found = self.services.portals.installations.find(MEMBER)
        assert found is not None
        return Operator(MEMBER, user_id, "Maria", "en", PROOF.domain, found.generation)

    def token(self, user_id: int = 27, sid: str = "a-session") -> str:
        """The page's token of a session that exists."""
        record = Record.of(self.operator(user_id))
        with self.app.app_context():
            carrier = self.services.sessions
            carrier._upsert_session(timedelta(hours=8), vars_of(record), sid)
            return carrier.header.sign(sid, MEMBER, user_id)

    def headers(self, **more: str) -> dict[str, str]:
        """What the page sends with every request."""
        return {HEADER: self.token(), "Accept": "application/json", **more}


def vars_of(record: Record) -> dict[str, Any]:
    """A record as the session's dictionary."""
    return {name: getattr(record, name) for name in record.__struct_fields__}
