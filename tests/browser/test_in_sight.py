"""What stands where somebody looks: the focused row, refusals in narrow lists, order and theme in force."""

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import PATIENCE, Keyboard
from tests.support.browser import Complaints
from tests.support.portal_page import PortalPage
from tests.support.screen import misfits

pytestmark = pytest.mark.usefixtures("still")

ROWS = "#rows .row[data-chat-id]"
ELASTIC = (".head > div", "select", ".toolbar h1", ".note")
NEWCOMER = 31  # nobody has asked for this person's list yet
_IN_SIGHT = """() => {
    const row = document.activeElement.closest(".row")?.getBoundingClientRect();
    const list = document.getElementById("rows").getBoundingClientRect();
    return !!row && row.top >= list.top && row.bottom <= list.bottom;
}"""
_COVERED = """() => [...document.querySelectorAll(".views :is(button, .lines)")].filter((one) => {
    const { left, right, top, bottom, width } = one.getBoundingClientRect();
    const box = one.closest(".tabs")?.getBoundingClientRect() ?? { left: 0, right: innerWidth };
    const from = Math.max(left, box.left), to = Math.min(right, box.right);
    if (!width || to - from < 3) return false; // not here, or scrolled away
    return [from + 1, to - 2].some((x) => !one.contains(document.elementFromPoint(x, (top + bottom) / 2)));
}).map((one) => one.id || one.dataset.view)"""
_CUT_OFF = """() => [...document.querySelectorAll(".views > *, .ours > *")].filter((one) => {
    const { right, left, width } = one.getBoundingClientRect();
    return width > 0 && (right > innerWidth || left < 0);
}).map((one) => one.id || one.className)"""


@pytest.mark.parametrize("narrowed", ["search", "filter"])
def test_escape_leaves_the_focused_row_in_sight(keys: Keyboard, narrowed: str) -> None:
    desk = keys.desk
    last = int(desk.app.locator(ROWS).last.get_attribute("data-chat-id") or 0)
    name = desk.row(last).locator(".name").inner_text()
    if narrowed == "search":
        keys.press("/")
        keys.type(name)
        keys.press("ArrowDown")
    else:
        keys.press("c")
        expect(desk.app.locator("#filter .num")).to_have_text("1")
    few = desk.app.locator(ROWS).count()
    keys.press("End")
    chat_id = keys.current()
    keys.press("Escape")
    assert desk.app.locator(ROWS).count() > few, "the list is whole again"
    assert keys.current() == chat_id
    assert desk.document.evaluate(_IN_SIGHT)
    desk.document.evaluate("document.getElementById('rows').scrollTop = 0")
    assert not desk.document.evaluate(_IN_SIGHT), "at the top of the list it is out of sight"


def test_the_journal_from_the_palette_takes_the_focus_and_gives_it_back(keys: Keyboard) -> None:
    desk = keys.desk
    chat_id = keys.current()
    keys.command("Journal")
    expect(desk.app.locator("#panel .journal")).to_be_visible()
    expect(desk.app.locator("#panel .close")).to_be_focused()
    keys.press("Escape")
    expect(desk.app.locator("#panel")).to_be_hidden()
    assert keys.current() == chat_id


@pytest.mark.parametrize(("width", "way_out"), [(1200, ".close"), (700, ".back")])
def test_a_dialog_that_is_looked_at_has_the_focus(keys: Keyboard, width: int, way_out: str) -> None:
    desk = keys.desk
    chat_id = keys.current()
    desk.page.set_viewport_size({"width": width, "height": 900})
    desk.row(chat_id).locator(".more").press("Enter")
    desk.row(chat_id).get_by_role("menuitem", name="Look at the messages").press("Enter")
    expect(desk.app.locator(f"#panel {way_out}")).to_be_focused()
    keys.press("Escape")
    assert keys.current() == chat_id


def test_a_palette_that_is_left_gives_the_focus_back(keys: Keyboard) -> None:
    chat_id = keys.current()
    keys.desk.page.keyboard.press("Control+k")
    expect(keys.desk.app.locator(".palette input")).to_be_focused()
    keys.desk.page.keyboard.press("Escape")
    expect(keys.desk.row(chat_id)).to_be_focused()


def test_a_refusal_is_seen_in_the_narrowest_list(desk: PortalPage) -> None:
    desk.page.set_viewport_size({"width": 400, "height": 800})
    desk.open(query="&bare=1")
    refused, fine = desk.chats(pinned=False, silent=False)[:2]
    note = desk.row(refused).locator(".note")
    desk.sandbox.fault("error", method="imopenlines.session.mode.pin", code="ACCESS_DENIED", times=1)
    desk.row(refused).locator(".sw-pin").click()
    expect(note).to_contain_text("Not pinned", timeout=PATIENCE)
    expect(note).to_be_visible()
    expect(desk.row(refused).locator(".wait")).to_be_hidden()
    expect(desk.row(fine).locator(".wait")).to_be_visible()
    expect(desk.row(fine).locator(".line2")).to_be_visible()
    expect(desk.row(fine).locator(".said")).to_be_visible()


def test_what_is_not_confirmed_is_seen_in_the_narrowest_list(
    desk: PortalPage, complaints: Complaints
) -> None:
    desk.page.set_viewport_size({"width": 400, "height": 800})
    desk.open(query="&bare=1")
    chat_id = desk.chats(pinned=False)[0]
    desk.page.route("**/api/actions/*", lambda route: route.abort())
    desk.page.route("**/api/dialogs", lambda route: route.abort())
    desk.row(chat_id).locator(".sw-pin").click()
    expect(desk.row(chat_id).locator(".note")).to_be_visible()
    expect(desk.row(chat_id).locator("[data-again]")).to_be_visible()
    complaints.lines.clear()  # requests that broke off


@pytest.mark.parametrize("width", [660, 900])
def test_times_stand_under_each_other(desk: PortalPage, width: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": 900})
    desk.open(query="&bare=1&lang=de")
    offered = desk.app.locator("#rows .row.offered .wait")
    assert offered.count() > 0
    right = "cells => cells.map(one => Math.round(one.getBoundingClientRect().right))"
    assert len(set(desk.app.locator("#rows .row .wait").evaluate_all(right))) == 1
    desk.app.locator("#rows .row.offered").first.evaluate("row => { row.style.paddingInlineEnd = '40px'; }")
    assert len(set(desk.app.locator("#rows .row .wait").evaluate_all(right))) == 2, "the control"


@pytest.mark.parametrize("lang", ["de", "ru", "ar"])
@pytest.mark.parametrize("width", [320, 700])
def test_no_view_lies_under_another_control(desk: PortalPage, width: int, lang: str) -> None:
    desk.page.set_viewport_size({"width": width, "height": 800})
    desk.open(query=f"&bare=1&lang={lang}")
    assert desk.document.evaluate(_COVERED) == []
    assert desk.document.evaluate(_CUT_OFF) == []
    assert misfits(desk.document, ELASTIC) == []
    for view in ("closing", "all"):
        tab = desk.app.locator(f'.views [data-view="{view}"]')
        tab.press("Enter")
        expect(tab).to_be_in_viewport(ratio=0.95)
        assert desk.document.evaluate(_COVERED) == []
    desk.document.evaluate("document.querySelector('[data-view=silent]').style.marginInlineStart = '-60px'")
    assert desk.document.evaluate(_COVERED) != [], "the control"


def test_the_order_of_closing_windows_is_shown_and_can_be_another(desk: PortalPage) -> None:
    desk.app.locator('[data-view="closing"]').click()
    desk.app.locator("#filter").click()
    box = desk.app.locator(".filter-box")
    window, waiting = (box.locator(f'[data-stays="sort{name}"]') for name in ("closing", "waiting"))
    expect(window).to_have_attribute("aria-pressed", "true")
    expect(waiting).to_have_attribute("aria-pressed", "false")
    box.locator('[data-stays="stageswork"]').click()
    expect(window).to_have_attribute("aria-pressed", "true")
    waiting.click()
    expect(waiting).to_have_attribute("aria-pressed", "true")
    expect(window).to_have_attribute("aria-pressed", "false")
    desk.page.keyboard.press("Escape")
    desk.app.locator('[data-view="all"]').click()
    # The stage goes along, the order of the view does not.
    expect(desk.app.locator("#filter")).to_have_attribute("title", "Filter and sort · 1 condition")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "error", "method": "im.recent.get", "code": "ACCESS_DENIED"}, "No access to Open Channels"),
        ({"kind": "html", "method": "batch"}, "The list could not be loaded"),
        ({"kind": "503"}, "Your portal is busy"),
    ],
)
def test_without_a_list_nothing_greets_and_nothing_is_called_updated(
    desk: PortalPage, complaints: Complaints, fault: dict[str, str], said: str
) -> None:
    expect(desk.app.locator("#greeting")).to_be_visible()
    expect(desk.app.locator("#fresh")).to_be_visible()
    desk.sandbox.fault(**fault)
    desk.visit(user_id=NEWCOMER)
    expect(desk.app.locator("#state")).to_contain_text(said, timeout=PATIENCE)
    expect(desk.app.locator("#greeting")).to_be_hidden()
    expect(desk.app.locator("#fresh")).to_be_hidden()
    complaints.lines.clear()  # the list that was refused


def test_a_subscription_that_ended_is_told_as_such(desk: PortalPage, complaints: Complaints) -> None:
    desk.sandbox.fault("error", method="im.recent.get", code="NOT_INSTALLED")
    desk.visit(user_id=NEWCOMER)
    state = desk.app.locator("#state")
    expect(state).to_contain_text("not installed in this Bitrix24 any more", timeout=PATIENCE)
    expect(state).not_to_contain_text("Open Channels")
    desk.sandbox.switch(payment=False)
    desk.visit(user_id=NEWCOMER)
    expect(desk.app.locator(".page .state h1")).to_have_text("The subscription has ended")
    complaints.lines.clear()  # what was refused


@pytest.mark.parametrize("where", ["desk", "card", "state"])
def test_every_page_follows_the_system_while_it_is_open(
    desk: PortalPage, complaints: Complaints, where: str
) -> None:
    desk.page.emulate_media(color_scheme="light")
    if where == "card":
        desk.visit(query=f"&placement=IM_SIDEBAR&chat={desk.chats()[0]}")
    elif where == "state":
        desk.sandbox.fault("502", target="oauth")
        desk.visit()
        expect(desk.app.locator(".page .state")).to_be_visible()
    else:
        desk.open()
    root = desk.app.locator("html")
    expect(root).to_have_class("light")
    desk.page.emulate_media(color_scheme="dark")
    expect(root).to_have_class("dark")
    desk.page.emulate_media(color_scheme="light")
    expect(root).to_have_class("light")
    complaints.lines.clear()  # the page that is a refusal


def test_a_theme_that_was_chosen_stays_whatever_the_system_does(keys: Keyboard) -> None:
    keys.command("Theme: dark")
    root = keys.desk.app.locator("html")
    expect(root).to_have_class("dark")
    keys.desk.page.emulate_media(color_scheme="dark")
    keys.desk.page.emulate_media(color_scheme="light")
    expect(root).to_have_class("dark")
    keys.command("Theme: as in the system")
    expect(root).to_have_class("light")


def test_an_order_of_the_palette_holds_in_the_view_of_closing_windows_alone(keys: Keyboard) -> None:
    keys.press("g", "c")
    filters = keys.desk.app.locator("#filter")
    expect(filters).to_have_attribute("title", "Filter and sort · sorted by: Reply window")
    keys.command("Newest message")
    expect(filters).to_have_attribute("title", "Filter and sort · sorted by: Newest message")
    keys.press("g", "a")
    expect(filters).to_have_attribute("title", "Filter and sort")
