"""Narrow frames: the view in force is in sight, a strip that goes on fades out, nothing wraps in vain."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_languages import CODES
from tests.support.frame import Frame
from tests.support.portal_page import PortalPage
from tests.support.surfaces import choose

pytestmark = pytest.mark.usefixtures("still")

VIEWS: dict[str, dict[str, object]] = {
    "VIP over 15 min": {"pinned": True},
    "Unread": {"unread": True},
    "Work": {"stages": ["work"]},
}
_CHOSEN = '.views [aria-pressed="true"]'
_SEEN = """one => {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    return [left + 2, right - 2].every((x) => one.contains(document.elementFromPoint(x, (top + bottom) / 2)));
}"""
_CUT = """one => {
    const before = one.offsetWidth;
    Object.assign(one.style, { maxWidth: "none", width: "max-content", flex: "none" });
    const cut = one.offsetWidth > before + 1;
    one.removeAttribute("style");
    return cut;
}"""
_LINES = "one => one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).lineHeight)"


@pytest.fixture
def person(desk: PortalPage) -> Frame:
    """The operator over HTTP, with three views saved."""
    person = Frame(desk.sandbox, 27)
    person.open()
    for name, wanted in VIEWS.items():
        assert person.request("POST", "/api/views", {"name": name, "filter": wanted}).status < 300
    return person


def at(desk: PortalPage, width: int, lang: str = "en") -> None:
    """The desk in a frame of this width."""
    desk.page.set_viewport_size({"width": width, "height": 800})
    desk.open(query=f"&bare=1&lang={lang}")


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize("lang", ["en", "ru", "ar"])
@pytest.mark.parametrize("width", [320, 400, 432, 700, 1000])
def test_a_saved_view_in_force_is_named_in_sight(desk: PortalPage, width: int, lang: str) -> None:
    at(desk, width, lang)
    desk.app.locator("#more-views").press("Enter")
    desk.app.locator(".menu").get_by_role("menuitemradio").filter(has_text="Work").press("Enter")
    chosen = desk.app.locator(_CHOSEN)
    expect(chosen).to_have_count(1)
    expect(chosen).to_contain_text("Work")
    expect(chosen).not_to_have_attribute("inert", "")
    assert chosen.evaluate(_SEEN)
    expect(chosen.locator(".num")).to_be_in_viewport(ratio=0.95)
    chosen.evaluate("one => one.classList.remove('first')")
    assert not chosen.evaluate(_SEEN), "in its own place there is no room: the control"


def test_a_filter_that_is_on_shows_with_its_number(desk: PortalPage) -> None:
    for width in (320, 400, 700, 1000):
        at(desk, width)
        desk.app.locator("#filter").press("Enter")
        desk.app.locator('[data-stays="stageswork"]').press("Enter")
        desk.page.keyboard.press("Escape")
        number = desk.app.locator("#filter .num")
        expect(number).to_have_text("1")
        assert number.evaluate(_SEEN), f"at {width}"


@pytest.mark.parametrize("view", ["Work", "top"])
def test_a_view_to_begin_with_is_in_sight_from_the_start(desk: PortalPage, person: Frame, view: str) -> None:
    ids = {one["name"]: str(one["id"]) for one in person.open().boot["views"]}
    assert person.request("PUT", "/api/preferences", {"view": ids.get(view, view)}).status < 300
    desk.page.set_viewport_size({"width": 400, "height": 800})
    desk.visit(query="&bare=1&lang=ru")
    chosen = desk.app.locator(f'.views [data-view="{ids.get(view, view)}"]')
    expect(chosen).to_have_attribute("aria-pressed", "true")
    expect(chosen).to_be_in_viewport(ratio=0.95)
    assert chosen.evaluate(_SEEN)
    if view == "top":
        desk.document.evaluate("document.getElementById('tabs').scrollLeft = 0")
        expect(chosen).not_to_be_in_viewport(ratio=0.95)


@pytest.mark.parametrize("lang", ["ru", "ar"])
def test_the_strip_of_views_fades_where_it_goes_on(desk: PortalPage, lang: str) -> None:
    at(desk, 400, lang)
    tabs = desk.app.locator("#tabs")
    expect(tabs).to_have_class("tabs after")
    assert "linear-gradient" in tabs.evaluate("one => getComputedStyle(one).maskImage")
    tabs.evaluate("one => one.scrollBy(one.matches('[dir=rtl] *') ? -9999 : 9999, 0)")
    expect(tabs).to_have_class("tabs before")
    at(desk, 1600, lang)
    expect(tabs).to_have_class("tabs")
    assert tabs.evaluate("one => getComputedStyle(one).maskImage") == "none"


def test_the_first_greeting_takes_two_lines_at_most(desk: PortalPage) -> None:
    for code in CODES:
        at(desk, 400, code)
        text = desk.app.locator("#greeting .text")
        assert text.evaluate(_LINES) < 2.1, code
        assert desk.app.locator("#greeting").evaluate("one => one.offsetHeight") <= 60, code
    text.evaluate("one => { one.textContent += one.textContent + one.textContent; }")
    assert text.evaluate(_LINES) > 2.1, "the control"


def test_the_lines_are_not_cut_where_there_is_room(desk: PortalPage) -> None:
    select = desk.app.locator(".lines select")
    for code in CODES:
        at(desk, 400, code)
        assert not select.evaluate(_CUT), code
    select.evaluate("one => { one.style.width = '60px'; }")
    assert select.evaluate(_CUT), "the control"


def test_client_and_reason_stand_apart_in_the_journal(desk: PortalPage, person: Frame) -> None:
    chosen = desk.chats(pinned=False)[:3]
    names = [desk.row(chat_id).locator(".name").inner_text() for chat_id in chosen]
    desk.sandbox.fault("error", method="imopenlines.session.mode.pin", code="ACCESS_DENIED", times=1)
    assert person.act("pin", *chosen).status == 200
    choose(desk, "Journal")
    bad = desk.app.locator("#panel .entry .bad span")
    expect(bad).to_have_count(1)
    assert any(bad.inner_text().startswith(f"{name} · ") for name in names)
    desk.app.locator("#panel").get_by_role("button", name="Search the journal").press("Enter")
    desk.app.locator("#surface summary").press("Enter")
    listed = desk.app.locator("#surface .entry li").all_inner_texts()
    assert sorted(line.partition(" · ")[0] for line in listed) == sorted(names)
    assert sum(" · " in line for line in listed) == 1
