"""First minutes: practice on made-up dialogs, a greeting, what is new, an empty desk that explains itself."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import axe
from tests.support.frame import Frame
from tests.support.portal_page import PortalPage
from tests.support.surfaces import choose, surface

pytestmark = pytest.mark.usefixtures("still")


def test_practice_by_keyboard_reaches_no_portal(desk: PortalPage) -> None:
    before = desk.sandbox.truth(27)
    page = surface(desk, "Practice", "Practice")
    page.locator("[data-practice='1']").focus()
    keys = desk.page.keyboard
    desk.sandbox.forget()
    steps = page.locator(".practice-step")
    expect(steps).to_contain_text("Step 1 of 5")
    keys.press("p")
    expect(steps).to_contain_text("Step 2 of 5")
    keys.press("ArrowDown")
    keys.press("Shift+S")
    expect(steps).to_contain_text("Step 3 of 5")
    for _ in range(3):
        keys.press("ArrowDown")
    keys.press("p")
    expect(steps).to_contain_text("Only the person responsible can pin.")
    for _ in range(2):
        keys.press("ArrowUp")
    keys.press("t")
    expect(steps).to_contain_text("Step 5 of 5")
    assert axe(desk.document) == []
    keys.press("u")
    expect(page.get_by_role("button", name="To my dialogs")).to_be_focused()
    assert axe(desk.document) == []
    keys.press("Enter")
    expect(desk.app.locator("#rows")).to_be_visible()
    wrote = [record for record in desk.sandbox.requests() if "mode" in str(record)]
    assert wrote == []
    assert desk.sandbox.truth(27) == before


def test_somebody_new_is_greeted_once(desk: PortalPage) -> None:
    greeting = desk.app.locator("#greeting")
    expect(greeting).to_contain_text("made-up dialogs")
    greeting.get_by_role("button", name="Dismiss").press("Enter")
    expect(greeting).to_have_count(0)
    desk.page.wait_for_timeout(300)
    desk.open()
    expect(greeting).to_have_count(0)
    choose(desk, "What's new")
    expect(desk.app.get_by_role("dialog", name="What's new in Pinline")).to_be_visible()
    assert axe(desk.document) == []
    desk.page.keyboard.press("Escape")
    expect(desk.app.locator("#more")).to_be_focused()


def test_after_an_update_the_news_are_offered(desk: PortalPage) -> None:
    person = Frame(desk.sandbox)
    person.open()
    assert person.request("PUT", "/api/preferences", {"whats_new": "0.0.1"}).status < 300
    desk.open()
    desk.app.locator("#greeting").get_by_role("button", name="Show").press("Enter")
    expect(desk.app.get_by_role("dialog", name="What's new in Pinline")).to_be_visible()
    desk.page.wait_for_timeout(300)
    desk.open()
    expect(desk.app.locator("#greeting")).to_have_count(0)


def test_an_empty_desk_explains_itself(tab: PortalPage) -> None:
    tab.page.emulate_media(reduced_motion="reduce")
    tab.sandbox.reset("empty")
    tab.install_over_http()
    tab.visit()
    expect(tab.app.locator(".explained")).to_contain_text("Pin keeps a dialog with you")
    assert axe(tab.document) == []
    tab.app.get_by_role("button", name="Try it on made-up dialogs").press("Enter")
    expect(tab.app.get_by_role("heading", name="Practice", level=1)).to_be_focused()
