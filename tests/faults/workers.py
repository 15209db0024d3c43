"""What the processes of a crew do, told by lines. They use the app's own rooms, so that what is measured is
what serves people.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from multiprocessing.connection import Connection

from app.bitrix24.buckets import MemoryBuckets
from app.bitrix24.client import Caller, RestClient
from app.bitrix24.errors import BitrixError
from app.bitrix24.governor import Buckets, Governor
from app.bitrix24.net import Network
from app.bitrix24.oauth import AuthServers
from app.desk.kept.journal import Journal
from app.openlines.model import Result
from app.portals.model import OperatorKey
from app.portals.states import States
from app.portals.stores.token_pairs import TokenStore
from app.portals.tokens import Tokens
from app.storage import shared
from app.storage.crypto import Cipher
from app.storage.engine import make_engine

SEALING = "a-key-of-the-figures-with-32-letters"


@contextmanager
def calling(database: str, redis: str, server: str, client_id: str, secret: str) -> Iterator[Caller]:
    """Calls as the app makes them; with Redis the budget is shared as in production."""
    engine, network = make_engine(database), Network(allow_local=True)
    servers = AuthServers((server,), client_id, secret, network)
    tokens = Tokens(TokenStore(engine, Cipher([SEALING])), servers, engine)
    buckets: Buckets = shared.RedisBuckets(shared.connect(redis)) if redis != "-" else MemoryBuckets()
    governor = Governor(buckets, rate=1e5, burst=100_000, in_flight=64)
    try:
        yield Caller(RestClient(network, governor, lambda _: None), tokens)
    finally:
        engine.dispose()


def refresh(line: Connection, member_id: str, *where: str) -> None:
    """Call the portal once for each line."""
    with calling(*where) as caller:
        line.send("ready")
        for _ in told(line):
            try:
                caller.call(OperatorKey(member_id, 27), "profile")
                line.send("ok")
            except BitrixError as error:
                line.send(type(error).__name__)


def consume(line: Connection, database: str) -> None:
    """Take the one-time value that each line names."""
    states = States(make_engine(database))
    line.send("ready")
    for value in told(line):
        line.send("got" if states.consume(value) else "none")


def write(line: Connection, database: str, crew: str) -> None:
    """Write journal entries until somebody kills us; a line for each that was acknowledged."""
    journal, key = Journal(make_engine(database)), OperatorKey("figures", int(crew))
    line.send("ready")
    for chat in count(1):
        result = Result(chat_id=chat, session_id=chat, client_name="Somebody", outcome="done", code=None)
        now = datetime.now(UTC)
        undo = journal.record(key, action="pin", source="click", run=None, results=[result], now=now)
        line.send(undo.id if undo else "none")


def told(line: Connection) -> Iterator[str]:
    """Lines until nobody is there any more."""
    with suppress(EOFError):
        while True:
            yield line.recv()
