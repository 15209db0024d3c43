"""What figures stand on: stores and an app that all of them share, each started when it is first asked for.

Every ground has a database and a portal of its own, so that no figure sees what another one did.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine

from app.portals.model import OperatorKey, Proof, TokenPair
from app.portals.stores.portal_stores import PortalStores
from app.storage.crypto import Cipher
from app.storage.engine import make_engine
from sandbox import running
from scripts.processes import CLIENT_ID, CLIENT_SECRET
from tests.faults.site import OPERATOR, Site
from tests.faults.workers import SEALING
from tests.support.databases import PostgresTemplates, SqliteTemplates
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer

NEIGHBOUR = OperatorKey("neighbour", OPERATOR)
"""Somebody of another portal, on every ground."""

PORTALS = 80  # of the shared app; more than all figures together use


@dataclass(frozen=True, slots=True)
class Ground:
    """A database with one portal's operator in it, the sandbox that issued the tokens, Redis or `-`."""

    url: str
    redis: str
    box: running.Running
    engine: Engine

    @property
    def portal(self) -> running.Portal:
        """The portal."""
        return self.box.portals[0]

    @property
    def where(self) -> tuple[str, ...]:
        """What `workers.calling` needs to know."""
        return (self.url, self.redis, self.box.oauth_origin, CLIENT_ID, CLIENT_SECRET)


class Stage:
    """Use as a context manager: whatever was started ends with the block."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _folder(self) -> Path:
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory()))

    @cached_property
    def site(self) -> Site:
        """A whole app on SQLite, which figures use one after the other."""
        return self._stack.enter_context(Site(self._folder(), "sqlite", PORTALS))

    def site_on(self, store: str) -> Site:
        """The same on SQLite; on PostgreSQL one for whoever asks."""
        if store == "sqlite":
            return self.site
        return self._stack.enter_context(Site(self._folder(), store, PORTALS))

    @cached_property
    def _sqlite(self) -> SqliteTemplates:
        return SqliteTemplates(self._folder())

    @cached_property
    def _postgres(self) -> PostgresTemplates:
        server = PostgresServer().start()
        self._stack.callback(server.stop)
        return PostgresTemplates(server)

    @cached_property
    def _redis(self) -> RedisServer:
        server = RedisServer().start()
        self._stack.callback(server.stop)
        return server

    @contextmanager
    def ground(self, store: str) -> Iterator[Ground]:
        """`store`: sqlite, postgresql, or redis, which is PostgreSQL with the budget in Redis."""
        with ExitStack() as stack:
            if store == "sqlite":
                url = stack.enter_context(self._sqlite.fresh(self._folder()))
            else:
                url = stack.enter_context(self._postgres.fresh())
            redis = self._redis.url if store == "redis" else "-"
            keys = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
            box = stack.enter_context(running.start(portal_ports=(0,), **keys))
            engine = make_engine(url)
            stack.callback(engine.dispose)
            found = Ground(url, redis, box, engine)
            _install(found)
            yield found


@contextmanager
def weakened(name: str) -> Iterator[Site]:
    """The app on SQLite with one of its defences switched off, for a control."""
    what = f"tests.faults.weakened_app:{name}()"
    with tempfile.TemporaryDirectory() as folder, Site(Path(folder), "sqlite", 8, what=what) as site:
        yield site


@contextmanager
def must_fail(what: str) -> Iterator[None]:
    """A check that has to fail: whoever passes it shows nothing with it."""
    try:
        yield
    except AssertionError:
        return
    raise AssertionError(f"{what} passes: the figure shows nothing")


def _install(found: Ground) -> None:
    """The app as installed on the portal, with its operator's pair stored, and on the neighbour's."""
    portal = found.portal
    portal.reset("contact_centre", 0, installed=True)
    portal.switches["limiter"] = False
    pair = portal.issue(OPERATOR)
    proof = Proof(
        member_id=portal.member_id,
        user_id=OPERATOR,
        domain=portal.host,
        client_endpoint=portal.client_endpoint,
        oauth_server=found.box.oauth_origin,
        status="L",
        scope="im",
        version="1",
    )
    portals = PortalStores.on(found.engine, Cipher([SEALING]))
    for each, tokens in (
        (proof, TokenPair(pair.access, pair.refresh)),
        (replace(proof, member_id=NEIGHBOUR.member_id), TokenPair("access", "refresh-0")),
    ):
        portals.installations.save(each)
        assert portals.operators.save(each, tokens)
