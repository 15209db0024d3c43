"""What the tests of this room share: the pretend server, and the room's objects on a real database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from app.bitrix24.buckets import MemoryBuckets
from app.bitrix24.governor import Governor
from app.bitrix24.net import Network
from app.bitrix24.oauth import AuthServers
from app.bitrix24.params import OpenParams
from app.bitrix24.rest import RestClient
from app.portals.events import Events
from app.portals.lifecycle import Lifecycle
from app.portals.model import OperatorKey, Proof, TokenPair
from app.portals.proof import Handshake
from app.portals.stores.event_queue import EventQueue
from app.portals.stores.portal_stores import PortalStores
from app.portals.stores.token_pairs import TokenStore
from app.portals.tokens import Tokens
from app.storage.crypto import Cipher
from app.storage.engine import reading
from app.storage.spool import Spool
from app.storage.tables import metadata
from tests.unit.portals.pretend import CLIENT_ID, CLIENT_SECRET, Pretend, serving

KEY = "unit-test-key-0123456789"
APP_URL = "https://app.example"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        """Let some time pass."""
        self.now += timedelta(**span)


@dataclass
class Room:
    """The room's objects, wired as the app wires them."""

    engine: Engine
    pretend: Pretend
    clock: Clock
    portals: PortalStores
    token_store: TokenStore
    servers: AuthServers
    tokens: Tokens
    handshake: Handshake
    lifecycle: Lifecycle
    queue: EventQueue
    events: Events
    forgotten: list[str]

    def proof(self, user_id: int = 27, **changes: str) -> Proof:
        """What the authorization server would say of this person."""
        proof = Proof(
            member_id="m1",
            user_id=user_id,
            domain=self.pretend.domain,
            client_endpoint=f"{self.pretend.origin}/rest/",
            oauth_server=self.pretend.origin,
            status="L",
            scope="im",
            version="1",
        )
        return replace(proof, **changes)  # type: ignore[arg-type]

    def pair(self, user_id: int = 27) -> TokenPair:
        """A pair that the pretend server knows."""
        return TokenPair(*self.pretend.pair(user_id))

    def installed(self, user_id: int = 27, application_token: str | None = "apptoken") -> TokenPair:
        """An installed portal with one operator; returns the operator's pair."""
        pair = self.pair(user_id)
        self.portals.installations.save(self.proof(1), application_token)
        assert self.portals.operators.save(self.proof(user_id), pair, "Maria", False, "en")
        return pair

    def params(self, user_id: int = 1, **changes: object) -> OpenParams:
        """What a browser posts."""
        access, refresh = self.pretend.pair(user_id)
        params = OpenParams(
            domain=self.pretend.domain,
            protocol="http",
            language="en",
            access_token=access,
            refresh_token=refresh,
            member_id="m1",
            placement="DEFAULT",
            placement_options={},
            server_endpoint=None,
            application_token="apptoken",
        )
        return replace(params, **changes)  # type: ignore[arg-type]


@pytest.fixture
def pretend() -> Iterator[Pretend]:
    """The pretend server, serving."""
    with serving() as pretend:
        yield pretend


@pytest.fixture
def room(engine: Engine, pretend: Pretend, tmp_path: Path) -> Iterator[Room]:
    """Everything wired together; the threads of its events have ended before the database goes."""
    clock, cipher, network = Clock(), Cipher([KEY]), Network(allow_local=True)
    servers = AuthServers((pretend.origin,), CLIENT_ID, CLIENT_SECRET, network)
    portals, token_store = PortalStores.on(engine, cipher, clock), TokenStore(engine, cipher, clock)
    client = RestClient(network, Governor(MemoryBuckets()), lambda _: None)
    forgotten: list[str] = []
    lifecycle = Lifecycle(portals, client, APP_URL, forget=(forgotten.append,))
    handshake = Handshake(servers, CLIENT_ID)
    queue = EventQueue(engine, cipher, clock)
    events = Events(portals, queue, lifecycle, handshake, Spool(tmp_path / "spool", cipher), clock)
    yield Room(
        engine=engine,
        pretend=pretend,
        clock=clock,
        portals=portals,
        token_store=token_store,
        servers=servers,
        tokens=Tokens(token_store, servers, engine),
        handshake=handshake,
        lifecycle=lifecycle,
        queue=queue,
        events=events,
        forgotten=forgotten,
    )
    events._threads.shutdown()
    if follower := events._backlog._follower:
        follower.join(30)


@pytest.fixture
def key() -> OperatorKey:
    """The operator of `Room.installed`."""
    return OperatorKey("m1", 27)


@pytest.fixture
def count_rows(engine: Engine) -> Callable[[str], dict[str, int]]:
    """Rows of a portal by table, empty tables left out."""

    def counts(member_id: str) -> dict[str, int]:
        found = {}
        with reading(engine) as conn:
            for table in metadata.sorted_tables:
                if "member_id" in table.c:
                    query = select(func.count()).select_from(table).where(table.c.member_id == member_id)
                    found[table.name] = conn.execute(query).scalar_one()
        return {name: number for name, number in found.items() if number}

    return counts
