"""Every state of the page: axe finds nothing and nothing is cut off, in any width, theme and language.

Every state once, and among them all pairs of widths, themes and languages. With CROSS=full each state is seen
in each language and width, and there in all themes (`make test-full`).
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.states.every import STATES
from tests.states.visit import Visit, dress
from tests.support.browser import axe, chromium
from tests.support.databases import SqliteTemplates
from tests.support.pseudo import pseudo_app
from tests.support.screen import misfits
from tests.support.stand import RunningApp, Sandbox, Stand, crashes

WIDTHS = (700, 1000, 1400, 320)
THEMES = ("light", "dark", "forced")
PSEUDO = "pseudo"
# What a portal calls its languages, and the one that is made of English with 40 % more letters.
LANGUAGES = ("en", "ru", "de", "la", "br", "fr", "pl", "ua", "tr", "ar", PSEUDO)
# Browsers call some of them otherwise.
BROWSER = {"la": "es", "br": "pt-BR", "ua": "uk", PSEUDO: "en"}
# These end in an ellipsis when they do not fit; their title, the panel or the tab says the rest.
ELASTIC = (".head > div", "select", ".note", ".toolbar h1")
PORTALS = 40


@dataclass(frozen=True, slots=True)
class Case:
    """One state as one person sees it; the themes follow each other on the same page."""

    state: str
    language: str
    width: int
    themes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.state}-{self.width}-{self.language}-{'-'.join(self.themes)}"


def sample() -> list[Case]:
    """Every state once; the combinations of language and width in turn, so that all pairs occur."""
    turns = [
        (language, width, THEMES[(at + place) % len(THEMES)])
        for place, width in enumerate(WIDTHS)
        for at, language in enumerate(LANGUAGES)
    ]
    return [
        Case(state, language, width, (theme,))
        for at, state in enumerate(STATES)
        for language, width, theme in [turns[at % len(turns)]]
    ]


def cross() -> list[Case]:
    """Everything with everything, ordered so that a state's cases follow each other."""
    return [Case(*one, THEMES) for one in product(STATES, LANGUAGES, WIDTHS)]


CASES = cross() if os.environ.get("CROSS") == "full" else sample()


class Grounds:
    """Fresh portals for apps that stay: a new sandbox with new apps whenever they are used up."""

    def __init__(self, templates: SqliteTemplates, folder: Path) -> None:
        self._templates = templates
        self._folder = folder
        self._open = ExitStack()
        self._left = self._rounds = 0

    def fresh(self, pseudo: bool) -> tuple[Sandbox, RunningApp]:
        """A portal that nobody has touched, and its app; the made-up language has an app of its own."""
        if not self._left:
            self._renew()
        self._left -= 1
        if pseudo and self._pseudo is None:
            self._pseudo = self._start(pseudo=True)
        running = self._pseudo if pseudo and self._pseudo else self._app
        return self._stand.portal(running), running

    def _renew(self) -> None:
        self.close()
        self._rounds += 1
        self._left = PORTALS - 1
        home = self._folder / str(self._rounds)
        home.mkdir()
        self._stand = Stand(home, PORTALS).start()
        self._open.callback(self._stand.stop)
        self._pseudo: RunningApp | None = None
        self._app = self._start(pseudo=False)

    def _start(self, pseudo: bool) -> RunningApp:
        home = self._folder / f"{self._rounds}-{'pseudo' if pseudo else 'app'}"
        home.mkdir()
        url = self._open.enter_context(self._templates.fresh(home))
        made = pseudo_app(self._stand, url, home) if pseudo else self._stand.app(url)
        return self._open.enter_context(made)

    def close(self) -> None:
        """Stop what runs."""
        self._open.close()


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser without movements, so that axe sees what a person sees."""
    profile: Path = tmp_path_factory.mktemp("profile")
    with chromium(playwright, profile, cookies_blocked=True, reduced_motion="reduce") as context:
        yield context


@pytest.fixture(scope="module")
def grounds(sqlite_templates: SqliteTemplates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grounds]:
    """Portals of our own: there may be thousands of cases."""
    grounds = Grounds(sqlite_templates, tmp_path_factory.mktemp("states"))
    yield grounds
    grounds.close()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """A tab; the network is back afterwards."""
    page = browser.new_page()
    yield page
    browser.set_offline(False)
    page.close()


def reach(page: Page, grounds: Grounds, case: Case) -> Visit:
    """The state on screen."""
    page.set_viewport_size({"width": case.width, "height": 800})
    page.set_extra_http_headers({"Accept-Language": BROWSER.get(case.language, case.language)})
    dress(page, case.themes[0])
    portal, running = grounds.fresh(case.language == PSEUDO)
    visit = Visit(page, portal, running, "en" if case.language == PSEUDO else case.language)
    visit.begin()
    STATES[case.state](visit)
    return visit


def violations(visit: Visit, theme: str) -> list[str]:
    """What axe finds; of forced colours it reads those of the style sheet, though the system has chosen."""
    found = axe(visit.document)
    return [line for line in found if theme != "forced" or not line.startswith("color-contrast")]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_state_can_be_used_by_everybody(page: Page, grounds: Grounds, case: Case) -> None:
    visit = reach(page, grounds, case)
    before = len(visit.running.log())
    found = []
    for theme in case.themes:
        visit.wear(theme)
        lines = violations(visit, theme) + misfits(visit.document, ELASTIC)
        found += [f"{theme}: {line}" for line in lines]
    assert found == []
    assert crashes(visit.running.log()[before:]) == []


def test_the_sample_meets_every_state_and_every_pair() -> None:
    cases = sample()
    assert {case.state for case in cases} == set(STATES)
    assert {(case.language, case.width) for case in cases} == set(product(LANGUAGES, WIDTHS))
    assert {(case.language, case.themes[0]) for case in cases} == set(product(LANGUAGES, THEMES))
    assert {(case.width, case.themes[0]) for case in cases} == set(product(WIDTHS, THEMES))


def test_what_is_planted_is_found_in_forced_colours(page: Page, grounds: Grounds) -> None:
    """The control: a name taken away, a width that is too large."""
    visit = reach(page, grounds, Case("desk", "en", 1000, ("forced",)))
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    expect(visit.app.locator("#more")).to_be_visible()
    visit.document.evaluate(
        """() => {
            const more = document.querySelector("#more");
            more.removeAttribute("aria-label");
            more.removeAttribute("title");
            document.querySelector(".views").style.minWidth = "1200px";
        }"""
    )
    assert any(line.startswith("button-name") for line in axe(visit.document))
    assert any(line.startswith("the page") for line in misfits(visit.document, ELASTIC))


def test_switches_that_are_on_stand_out_in_forced_colours(page: Page, grounds: Grounds) -> None:
    """Our own colours are gone there, and Silent has the same icon on and off."""
    visit = reach(page, grounds, Case("silent-view", "en", 1000, ("forced",)))
    colours = "switches => switches.map(one => getComputedStyle(one).color)"
    on = visit.app.locator(".row .sw-silent").evaluate_all(colours)
    off = visit.app.locator(".row .sw-top").evaluate_all(colours)
    assert len(on) > 1
    assert not set(on) & set(off)
