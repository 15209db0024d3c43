"""Opening the surfaces that the desk loads on first use, by keyboard alone."""

from playwright.sync_api import Locator, expect

from tests.support.browser import axe
from tests.support.portal_page import PortalPage


def choose(desk: PortalPage, name: str) -> None:
    """Open the page's menu and choose an entry, by keyboard alone."""
    desk.app.locator("#more").focus()
    desk.page.keyboard.press("Enter")
    item = desk.app.get_by_role("menuitem", name=name, exact=True)
    expect(item).to_be_visible()
    for _ in range(20):
        if item.evaluate("node => node === document.activeElement"):
            break
        desk.page.keyboard.press("ArrowDown")
    desk.page.keyboard.press("Enter")


def surface(desk: PortalPage, name: str, title: str) -> Locator:
    """Open a page from the menu; its heading has the focus and axe finds nothing."""
    choose(desk, name)
    expect(desk.app.get_by_role("heading", name=title, level=1)).to_be_focused()
    assert axe(desk.document) == []
    return desk.app.locator("#surface")
