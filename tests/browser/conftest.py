"""A browser in front of the sandbox portal; what depends on third-party cookies is tried both ways."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest
from playwright.sync_api import BrowserContext, Playwright

from tests.browser.keyboard import Keyboard
from tests.support.browser import Complaints, chromium, third_party_cookies_work
from tests.support.frame import Frame
from tests.support.portal_page import PortalPage
from tests.support.stand import Sandbox


@pytest.fixture(scope="module")
def cookies(request: pytest.FixtureRequest) -> str:
    """What the browser does with third-party cookies: `blocked` is the stricter way, and enough for most."""
    return str(getattr(request, "param", "blocked"))


@pytest.fixture(scope="session")
def browsers(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], BrowserContext]]:
    """Chromium by its cookie setting, each proved by a probe; one of each serves the whole run."""
    size = {"width": 1600, "height": 1000}
    with ExitStack() as running:

        @cache
        def browser(cookies: str) -> BrowserContext:
            profile = tmp_path_factory.mktemp("profile")
            blocked = cookies == "blocked"
            context = running.enter_context(
                chromium(playwright, profile, cookies_blocked=blocked, viewport=size)
            )
            assert third_party_cookies_work(context) is not blocked
            return context

        yield browser


@pytest.fixture(scope="module")
def browser(browsers: Callable[[str], BrowserContext], cookies: str) -> BrowserContext:
    """The browser with that setting; tests bring their own pages."""
    return browsers(cookies)


@pytest.fixture
def complaints(browser: BrowserContext) -> Iterator[Complaints]:
    """What pages complained about during the test; the test fails when that is anything."""
    complaints = Complaints(browser)
    yield complaints
    assert complaints.lines == []


@pytest.fixture
def tab(portal: Sandbox, browser: BrowserContext, complaints: Complaints) -> Iterator[PortalPage]:
    """The portal's page, the app not yet installed; nothing of earlier pages is left in the browser."""
    browser.clear_cookies()
    page = browser.new_page()
    yield PortalPage(page, portal)
    page.close()


@pytest.fixture
def desk(tab: PortalPage) -> PortalPage:
    """The main operator's desk, open in the portal's frame."""
    tab.install_over_http()
    tab.open()
    return tab


@pytest.fixture
def person(desk: PortalPage) -> Frame:
    """The same operator at another screen, over HTTP."""
    person = Frame(desk.sandbox, 27)
    person.open()
    return person


@pytest.fixture
def still(desk: PortalPage) -> None:
    """The desk without movements, so that axe sees what a person sees."""
    desk.page.emulate_media(reduced_motion="reduce")


@pytest.fixture
def keys(desk: PortalPage) -> Keyboard:
    """Somebody with the focus in the list, narrow enough that no panel is open."""
    desk.page.set_viewport_size({"width": 1200, "height": 900})
    desk.open(query="&bare=1")
    keys = Keyboard(desk)
    keys.to_list()
    return keys
