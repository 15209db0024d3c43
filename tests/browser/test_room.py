"""What a narrow frame or a slow portal leaves room for: warnings whole, what is urgent in sight."""

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.keyboard import PATIENCE
from tests.support.frame import Frame
from tests.support.portal_page import PortalPage
from tests.support.surfaces import choose, surface

pytestmark = pytest.mark.usefixtures("still")

LONG = "Иван Сергеевич Константинопольский-Преображенский (ООО «Северные технологии»)"
# Whether a text is seen whole: neither cut by an ellipsis nor clipped by what it stands in.
_WHOLE = """one => {
    const box = one.getBoundingClientRect();
    const line = one.closest(".line2").getBoundingClientRect();
    const inside = box.bottom <= line.bottom + 1 && box.right <= line.right + 1;
    return inside && one.scrollWidth <= one.clientWidth + 1;
}"""
# How many pixels of the message (with its dot) are seen in the line.
_SEEN = """one => {
    const box = one.getBoundingClientRect();
    const line = one.closest(".line2").getBoundingClientRect();
    return box.top < line.bottom - 2 ? Math.min(box.right, line.right) - box.left : 0;
}"""
_PICTURES = """all => all.filter((one) => !one.matches(".blank"))
    .map((one) => one.firstElementChild.getAttribute("href"))"""
_TOP = "one => one.getBoundingClientRect().top"


def at(desk: PortalPage, width: int, lang: str = "en") -> None:
    """The desk in a frame of this width."""
    desk.page.set_viewport_size({"width": width, "height": 800})
    desk.open(query=f"&bare=1&lang={lang}")


def noted(desk: PortalPage, words: str) -> Locator:
    """The first row with this note."""
    return desk.app.locator("#rows .row").filter(has=desk.app.locator(".note", has_text=words)).first


@pytest.mark.parametrize("width", [320, 400])
def test_warnings_are_read_whole_in_the_narrowest_list(desk: PortalPage, width: int) -> None:
    at(desk, width)
    for words in ("Client does not see your messages", "Reply window closes in"):
        note = noted(desk, words).locator(".note span").first
        expect(note).to_be_visible()
        note.scroll_into_view_if_needed()
        assert note.evaluate(_WHOLE), words
    note.evaluate("one => { one.textContent += one.textContent.repeat(2); one.style.whiteSpace = 'nowrap'; }")
    assert not note.evaluate(_WHOLE), "the control"
    plain = desk.app.locator("#rows .row:not(:has(.note:not([hidden])))").first
    expect(plain.locator(".wait")).to_be_visible()
    expect(plain.locator(".said .text")).to_be_visible()


def test_beside_a_panel_the_words_about_silent_are_whole_and_no_dot_dangles(desk: PortalPage) -> None:
    at(desk, 1000)
    desk.app.locator("#rows .row").first.locator(".who").click()
    expect(desk.app.locator("#panel")).to_be_visible()
    row = noted(desk, "Client does not see your messages")
    row.locator(".note").evaluate(
        "one => one.insertAdjacentHTML('beforeend', '<span class=\"for\"> · 2 min</span>')"
    )
    assert row.locator(".note span").first.evaluate(_WHOLE)
    expect(row.locator(".note .for")).to_be_hidden()
    seen = row.locator(".said").evaluate(_SEEN)
    assert seen == 0 or seen >= 55, "the message has room for some letters, or is away with its dot"


@pytest.mark.parametrize("lang", ["en", "de", "ru", "ar"])
def test_what_is_urgent_is_never_clipped(desk: PortalPage, lang: str) -> None:
    person = Frame(desk.sandbox, 27)
    person.open()
    view = {"name": "WhatsApp clients of the VIP line", "filter": {"unread": True}}
    assert person.request("POST", "/api/views", view).status < 300
    for width in (320, 400, 700, 1000):
        at(desk, width, lang)
        for name in ("closing", "silent"):
            chip = desk.app.locator(f'[data-view="{name}"]')
            expect(chip.locator(".num")).to_be_in_viewport(ratio=0.95)
            expect(chip.locator(".icon")).to_be_in_viewport(ratio=0.95)


def test_views_shrink_only_where_they_do_not_fit(desk: PortalPage) -> None:
    word = desk.app.locator('[data-view="closing"] .word')
    wide = "one => one.getBoundingClientRect().width > 20"
    padding = "one => parseFloat(getComputedStyle(one).paddingInlineStart)"
    at(desk, 1000)
    assert word.evaluate(wide), "Closing soon is named where there is room"
    assert desk.app.locator('[data-view="all"]').evaluate(padding) == 11
    at(desk, 500, "ru")
    assert not word.evaluate(wide), "the control"


@pytest.mark.parametrize("width", [400, 700, 1000, 1400])
def test_answer_stands_at_the_end(desk: PortalPage, width: int) -> None:
    at(desk, width)
    row = desk.app.locator("#rows .row.offered").first
    edges = {name: row.locator(name).bounding_box() for name in (".wait", "[data-action=answer]", ".more")}
    wait, answer, more = (box or {"x": 0, "width": 0} for box in edges.values())
    assert wait["x"] + wait["width"] <= answer["x"] + 1
    assert answer["x"] + answer["width"] <= more["x"] + 1


def test_a_slow_portal_is_told_in_the_panel(desk: PortalPage) -> None:
    desk.page.set_viewport_size({"width": 1200, "height": 800})
    held: list[Route] = []
    desk.open(query="&bare=1")
    desk.page.route("**/api/dialogs/*", lambda route: held.append(route))
    desk.app.locator("#rows .row:not(.offered)").first.locator(".who").click()
    talk = desk.app.locator("#panel .talk")
    expect(talk).to_have_text("Loading messages…")
    desk.page.wait_for_timeout(300)
    for route in held:
        route.continue_()
    expect(talk.locator(".bubble").first).to_be_visible(timeout=PATIENCE)
    expect(talk).not_to_contain_text("Loading")


def test_a_toast_takes_one_line_of_a_long_name_and_leaves_a_surface(desk: PortalPage) -> None:
    toast = desk.app.locator("#toasts .toast")
    for width, tallest in ((320, 50), (700, 44)):
        at(desk, width)
        row = desk.app.locator("#rows .row").filter(has_text=LONG[:20]).first
        row.locator(".sw-pin").click()
        expect(toast).to_be_visible(timeout=PATIENCE)
        assert toast.evaluate("one => one.offsetHeight") <= tallest
        expect(toast).to_contain_text("pinned")
    choose(desk, "Practice")
    expect(desk.app.locator("#surface")).to_be_visible()
    expect(toast).to_be_hidden()


def test_a_toast_does_not_touch_the_bar(desk: PortalPage) -> None:
    at(desk, 320)
    desk.app.locator("#rows .row:not(.offered) .pick input").first.check(force=True)
    desk.app.locator("#rows .row:not(.offered) .sw-pin").nth(3).click()
    toast = desk.app.locator("#toasts .toast")
    expect(toast).to_be_visible(timeout=PATIENCE)
    bottom = toast.evaluate("one => one.getBoundingClientRect().bottom")
    assert bottom < desk.app.locator("#dock").evaluate(_TOP)


def test_the_end_of_a_shift_shows_what_ends_and_is_done(desk: PortalPage) -> None:
    page = surface(desk, "End of shift", "End of shift")
    expect(page.locator(".note.warn").filter(has_text="Reply window closes in").first).to_be_visible()
    expect(page.locator(".wait.late").first).to_be_visible()
    name = page.locator("li a.name").first
    expect(name).to_have_attribute("href", re.compile(r"/online/"))
    page.get_by_role("button", name="Done", exact=True).press("Enter")
    expect(page).to_be_hidden()
    expect(desk.app.locator("#rows")).to_be_visible()


def test_no_two_entries_of_a_menu_share_a_picture(desk: PortalPage) -> None:
    desk.app.locator("#more").press("Enter")
    expect(desk.app.locator(".menu .icon").first).to_be_visible()  # menus load on first use
    pictures = desk.app.locator(".menu .icon").evaluate_all(_PICTURES)
    assert len(pictures) == len(set(pictures)) >= 10
    desk.page.keyboard.press("Escape")
    desk.app.locator("#rows .row:not(.offered) .more").first.press("Enter")
    expect(desk.app.locator(".menu .icon").first).to_be_visible()
    items = desk.app.locator(".menu [role=menuitem]")
    pictures = desk.app.locator(".menu .icon").evaluate_all(_PICTURES)
    assert len(pictures) == len(set(pictures)) == items.count()


def test_a_saved_view_is_edited_without_scrolling(desk: PortalPage) -> None:
    person = Frame(desk.sandbox, 27)
    person.open()
    assert person.request("POST", "/api/views", {"name": "Late", "filter": {"unread": True}}).status < 300
    at(desk, 1000)
    desk.app.locator("#saved .view").click()
    desk.app.locator("#filter").click()
    box = desk.app.locator(".filter-box")
    edit = box.get_by_role("button", name="Edit view")
    for height in (800, 560):
        desk.page.set_viewport_size({"width": 1000, "height": height})
        expect(edit).to_be_in_viewport(ratio=0.95)


def test_a_busy_portal_moves_no_row(desk: PortalPage) -> None:
    at(desk, 1200)
    row = desk.app.locator("#rows .row").first
    before = row.evaluate(_TOP)
    desk.sandbox.fault("503")
    desk.app.locator("#fresh").click()
    expect(desk.app.locator("#banner")).to_be_visible(timeout=PATIENCE)
    assert row.evaluate(_TOP) == before
    desk.sandbox.heal()


def test_only_the_portals_own_names_make_a_guest(desk: PortalPage) -> None:
    row = desk.app.locator("#rows .row").filter(has_text="Green Guest #17").first
    expect(row.locator(".initials .icon")).to_have_count(1)
    listing = "**/api/dialogs"
    chat_id = desk.chats(silent=False)[0]
    desk.page.route(
        listing,
        lambda route: route.fulfill(
            response=(answer := route.fetch()),
            body=re.sub(
                rf'("chat_id":\s*{chat_id}\b.*?"client_name":\s*)"[^"]*"',
                r'\1"Jo Carlos 16"',
                answer.text(),
                count=1,
            ),
        ),
    )
    desk.app.locator("#fresh").click()
    expect(desk.row(chat_id).locator(".name")).to_have_text("Jo Carlos 16", timeout=PATIENCE)
    expect(desk.row(chat_id).locator(".initials")).to_have_text("JC")


def test_a_search_is_cleared_by_its_cross(desk: PortalPage) -> None:
    at(desk, 1200)
    search = desk.app.locator("#search")
    search.fill("nobody")
    box = search.bounding_box()
    assert box
    search.click(position={"x": box["width"] - 20, "y": box["height"] / 2})
    expect(search).to_have_value("")


@pytest.mark.parametrize("lang", ["en", "de", "ru"])
def test_column_heads_are_whole_words_or_pictures(desk: PortalPage, lang: str) -> None:
    at(desk, 1400, lang)
    for switch in ("pin", "top", "silent"):
        head = desk.app.locator(f".head .c-{switch}")
        assert not head.inner_text().endswith(".")
        expect(head).to_have_attribute("title", head.inner_text())
