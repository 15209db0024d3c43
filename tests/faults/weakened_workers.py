"""Processes of a crew with one of the app's defences switched off: only for controls."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from multiprocessing.connection import Connection

from app.bitrix24.client import Caller
from app.bitrix24.oauth import AuthServers, TokenAnswer
from app.portals import tokens
from app.storage.engine import make_engine
from tests.faults.workers import calling, refresh, told
from tests.security.racing import take_naively


def refresh_without_lease(line: Connection, member_id: str, *where: str) -> None:
    """As `refresh`; processes do not wait for each other."""
    tokens.kept_lease = lambda *_: nullcontext()  # type: ignore[assignment]
    refresh(line, member_id, *where)


def consume_in_two_steps(line: Connection, database: str) -> None:
    """As `consume`, but the value is looked up, then removed."""
    engine = make_engine(database)
    line.send("ready")
    for value in told(line):
        line.send("got" if take_naively(engine, value) else "none")


@contextmanager
def calling_within_a_transaction(database: str, *where: str) -> Iterator[Caller]:
    """As `calling`; the database is held while the authorization server is asked."""
    engine, ask = make_engine(database), AuthServers.refresh

    def held(servers: AuthServers, *given: str) -> TokenAnswer:
        with engine.begin():
            return ask(servers, *given)

    AuthServers.refresh = held  # type: ignore[method-assign, assignment]
    try:
        with calling(database, *where) as caller:
            yield caller
    finally:
        AuthServers.refresh = ask  # type: ignore[method-assign]
        engine.dispose()
