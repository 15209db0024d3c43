"""What trials stand on: a sandbox with many portals, the app beside it in this process, and the tally."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Playwright

from tests.security.local import LocalApp, Registrar, local_app, registrar
from tests.security.pages import Site, site
from tests.security.trial import Trial, size
from tests.support.browser import chromium
from tests.support.databases import SqliteTemplates
from tests.support.frame import Frame
from tests.support.ports import free_port
from tests.support.stand import RunningApp, Stand

PORTALS = 38


@pytest.fixture
def trial(request: pytest.FixtureRequest) -> Trial:
    """The tally of the threat that the module is about."""
    module = request.module
    return Trial(module.THREAT, module.WHAT, size(module.ATTEMPTS, module.PART))


@pytest.fixture(scope="session")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A sandbox process with enough portals for any trial; each trial starts them anew."""
    stand = Stand(tmp_path_factory.mktemp("quarter"), portals=PORTALS).start()
    yield stand
    stand.stop()


@pytest.fixture(scope="session")
def served(
    quarter: Stand, sqlite_templates: SqliteTemplates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningApp]:
    """The app under gunicorn, for trials of the server itself; each has a portal of its own there."""
    with sqlite_templates.fresh(tmp_path_factory.mktemp("served")) as url, quarter.app(url) as app:
        yield app


@pytest.fixture
def said() -> Iterator[Registrar]:
    """The second authorization server."""
    with registrar() as state:
        yield state


@pytest.fixture
def local(
    quarter: Stand, sqlite_templates: SqliteTemplates, said: Registrar, tmp_path: Path
) -> Iterator[LocalApp]:
    """A fresh app in this process."""
    with (
        sqlite_templates.fresh(tmp_path) as url,
        local_app(quarter.ports, url, tmp_path / "instance", said, free_port()) as app,
    ):
        yield app


@pytest.fixture
def victim(local: LocalApp) -> Frame:
    """An operator of a portal where the app is installed, with the desk open."""
    portal = local.portal()
    assert Frame(portal, user_id=1).install().status == 200
    frame = Frame(portal)
    assert frame.open().token
    return frame


@pytest.fixture
def evil() -> Iterator[Site]:
    """The attacker's web site."""
    with site() as state:
        yield state


@pytest.fixture
def browser(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    """The victim's browser, which keeps third-party cookies: the worse case here."""
    view = {"width": 1600, "height": 1000}
    with chromium(playwright, tmp_path / "profile", cookies_blocked=False, viewport=view) as context:
        yield context
