"""What the tests of this room share: a desk on a real database, against a running sandbox portal."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import Engine

from app.bitrix24.buckets import MemoryBuckets
from app.bitrix24.client import Caller
from app.bitrix24.governor import Governor
from app.bitrix24.net import Network
from app.bitrix24.oauth import AuthServers
from app.bitrix24.params import OpenParams, parse_open
from app.bitrix24.rest import RestClient
from app.desk.model import Opened
from app.desk.service import Desk
from app.openlines.model import ActionAnswer, Dialog
from app.portals.model import Operator
from app.portals.proof import Handshake
from app.portals.stores.portal_stores import PortalStores
from app.portals.stores.token_pairs import TokenStore
from app.portals.tokens import Tokens
from app.storage.cache import MemoryCache
from app.storage.crypto import Cipher
from app.storage.engine import make_engine
from scripts.processes import CLIENT_ID, CLIENT_SECRET
from tests.support.databases import SqliteTemplates
from tests.unit.desk.portal import Portal

MARIA = 27
DAVID = 31


class Clock:
    """The real time, moved on by a test."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def pass_by(self, **span: float) -> None:
        """Let some time pass."""
        self.ahead += timedelta(**span)


@dataclass
class Room:
    """A desk, wired as the app wires it, and the portal that it talks to."""

    desk: Desk
    caller: Caller
    portals: PortalStores
    sandbox: Portal
    clock: Clock
    cache: MemoryCache
    handshake: Handshake
    engine: Engine

    def params(self, user_id: int = MARIA, lang: str = "en") -> OpenParams:
        """What the portal's page posts for this person, with a fresh token pair."""
        action, fields = self.sandbox.opening(user_id, lang)
        return parse_open(parse_qsl(urlsplit(action).query), list(fields.items()))

    def install(self) -> None:
        """Let the administrator install the app here (the portal side is installed by its seed)."""
        self.portals.installations.save(self.handshake.prove(self.params(1)))

    def opened(self, params: OpenParams, source_ip: str = "192.0.2.1") -> Opened:
        """One opening, proved and let in."""
        return self.desk.opening.open(self.desk.opening.prove(params, source_ip))

    def open(self, user_id: int = MARIA) -> Operator:
        """Open the desk as this person."""
        return self.opened(self.params(user_id)).operator

    def dialogs(self, operator: Operator, *, fresh: bool = True) -> dict[str, Dialog]:
        """The operator's list by client name; not `fresh`: as it is known, however old."""
        listing = self.desk.listing(operator, max_age=0 if fresh else 800)
        return {dialog.client_name: dialog for dialog in listing.dialogs}

    def chat(self, operator: Operator, client: str) -> int:
        """The chat of a client."""
        return self.dialogs(operator, fresh=False)[client].chat_id

    def portal_requests(self) -> list[list[str]]:
        """The commands of each request that reached the portal since `sandbox.forget()`."""
        return [record["commands"] for record in self.sandbox.requests() if record["host"] == "portal"]


def outcomes(answer: ActionAnswer) -> list[tuple[str, str | None]]:
    """The outcomes with their codes, in order."""
    return [(result.outcome, result.code) for result in answer.results]


def make_room(engine: Engine, sandbox: Portal, clock: Clock, cache: MemoryCache | None = None) -> Room:
    """Wire a desk to a sandbox portal; processes side by side share a cache."""
    network = Network(allow_local=True)
    servers = AuthServers((sandbox.ports.oauth_url,), CLIENT_ID, CLIENT_SECRET, network)
    governor = Governor(MemoryBuckets(), rate=1000.0, burst=1000)
    client = RestClient(network, governor, lambda record: None)
    cipher, kept = Cipher(["unit-test-key-0123456789"]), cache or MemoryCache()
    portals = PortalStores.on(engine, cipher)
    handshake = Handshake(servers, CLIENT_ID)
    caller = Caller(client, Tokens(TokenStore(engine, cipher), servers, engine))
    desk = Desk(engine, caller, client, portals, kept, handshake, governor, clock, alone=cache is None)
    return Room(desk, caller, portals, sandbox, clock, kept, handshake, engine)


@pytest.fixture
def sqlite_engine(sqlite_templates: SqliteTemplates, tmp_path: Path) -> Iterator[Engine]:
    """SQLite alone, for tests that are about the portal and not about SQL."""
    with sqlite_templates.fresh(tmp_path) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def desk_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The sandbox process of this room."""
    portal = Portal(tmp_path_factory.mktemp("desk-portal")).start()
    yield portal
    portal.stop()


@pytest.fixture
def bare_room(engine: Engine, desk_portal: Portal) -> Iterator[Room]:
    """A desk beside a fresh portal, which the desk does not know yet."""
    desk_portal.begin()
    room = make_room(engine, desk_portal, Clock())
    yield room
    room.desk.close()


@pytest.fixture
def room(bare_room: Room) -> Room:
    """The same, installed."""
    bare_room.install()
    return bare_room


@pytest.fixture
def maria(room: Room) -> Operator:
    """The main operator with the desk open."""
    operator = room.open()
    room.sandbox.forget()
    return operator
