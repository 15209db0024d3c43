"""Takes the pictures of docs/screens: every state of the page, from the running app in the portal's frame.

Names of states as arguments take only those; each picture is called state-width, with its theme or language.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext, Error, Page, sync_playwright

from scripts.processes import ROOT
from tests.states.every import STATES
from tests.states.index import index
from tests.states.png import small
from tests.states.shots import Shot, shots
from tests.states.visit import Visit, dress
from tests.support.browser import chromium
from tests.support.databases import SqliteTemplates
from tests.support.portal_page import PortalPage
from tests.support.stand import RunningApp, Stand

FOLDER = ROOT / "docs" / "screens"
HEIGHT = 760
TRIES = 2


def _take(page: Page, blank: Page, name: str) -> None:
    page.wait_for_timeout(400)
    (FOLDER / name).write_bytes(small(blank, page.screenshot()))
    print(f"docs/screens/{name}", flush=True)


def _visit(page: Page, blank: Page, stand: Stand, app: RunningApp, shot: Shot) -> None:
    page.set_viewport_size({"width": shot.width, "height": HEIGHT})
    page.set_extra_http_headers({"Accept-Language": shot.lang})
    dress(page, shot.themes[0])
    visit = Visit(page, stand.portal(app), app, shot.lang)
    visit.begin()
    STATES[shot.state](visit)
    for theme in shot.themes:
        visit.wear(theme)
        _take(page, blank, shot.file(theme))


def _try(browser: BrowserContext, blank: Page, stand: Stand, app: RunningApp, shot: Shot) -> bool:
    """Twice at most: a busy machine may be too slow for a state that passes."""
    for _ in range(TRIES):
        page = browser.new_page()
        try:
            _visit(page, blank, stand, app, shot)
        except (AssertionError, Error) as problem:
            print(f"{shot.state} at {shot.width}: {str(problem).splitlines()[0]}", file=sys.stderr)
        else:
            return True
        finally:
            browser.set_offline(False)
            page.close()
    return False


def _in_portal(browser: BrowserContext, blank: Page, stand: Stand, app: RunningApp) -> None:
    """The desk with the portal around it, as a person opens it."""
    tab = PortalPage(browser.new_page(), stand.portal(app))
    tab.page.set_viewport_size({"width": 1440, "height": 900})
    dress(tab.page, "light")
    tab.install_over_http()
    tab.open()
    _take(tab.page, blank, "desk-in-portal.png")
    tab.page.close()


def _tidy(taken: list[Shot]) -> None:
    """Write the index; pictures of states that are no more go."""
    names = {shot.file(theme) for shot in taken for theme in shot.themes} | {"desk-in-portal.png"}
    for path in FOLDER.glob("*.png"):
        if path.name not in names:
            path.unlink()
    (FOLDER / "README.md").write_text(index(taken))


def main(wanted: list[str]) -> None:
    """Take them all anew, or those of the states that are named."""
    chosen = [shot for shot in shots() if not wanted or shot.state in wanted]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pinline-screens-") as name, sync_playwright() as playwright:
        folder = Path(name)
        stand = Stand(folder, portals=TRIES * len(chosen) + 2).start()
        (folder / "data").mkdir()
        try:
            with (
                SqliteTemplates(folder).fresh(folder / "data") as url,
                stand.app(url) as app,
                chromium(playwright, folder / "profile", cookies_blocked=True) as browser,
            ):
                blank = browser.new_page()
                if not wanted:
                    _in_portal(browser, blank, stand, app)
                missed = [shot for shot in chosen if not _try(browser, blank, stand, app, shot)]
        finally:
            stand.stop()
    if not wanted:
        _tidy(chosen)
    if missed:
        sys.exit(f"not taken: {', '.join(f'{shot.state} at {shot.width}' for shot in missed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
