"""Ten languages through the portal's frame: every word of the page, the direction, dates and times."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Playwright, expect

from tests.support.browser import chromium
from tests.support.catalogues import load
from tests.support.portal_page import PortalPage
from tests.support.screen import misfits, texts

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = load(ROOT / "app" / "translations")
# What a portal calls its languages, and what browsers call them.
CODES = {
    "en": "en",
    "ru": "ru",
    "de": "de",
    "la": "es",
    "br": "pt-BR",
    "fr": "fr",
    "pl": "pl",
    "ua": "uk",
    "tr": "tr",
    "ar": "ar",
}
WIDTHS = (1000, 700)


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser far from the servers' zone, without summer time: half past the hours of UTC."""
    folder: Path = tmp_path_factory.mktemp("profile")
    with chromium(
        playwright,
        folder,
        cookies_blocked=True,
        viewport={"width": 1000, "height": 900},
        timezone_id="Asia/Kolkata",
        reduced_motion="reduce",
    ) as context:
        yield context


@pytest.fixture
def desk(tab: PortalPage) -> PortalPage:
    """The app is installed; the desk not yet open, as that depends on the language."""
    tab.install_over_http()
    return tab


def english_left(found: list[tuple[str, str]], language: str) -> list[str]:
    """Texts on the page that are English although the language has words of its own for them."""
    ours = CATALOGUES[language]
    own = {text for text in ours.values() if isinstance(text, str)}
    foreign = {
        text for key, text in CATALOGUES["en"].items() if isinstance(text, str) and ours[key] != text
    } - own
    return [f"{place}: {text}" for text, place in found if text in foreign]


@pytest.mark.parametrize("code", CODES)
def test_a_portals_language_is_spoken(desk: PortalPage, code: str) -> None:
    language = CODES[code]
    desk.open(query=f"&bare=1&lang={code}")
    root = desk.app.locator("html")
    expect(root).to_have_attribute("lang", language)
    expect(root).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    title = CATALOGUES[language]["desk.title"]
    assert isinstance(title, str)
    expect(desk.app.get_by_role("heading", level=1)).to_have_text(title)
    desk.row(desk.chats(pinned=False)[0]).locator(".who").click()
    expect(desk.app.locator("#panel")).to_be_visible()
    found = texts(desk.document)
    assert len(found) > 100, "the search sees nothing"
    if language != "en":
        assert english_left(found, language) == []
    for width in WIDTHS:
        desk.page.set_viewport_size({"width": width, "height": 900})
        assert misfits(desk.document) == [], f"at {width}"
    desk.page.keyboard.press("Escape")
    assert misfits(desk.document) == []
    desk.page.set_viewport_size({"width": WIDTHS[0], "height": 900})


def test_english_words_and_tight_places_are_found(desk: PortalPage) -> None:
    """Planted: a forgotten text, a button that is too narrow, a page that is too wide."""
    desk.open(query="&bare=1&lang=de")
    desk.document.evaluate("document.querySelector('h1').textContent = 'My dialogs'")
    assert [line.split(": ")[1] for line in english_left(texts(desk.document), "de")] == ["My dialogs"]
    desk.document.evaluate("document.querySelector('[data-preview]').style.width = '60px'")
    assert len(misfits(desk.document)) == 1
    desk.document.evaluate("document.querySelector('.views').style.minWidth = '1200px'")
    assert any(line.startswith("the page") for line in misfits(desk.document))


def test_arabic_runs_from_right_to_left(desk: PortalPage) -> None:
    desk.open(query="&bare=1&lang=ar")

    def left(selector: str) -> float:
        return float(
            desk.document.evaluate("s => document.querySelector(s).getBoundingClientRect().x", selector)
        )

    assert left(".toolbar h1") > left("#search") > left("#fresh") > left("#more")
    assert left(".row .avatar") > left(".row .name") > left(".row .wait") > left(".row .sw.more")
    assert left('.view[data-view="all"]') > left('.view[data-view="pinned"]')
    assert not re.search("[\u0660-\u0669]", desk.app.locator("body").inner_text()), "digits stay Latin"
    desk.row(desk.chats()[0]).locator(".who").click()
    expect(desk.app.locator("#panel")).to_be_visible()
    assert left("#list-card") > left("#panel")
    desk.app.locator("#more").click()
    menu = desk.app.locator(".menu").bounding_box()
    assert menu is not None
    assert menu["x"] >= 0
    assert misfits(desk.document) == []


def test_a_message_in_another_direction_keeps_its_beginning(desk: PortalPage) -> None:
    """A long text ends in its ellipsis, not in front of it, whatever the page's direction."""
    chat_id = desk.chats()[0]
    desk.sandbox.act("client_message", chat_id=chat_id, text="First words " + "and more " * 30)
    desk.open(query="&bare=1&lang=ar")
    text = desk.row(chat_id).locator(".said .text")
    expect(text).to_contain_text("First words")
    style = text.evaluate("node => [getComputedStyle(node).direction, node.scrollLeft]")
    assert style == ["ltr", 0]
    assert text.evaluate("node => node.scrollWidth > node.clientWidth")


def test_times_are_those_of_the_operators_zone(desk: PortalPage) -> None:
    desk.open(query="&bare=1")
    shown = desk.app.locator("#as-of")
    stamp = shown.get_attribute("datetime")
    assert stamp is not None
    there = datetime.fromisoformat(stamp).astimezone(UTC) + timedelta(hours=5, minutes=30)
    assert shown.inner_text() == there.strftime("%H:%M:%S")


# The fifth of March of this year and of an earlier one.
DATES = {
    "en": ("Mar 5", "Mar 5, 2019"),
    "ru": ("5 мар.", "5 мар. 2019 г."),
    "de": ("5. März", "5. März 2019"),
    "es": ("5 mar", "5 mar 2019"),
    "pt-BR": ("5 de mar.", "5 de mar. de 2019"),
    "fr": ("5 mars", "5 mars 2019"),
    "pl": ("5 mar", "5 mar 2019"),
    "uk": ("5 бер.", "5 бер. 2019 р."),
    "tr": ("5 Mar", "5 Mar 2019"),
    "ar": ("5 مارس", "5 مارس 2019"),
}

DAYS = """async ([language, words]) => {
  const folder = document.querySelector("script[src*='/desk/']").src.replace(/[^/]*$/, "");
  const { useWords } = await import(folder + "words.js");
  const { day, setClock } = await import(folder + "time.js");
  useWords(words, language);
  setClock("2026-06-01T12:00:00Z");
  return [day("2026-03-04T20:00:00Z"), day("2019-03-04T20:00:00Z")];
}"""


def test_dates_have_the_form_of_the_language(desk: PortalPage) -> None:
    """The module itself, told the language and a clock; half past one in the night in the operator's zone."""
    assert set(DATES) == set(CATALOGUES)
    shown = {}
    for language, messages in CATALOGUES.items():
        desk.open(query="&bare=1")
        words = {key: text for key, text in messages.items() if key.startswith("desk.time.")}
        days = desk.document.evaluate(DAYS, [language, words])
        shown[language] = tuple(re.sub("[\u200e\u200f]", "", text) for text in days)
    assert shown == DATES


def test_the_browser_speaks_of_the_same_plural_forms(desk: PortalPage) -> None:
    """What Intl.PluralRules can ask for is what the catalogues hold."""
    script = "tag => new Intl.PluralRules(tag).resolvedOptions().pluralCategories"
    for language, messages in CATALOGUES.items():
        message = messages["desk.unread_n"]
        assert isinstance(message, dict)
        assert set(desk.page.evaluate(script, language)) == set(message), language
