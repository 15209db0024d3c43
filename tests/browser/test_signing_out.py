"""The end of the desk in a window of its own."""

import re

from playwright.sync_api import Page, Route, expect

from tests.support.browser import Complaints
from tests.support.portal_page import PortalPage

OUT = "/api/session"


def window(desk: PortalPage) -> Page:
    """The tab, signed in outside the portal."""
    page, sandbox = desk.page, desk.sandbox
    page.goto(f"{sandbox.url}/online/?user=27")
    page.goto(f"{sandbox.app_url}/login?domain={sandbox.host}")
    expect(page.locator(".row[data-chat-id]").first).to_be_visible()
    return page


def ask(page: Page) -> None:
    """Open the question by the menu."""
    page.locator("#more").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("dialog", name="Sign out of Pinline?")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()


def test_who_signs_out_sees_nothing_any_more(desk: PortalPage) -> None:
    page = window(desk)
    ask(page)
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Open Pinline in your Bitrix24")).to_be_visible()
    assert page.locator(".row").count() == 0
    assert page.context.cookies(desk.sandbox.app_url) == []
    page.go_back()
    expect(page.locator(".row")).to_have_count(0)


def test_a_list_that_is_refused_meanwhile_signs_nobody_in_again(
    desk: PortalPage, complaints: Complaints
) -> None:
    page = window(desk)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def late(route: Route) -> None:
        """The end is told only after a list has been refused because of it."""
        ended = route.fetch()
        assert ended.status == 204
        with page.expect_response(lambda reply: reply.url.endswith("/api/dialogs")) as refused:
            page.evaluate("document.getElementById('fresh').click()")
        assert refused.value.status == 401
        route.fulfill(response=ended)

    page.route(f"**{OUT}?*", late)
    ask(page)
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("heading", name="Open Pinline in your Bitrix24")).to_be_visible()
    assert not [address for address in asked if "/login" in address]
    complaints.lines = [line for line in complaints.lines if "401" not in line]


def test_a_sign_out_that_fails_says_so_and_changes_nothing(desk: PortalPage, complaints: Complaints) -> None:
    page = window(desk)
    refusal = {"error": "busy", "message": "Not now. Try again.", "retry_after": None, "request_id": "x"}
    page.route(f"**{OUT}", lambda route: route.fulfill(status=503, json=refusal))
    ask(page)
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Not now")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#more")).to_be_focused()
    page.reload()
    expect(page.locator(".row[data-chat-id]").first).to_be_visible()
    complaints.lines = [line for line in complaints.lines if "503" not in line]


def test_inside_the_portal_there_is_no_sign_out(desk: PortalPage) -> None:
    desk.app.locator("#more").click()
    expect(desk.app.get_by_role("menuitem", name="About Pinline")).to_be_visible()
    expect(desk.app.get_by_role("menuitem", name=re.compile("Sign out"))).to_have_count(0)
