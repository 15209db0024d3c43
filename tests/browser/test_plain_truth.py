"""The page never says more than is so, hides no warning and acts on nothing that is out of sight."""

import re

from playwright.sync_api import expect

from tests.support.browser import Complaints
from tests.support.portal_page import PortalPage

PATIENCE = 30_000


def test_a_failure_does_not_hide_that_silent_is_on(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False, silent=False)[0]
    desk.button(chat_id, "silence").click()
    expect(desk.button(chat_id, "unsilence")).to_be_visible(timeout=PATIENCE)
    desk.sandbox.fault("error", method="imopenlines.session.mode.pin", code="ACCESS_DENIED", times=1)
    desk.button(chat_id, "pin").click()
    note = desk.row(chat_id).locator(".note")
    expect(note).to_contain_text("rights", timeout=PATIENCE)
    expect(note).to_have_text(re.compile("^Not pinned: "))  # what is cut in a narrow list comes last
    expect(note).to_contain_text("Client does not see your messages")
    expect(note).to_have_class(re.compile("alert"))


def test_what_is_not_shown_is_not_picked(desk: PortalPage) -> None:
    pinned, loose = desk.chats(pinned=True)[0], desk.chats(pinned=False)[0]
    for chat_id in (pinned, loose):
        desk.row(chat_id).locator(".pick input").check(force=True)
    dock = desk.app.locator("#dock")
    expect(dock).to_contain_text("2 selected")
    desk.app.locator('[data-view="pinned"]').click()
    expect(dock).to_contain_text("1 selected")
    desk.app.locator("#search").fill("nobody is called so")
    expect(dock).to_be_hidden()
    desk.app.locator("#search").fill("")
    desk.app.locator('[data-view="all"]').click()
    expect(desk.app.locator("#rows .picked")).to_have_count(0)


def test_a_busy_portal_is_counted_down(desk: PortalPage, complaints: Complaints) -> None:
    desk.sandbox.fault("503")
    desk.app.locator("#fresh").click()
    banner = desk.app.locator("#banner")
    expect(banner).to_contain_text("The next try is in", timeout=60_000)
    expect(desk.app.locator("#fresh")).to_have_attribute("data-state", "busy")
    assert desk.app.locator("#rows .row[data-chat-id]").count() > 20, "the list stays usable"
    chat_id = desk.chats(pinned=False)[0]
    desk.button(chat_id, "pin").click()
    note = desk.row(chat_id).locator(".note")
    expect(note).to_have_text("Not pinned: your portal is busy. Try again.", timeout=PATIENCE)
    desk.sandbox.heal()
    expect(banner).to_be_hidden(timeout=90_000)
    complaints.lines = [line for line in complaints.lines if "429" not in line]  # the refused click
