"""The main job in a real browser, through the portal's frame, third-party cookies blocked and allowed."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.portal_page import PortalPage

pytestmark = pytest.mark.parametrize("cookies", ["blocked", "allowed"], indirect=True, scope="module")


def test_install_and_open(tab: PortalPage) -> None:
    """An administrator adds the app; its installer finishes by itself and the desk appears."""
    tab.visit(user_id=1)
    tab.page.get_by_role("button", name="Install Pinline").click()
    expect(tab.app.get_by_role("heading", name="My dialogs")).to_be_visible(timeout=20_000)
    assert tab.sandbox.control("GET", "app")["installed"]
    tab.open(user_id=27)
    assert tab.app.locator("#rows [data-chat-id]").count() > 20


def test_pin_is_confirmed_and_undone(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    pin = desk.button(chat_id, "pin")
    expect(pin).to_have_attribute("aria-pressed", "false")
    name = pin.get_attribute("aria-label")
    pin.click()
    unpin = desk.button(chat_id, "unpin")
    expect(unpin).to_have_attribute("aria-pressed", "true")
    assert unpin.get_attribute("aria-label") == name, "the name stays, the state changes"
    expect(desk.said()).not_to_be_empty()
    assert chat_id in desk.pinned()
    desk.app.locator("#toasts [data-undo]").click()
    expect(desk.button(chat_id, "pin")).to_have_attribute("aria-pressed", "false")
    assert chat_id not in desk.pinned()


def test_unpin_top_and_silent(desk: PortalPage) -> None:
    first, second = desk.chats(pinned=True)[0], desk.chats(pinned=False)[0]
    desk.button(first, "unpin").click()
    expect(desk.button(first, "pin")).to_be_visible()
    assert first not in desk.pinned()
    desk.button(second, "top").click()
    expect(desk.button(second, "untop")).to_have_attribute("aria-pressed", "true")
    desk.button(second, "untop").click()
    expect(desk.button(second, "top")).to_have_attribute("aria-pressed", "false")
    desk.button(second, "silence").click()
    expect(desk.button(second, "unsilence")).to_have_attribute("aria-pressed", "true")
    assert desk.sandbox.truth(27)[second]["silent"]
    expect(desk.row(second)).to_have_class(re.compile(r"\bsilent\b"))
    desk.button(second, "unsilence").click()
    expect(desk.button(second, "silence")).to_have_attribute("aria-pressed", "false")
    assert not desk.sandbox.truth(27)[second]["silent"]


def test_unpin_all_is_previewed_and_undone(desk: PortalPage) -> None:
    before = desk.pinned()
    desk.app.locator('.toolbar [data-preview="unpin_all"]').click()
    assert desk.pinned() == before, "a preview touches nothing"
    dialog = desk.app.get_by_role("dialog")
    expect(dialog).to_contain_text(str(len(before)))
    dialog.locator('[data-action="unpin_all"]').click()
    expect(desk.app.locator("#toasts [data-undo]")).to_be_visible(timeout=20_000)
    assert desk.pinned() == set()
    desk.app.locator("#toasts [data-undo]").click()
    expect(desk.app.locator('#rows [data-action="unpin"]')).to_have_count(len(before), timeout=20_000)
    assert desk.pinned() == before


def test_pin_all_pins_every_own_dialog(desk: PortalPage) -> None:
    own = set(desk.chats())
    loose = len(desk.chats(pinned=False))
    dialog = desk.app.get_by_role("dialog")
    desk.app.locator('.toolbar [data-preview="pin_all"]').click()
    expect(dialog).to_be_visible()
    expect(dialog).not_to_contain_text("not only")
    desk.page.keyboard.press("Escape")
    desk.app.locator('[data-view="pinned"]').click()
    desk.app.locator('.toolbar [data-preview="pin_all"]').click()
    expect(dialog).to_contain_text(f"All {loose}, not only the 0 shown.")
    desk.app.get_by_role("dialog").locator('[data-action="pin_all"]').click()
    expect(desk.app.locator("#toasts [data-undo]")).to_be_visible(timeout=20_000)
    assert own <= desk.pinned()


def test_a_selection_is_pinned_together(desk: PortalPage) -> None:
    chosen = desk.chats(pinned=False)[:3]
    for chat_id in chosen:
        desk.row(chat_id).locator(".pick input").check(force=True)
    dock = desk.app.locator("#dock")
    expect(dock).to_contain_text("3 selected")
    dock.locator('[data-action="pin"]').click()
    for chat_id in chosen:
        expect(desk.button(chat_id, "unpin")).to_be_visible(timeout=20_000)
    assert set(chosen) <= desk.pinned()
    desk.app.locator("#toasts [data-undo]").click()
    for chat_id in chosen:
        expect(desk.button(chat_id, "pin")).to_be_visible(timeout=20_000)
    assert not set(chosen) & desk.pinned()


def test_searching_and_filtering_ask_nobody(desk: PortalPage) -> None:
    with desk.sandbox.counting() as counts:
        desk.app.locator("#search").fill("Olga")
        expect(desk.app.locator("#rows [data-chat-id]")).to_have_count(1)
        desk.app.locator("#search").fill("nobody is called that")
        expect(desk.app.locator("#rows [data-chat-id]")).to_have_count(0)
        desk.app.locator("#search").fill("")
        desk.app.locator('[data-view="pinned"]').click()
        expect(desk.app.locator("#rows [data-chat-id]")).to_have_count(len(desk.pinned()))
        desk.app.locator('[data-view="all"]').click()
    assert counts["portal"] <= 1, "at most the page's own check of that quarter minute"


def test_reopening_shows_the_same_state(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.button(chat_id, "pin").click()
    expect(desk.button(chat_id, "unpin")).to_be_visible()
    desk.open()
    expect(desk.button(chat_id, "unpin")).to_have_attribute("aria-pressed", "true")
    desk.row(chat_id).focus()
    desk.page.keyboard.press("u")
    expect(desk.button(chat_id, "pin")).to_have_attribute("aria-pressed", "false", timeout=20_000)
    assert chat_id not in desk.pinned()


def test_an_expired_token_is_not_noticed(desk: PortalPage) -> None:
    desk.sandbox.expire_tokens(27)
    chat_id = desk.chats(pinned=False)[0]
    desk.button(chat_id, "pin").click()
    expect(desk.button(chat_id, "unpin")).to_be_visible()
    assert chat_id in desk.pinned()


def test_a_dialog_opens_in_the_portals_messenger(desk: PortalPage) -> None:
    chat_id = desk.chats()[0]
    desk.row(chat_id).locator(".who").dblclick()
    expect(desk.page.locator("#slider")).to_be_visible()
    messages = desk.sandbox.control("GET", "frame_messages")
    assert any(f"chat{chat_id}" in str(message) for message in messages)


def test_a_new_client_appears_by_itself(desk: PortalPage) -> None:
    before = desk.app.locator("#rows [data-chat-id]").count()
    desk.sandbox.act("queue_dialog")
    expect(desk.app.locator("#rows [data-chat-id]")).to_have_count(before + 1, timeout=40_000)


def test_the_keyboard_alone_is_enough(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.row(chat_id).locator(".who").click()
    desk.page.keyboard.press("p")
    expect(desk.button(chat_id, "unpin")).to_be_visible()
    assert chat_id in desk.pinned()
    desk.page.keyboard.press("u")
    expect(desk.button(chat_id, "pin")).to_be_visible()


def test_after_uninstalling_the_frame_says_so(desk: PortalPage, cookies: str) -> None:
    desk.sandbox.control("POST", "uninstall", {"clean": 0})
    desk.visit()
    expect(desk.page.locator("iframe.appframe")).to_have_count(0)
    desk.visit(user_id=1)
    expect(desk.page.get_by_role("button", name="Install Pinline")).to_be_visible()
