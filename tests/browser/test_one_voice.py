"""Results are spoken through one region of the page, wherever they come about; nothing speaks beside it."""

from playwright.sync_api import expect

from tests.support.portal_page import PortalPage
from tests.support.surfaces import choose

PATIENCE = 30_000
VOICES = "[role=status], [role=alert], [role=log], [aria-live]"


def test_pages_and_boxes_speak_through_one_region(desk: PortalPage) -> None:
    voices = desk.app.locator(VOICES)
    expect(voices).to_have_count(1)
    for name in ("End of shift", "Settings", "Practice"):
        choose(desk, name)
        expect(desk.app.locator("#surface")).to_be_visible()
        expect(voices).to_have_count(1)
        desk.app.locator("#surface .back").click()
    desk.row(desk.chats()[0]).locator(".who").click()
    expect(desk.app.locator("#panel .bubble").first).to_be_visible()
    expect(voices).to_have_count(1)


def test_a_filter_says_what_it_found(desk: PortalPage) -> None:
    desk.app.locator("#filter").click()
    desk.app.locator(".filter-box").get_by_label("Pinned").select_option("true")
    words = desk.app.locator(".filter-foot .num").inner_text()
    expect(desk.said()).to_have_text(words)
    expect(desk.app.locator(VOICES)).to_have_count(1)


def test_a_modal_box_has_the_region_inside(desk: PortalPage) -> None:
    choose(desk, "My desk: save, restore")
    box = desk.app.locator("dialog[open]")
    box.get_by_role("button", name="Save as it is now").click()
    expect(box.locator("#status")).to_contain_text("Saved:", timeout=PATIENCE)
    box.get_by_role("button", name="Restore").click()
    expect(box.get_by_role("button", name="Back")).to_be_visible()
    expect(box.locator("#status")).to_have_count(1)
    desk.page.keyboard.press("Escape")
    expect(desk.app.locator("main #status")).to_have_count(1)
    expect(desk.app.locator(VOICES)).to_have_count(1)
