"""The page in a made-up language: every visible word comes from the catalogue, and 40 % more letters fit."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Playwright, expect

from tests.support.browser import chromium
from tests.support.databases import SqliteTemplates
from tests.support.portal_page import PortalPage
from tests.support.pseudo import CLOSE, OPEN, pseudo, pseudo_app
from tests.support.screen import misfits, texts
from tests.support.stand import Stand

# A sentence around a key stands in two pieces: its start has one bracket, its end the other.
_BRACKETS = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*(?:{CLOSE}|$)|^[^{OPEN}{CLOSE}]*{CLOSE}")
# The product's own name, and names of the made portal that a sentence or a list carries without a mark.
NAMES = re.compile(r"Pinline|Facebook|Instagram|Telegram|WhatsApp|Viber")
# Keys are called by what is printed on them.
KEYS = re.compile(r"\((?:(?:Alt|Shift)\+)*\S\)|Ctrl K")
# These end in an ellipsis when they do not fit; their title or the panel says the rest.
ELASTIC = (".head > div", "select", ".note")

_NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser of the desk's usual width."""
    folder: Path = tmp_path_factory.mktemp("profile")
    size = {"width": 1000, "height": 900}
    with chromium(
        playwright, folder, cookies_blocked=True, viewport=size, reduced_motion="reduce"
    ) as context:
        yield context


@pytest.fixture(scope="module")
def desk(
    stand: Stand,
    sqlite_templates: SqliteTemplates,
    browser: BrowserContext,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[PortalPage]:
    """The desk of an app that speaks nothing but the made-up language."""
    folder = tmp_path_factory.mktemp("pseudo")
    with sqlite_templates.fresh(folder) as url, pseudo_app(stand, url, folder) as app:
        tab = PortalPage(browser.new_page(), stand.portal(app))
        tab.install_over_http()
        yield tab
        tab.page.close()


def bare(text: str, names: set[str]) -> str:
    """What of a text stands outside all brackets and is no known name."""
    while (less := _BRACKETS.sub("", text)) != text:
        text = less
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return KEYS.sub("", NAMES.sub("", text))


def names_of(desk: PortalPage) -> set[str]:
    """People and lines of this portal."""
    boot = desk.document.evaluate("JSON.parse(document.getElementById('boot').textContent)")
    dialogs = boot["listing"]["dialogs"]
    people = {dialog["client_name"] for dialog in dialogs} | {boot["operator"]["name"]}
    people |= {dialog["responsible"]["name"] for dialog in dialogs if dialog["responsible"]} - {None}
    return people | {dialog["line_name"] for dialog in dialogs}


def unbracketed(desk: PortalPage, names: set[str]) -> list[str]:
    """Texts with letters outside the brackets, with the element they stand in."""
    found = {
        f"{place}: {text}"
        for text, place in texts(desk.document)
        if re.search(r"[^\W\d_]", bare(text, names))
    }
    return sorted(found)


def nothing(desk: PortalPage) -> None:
    """The list as it opens."""


def panel(desk: PortalPage) -> None:
    """The panel of a dialog."""
    desk.row(desk.chats(pinned=False)[0]).locator(".who").click()
    expect(desk.app.locator("#panel .bubble").first).to_be_visible()


def selection(desk: PortalPage) -> None:
    """Everything picked, the bar docked."""
    desk.app.locator("#pick-all").evaluate("node => node.click()")
    expect(desk.app.locator("#dock")).to_be_visible()


def page_menu(desk: PortalPage) -> None:
    """The menu of the page."""
    desk.app.locator("#more").click()
    expect(desk.app.get_by_role("menu")).to_be_visible()


def row_menu(desk: PortalPage) -> None:
    """The menu of a row."""
    desk.row(desk.chats(pinned=False)[0]).locator(".more").click()
    expect(desk.app.get_by_role("menu")).to_be_visible()


def preview(desk: PortalPage) -> None:
    """What Unpin all will touch."""
    desk.app.locator('.toolbar [data-preview="unpin_all"]').click()
    expect(desk.app.get_by_role("dialog")).to_be_visible()


def silence(desk: PortalPage) -> None:
    """A dialog with Silent on: its row, the banner or chip, the toast."""
    chat_id = desk.chats(pinned=False, silent=False)[0]
    desk.row(chat_id).locator(".name").click()
    desk.page.keyboard.press("Shift+S")
    expect(desk.row(chat_id)).to_have_class(re.compile(r"\bsilent\b"))


def by_key(key: str) -> Callable[[PortalPage], None]:
    """What a key opens over the list."""

    def press(desk: PortalPage) -> None:
        desk.row(desk.chats(pinned=False)[0]).focus()
        desk.page.keyboard.press(key)
        expect(desk.app.locator("dialog[open], .dlg, [popover]:popover-open").first).to_be_visible()

    press.__name__ = f"key_{key}"
    return press


def from_menu(key: str) -> Callable[[PortalPage], None]:
    """A surface that the page's menu opens."""

    def choose(desk: PortalPage) -> None:
        words = desk.document.evaluate("JSON.parse(document.getElementById('boot').textContent).words")
        desk.app.locator("#more").click()
        desk.app.get_by_role("menuitem", name=words[key], exact=True).click()
        expect(desk.app.locator("#surface, #panel .journal, .dlg").first).to_be_visible()

    choose.__name__ = key
    return choose


SCREENS = (
    nothing,
    panel,
    selection,
    page_menu,
    row_menu,
    preview,
    silence,
    by_key("?"),
    by_key("f"),
    by_key("Control+k"),
    from_menu("desk.journal"),
    from_menu("desk.about"),
    *(from_menu(f"desk.surface.{name}") for name in ("shift", "snapshots", "settings", "practice", "news")),
)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_every_word_comes_from_the_catalogue_and_fits(
    desk: PortalPage, screen: Callable[[PortalPage], None]
) -> None:
    desk.page.set_viewport_size({"width": 1000, "height": 900})
    desk.open(query="&bare=1")
    names = names_of(desk)
    screen(desk)
    words = unbracketed(desk, names)
    at_1000 = misfits(desk.document, ELASTIC)
    desk.page.set_viewport_size({"width": 700, "height": 900})
    desk.document.evaluate(_NEXT_FRAME)
    assert (words, at_1000, misfits(desk.document, ELASTIC)) == ([], [], [])


def test_the_card_in_a_chat(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.page.set_viewport_size({"width": 1000, "height": 900})
    desk.visit(query=f"&placement=IM_SIDEBAR&chat={chat_id}")
    expect(desk.app.locator('[data-action="pin"]').first).to_be_visible()
    assert unbracketed(desk, names_of(desk)) == []
    assert misfits(desk.document, ELASTIC) == []


@pytest.mark.parametrize("path", ["/", "/app", "/nothing-here"])
def test_pages_outside_the_portal(desk: PortalPage, browser: BrowserContext, path: str) -> None:
    page = browser.new_page()
    page.goto(desk.sandbox.app_url + path)
    left = [text for text, _ in texts(page) if re.search(r"[^\W\d_]", bare(text, set()))]
    shown = {"company.bitrix24.com", f"{desk.sandbox.app_url}/app", f"{desk.sandbox.app_url}/install"}
    code = page.locator(".code").inner_text() if page.locator(".code").count() else ""
    assert [text for text in left if text not in shown | {code} and text.strip("·\xa0 ")] == []
    assert misfits(page, ELASTIC) == []
    page.close()


def test_a_word_outside_the_catalogue_is_found(desk: PortalPage) -> None:
    desk.open(query="&bare=1")
    desk.document.evaluate("document.querySelector('#more').title = 'More'")
    desk.document.evaluate("document.querySelector('#fresh .word').textContent = 'Updated'")
    assert len(unbracketed(desk, names_of(desk))) == 2


def test_the_made_up_language_is_longer_and_keeps_its_places() -> None:
    assert pseudo("{name}: ") == f"{OPEN}{{name}}:{CLOSE} "
    made = pseudo("Unpin {n} dialogs?")
    assert "{n}" in made
    assert 1.4 <= (len(made) - len("{n}")) / len("Unpin  dialogs?") < 1.7
