"""Fixtures that every room may use: databases and Redis. All real, all started here, all stopped here."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright
from sqlalchemy import Engine

from tests.support.databases import PostgresTemplates, SqliteTemplates, make_engine
from tests.support.frame import Frame
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer
from tests.support.stand import RunningApp, Sandbox, Stand, crashes


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Our own PostgreSQL server for the whole run."""
    server = PostgresServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_templates(postgres: PostgresServer) -> PostgresTemplates:
    """The migrated PostgreSQL database that tests copy."""
    return PostgresTemplates(postgres)


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplates:
    """The migrated SQLite file that tests copy."""
    return SqliteTemplates(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh migrated database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        with request.getfixturevalue("sqlite_templates").fresh(tmp_path) as url:
            yield url
    else:
        with request.getfixturevalue("postgres_templates").fresh() as url:
            yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The app's own engine on a fresh migrated database."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Our own Redis for the whole run."""
    server = RedisServer().start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of an empty Redis."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver: there can be one in a process."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A running sandbox with a portal for every test of this run that wants one, and for its neighbour."""
    wanted = Counter(name for item in request.session.items for name in getattr(item, "fixturenames", ()))
    portals = wanted["stand"] + wanted["neighbour"] + 1  # nobody gets the first
    stand = Stand(tmp_path_factory.mktemp("stand"), portals).start()
    yield stand
    stand.stop()


@pytest.fixture(scope="session")
def shared_app(
    stand: Stand, sqlite_templates: SqliteTemplates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningApp]:
    """One app for all tests that need nothing special of it: each comes with a portal of its own."""
    with sqlite_templates.fresh(tmp_path_factory.mktemp("app")) as url, stand.app(url) as app:
        yield app


@pytest.fixture
def portal(stand: Stand, shared_app: RunningApp) -> Iterator[Sandbox]:
    """A fresh portal without the app; the app must not have crashed inside the test."""
    before = len(shared_app.log())
    yield stand.portal(shared_app)
    assert crashes(shared_app.log()[before:]) == []


@pytest.fixture
def neighbour(stand: Stand, shared_app: RunningApp) -> Sandbox:
    """Another fresh portal beside the first."""
    return stand.portal(shared_app)


@pytest.fixture
def admin(portal: Sandbox) -> Frame:
    """The administrator, who has just installed the app."""
    frame = Frame(portal, user_id=1)
    reply = frame.install()
    assert reply.status == 200, reply.text
    return frame


@pytest.fixture
def operator(admin: Frame) -> Frame:
    """The main operator with the desk open."""
    frame = Frame(admin.sandbox)
    reply = frame.open()
    assert reply.status == 200, reply.text
    return frame
