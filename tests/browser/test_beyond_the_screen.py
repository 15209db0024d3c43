"""What reaches beyond the rows on screen: Pin all and Unpin all once more, and the order of Top in a view."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.support.browser import Complaints
from tests.support.portal_page import PortalPage

PATIENCE = 30_000


@pytest.fixture(autouse=True)
def refused_on_purpose(complaints: Complaints) -> Iterator[None]:
    """The browser itself complains about answers that were refused here; about nothing else."""
    yield
    complaints.lines = [line for line in complaints.lines if "Failed to load resource" not in line]


def refused_run(desk: PortalPage, action: str, method: str) -> None:
    """Let the portal refuse Pin all or Unpin all once."""
    desk.sandbox.fault("error", method=method, code="ACCESS_DENIED", times=1)
    desk.app.locator(f'.toolbar [data-preview="{action}"]').click()
    desk.app.get_by_role("dialog").locator(f'[data-action="{action}"]').click()
    expect(desk.app.locator("#dock").get_by_role("button", name="Try again")).to_be_visible(timeout=PATIENCE)


def test_pin_all_is_tried_again_as_pin_all(desk: PortalPage) -> None:
    own = set(desk.chats())
    refused_run(desk, "pin_all", "imopenlines.session.mode.pinAll")
    assert not own <= desk.pinned()
    with desk.page.expect_request(re.compile("/api/actions/pin_all$")):
        desk.app.locator("#dock").get_by_role("button", name="Try again").click()
    expect(desk.app.locator("#toasts [data-undo]")).to_be_visible(timeout=PATIENCE)
    assert own <= desk.pinned()


def test_unpin_all_again_lets_go_of_nothing_that_was_not_asked_about(desk: PortalPage) -> None:
    before, later = desk.pinned(), desk.chats(pinned=False)[0]
    refused_run(desk, "unpin_all", "imopenlines.session.mode.unpinAll")
    desk.button(later, "pin").click()
    expect(desk.button(later, "unpin")).to_be_visible(timeout=PATIENCE)
    expect(desk.row(later).locator(".sw[aria-busy]")).to_have_count(0, timeout=PATIENCE)
    with desk.page.expect_request(re.compile("/api/actions/unpin$")):
        desk.app.locator("#dock").get_by_role("button", name="Try again").click()
    expect(desk.app.locator("#toasts")).to_contain_text(f"{len(before)} dialogs unpinned", timeout=PATIENCE)
    assert desk.pinned() == {later}


def test_moving_inside_top_leaves_what_a_view_hides_where_it_is(desk: PortalPage) -> None:
    hidden = desk.chats(pinned=False)[0]
    first, second = desk.chats(pinned=True)[:2]
    for chat_id in (hidden, first, second):
        desk.button(chat_id, "top").click()
        expect(desk.button(chat_id, "untop")).to_be_visible(timeout=PATIENCE)
        expect(desk.row(chat_id).locator(".sw[aria-busy]")).to_have_count(0, timeout=PATIENCE)
    desk.app.locator('[data-view="pinned"]').click()
    expect(desk.row(hidden)).to_have_count(0)
    desk.row(second).focus()
    desk.page.keyboard.press("Alt+ArrowUp")
    expect(desk.said()).to_have_text("Moved to place 2 of 3.", timeout=PATIENCE)
    desk.open()
    rows = desk.app.locator("#rows .row[data-chat-id]")
    shown = [int(rows.nth(place).get_attribute("data-chat-id") or 0) for place in range(3)]
    assert shown == [hidden, second, first]


def test_an_order_that_was_not_kept_is_taken_back(desk: PortalPage) -> None:
    first, second = desk.chats()[:2]
    for chat_id in (first, second):
        desk.button(chat_id, "top").click()
        expect(desk.button(chat_id, "untop")).to_be_visible(timeout=PATIENCE)
        expect(desk.row(chat_id).locator(".sw[aria-busy]")).to_have_count(0, timeout=PATIENCE)
    refusal = {"error": "portal_unavailable", "message": "Not now.", "retry_after": None, "request_id": "x"}
    desk.page.route("**/api/top", lambda route: route.fulfill(status=503, json=refusal))
    desk.open()
    desk.row(second).focus()
    desk.page.keyboard.press("Alt+ArrowUp")
    expect(desk.said()).to_have_text("Not now.", timeout=PATIENCE)
    rows = desk.app.locator("#rows .row[data-chat-id]")
    assert [int(rows.nth(n).get_attribute("data-chat-id") or 0) for n in (0, 1)] == [first, second]
