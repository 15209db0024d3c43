"""The list by keyboard alone, every job of it; the focus is never lost, whatever is done or comes in."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import PATIENCE, Keyboard
from tests.support.portal_page import PortalPage


def offered(desk: PortalPage) -> list[int]:
    return [chat_id for chat_id, row in sorted(desk.sandbox.truth(27).items()) if row["offered"]]


def rows(desk: PortalPage) -> list[int]:
    script = "[...document.querySelectorAll('#rows .row')].map(row => Number(row.dataset.chatId))"
    return list(desk.document.evaluate(script))


def test_moving(keys: Keyboard) -> None:
    ids = rows(keys.desk)
    for key, at in (("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("PageDown", 10), ("PageUp", 0)):
        keys.press(key)
        assert keys.current() == ids[at], key
    keys.press("End")
    assert keys.current() == ids[-1]
    keys.press("j")
    assert keys.current() == ids[-1]
    keys.press("Home")
    assert keys.current() == ids[0]
    keys.walk_to(keys.desk.chats(pinned=False)[0])
    keys.press("ArrowRight", "ArrowRight")
    assert keys.is_at(".sw-pin")
    keys.press("ArrowDown")
    assert keys.is_at(".sw-pin"), "the next row's same control"
    keys.press("ArrowLeft", "ArrowLeft")
    assert keys.is_at(".row")


@pytest.mark.parametrize(
    ("key", "switch", "held"), [("p", "pin", "pinned"), ("t", "top", None), ("Shift+S", "silent", "silent")]
)
def test_each_switch_on_and_off(keys: Keyboard, key: str, switch: str, held: str | None) -> None:
    desk = keys.desk
    chat_id = desk.chats(pinned=False, silent=False)[2]
    keys.walk_to(chat_id)
    button = desk.row(chat_id).locator(f".sw-{switch}")
    for on in (True, False):
        keys.press(key)
        expect(button).to_have_attribute("aria-pressed", str(on).lower())
        expect(button).not_to_have_attribute("aria-busy", "true", timeout=PATIENCE)
        expect(desk.said()).not_to_be_empty()
        assert held is None or desk.sandbox.truth(27)[chat_id][held] is on
        assert keys.current() == chat_id
        keys.holds()


def test_a_switch_is_pressed_where_it_stands_and_taken_back(keys: Keyboard) -> None:
    desk = keys.desk
    chat_id = desk.chats(pinned=False)[0]
    keys.walk_to(chat_id)
    keys.press("ArrowRight", "ArrowRight", "Enter")
    expect(desk.button(chat_id, "unpin")).to_be_visible()
    assert keys.is_at(".sw-pin")
    keys.press("u")
    expect(desk.button(chat_id, "pin")).to_be_visible(timeout=PATIENCE)
    assert chat_id not in desk.pinned()
    assert keys.current() == chat_id


def test_a_selection_is_made_used_and_given_up(keys: Keyboard) -> None:
    desk, dock = keys.desk, keys.desk.app.locator("#dock")
    first, second = desk.chats(pinned=False)[:2]
    for chat_id in (first, second):
        keys.walk_to(chat_id)
        keys.press("x")
    expect(dock).to_contain_text("2 selected")
    keys.press("p")
    for chat_id in (first, second):
        expect(desk.button(chat_id, "unpin")).to_be_visible(timeout=PATIENCE)
    assert {first, second} <= desk.pinned()
    expect(desk.app.locator("#toasts [data-undo]")).to_be_visible(timeout=PATIENCE)
    keys.press("u")
    for chat_id in (first, second):
        expect(desk.button(chat_id, "pin")).to_be_visible(timeout=PATIENCE)
    keys.press("Home", *["j"] * len(offered(desk)), "Shift+ArrowDown", "Shift+ArrowDown")
    expect(dock).to_contain_text("3 selected")
    keys.press("*")
    expect(dock).not_to_contain_text("3 selected")
    keys.press("Escape")
    expect(dock).to_be_hidden()
    assert keys.current()


def test_the_docked_bar_is_reached_and_gives_the_focus_back(keys: Keyboard) -> None:
    desk = keys.desk
    chosen = desk.chats(pinned=False)[:2]
    for chat_id in chosen:
        keys.walk_to(chat_id)
        keys.press("x")
    keys.tab_to('#dock [data-action="top"]')
    desk.page.keyboard.press("Enter")
    for chat_id in chosen:
        expect(desk.button(chat_id, "untop")).to_be_visible(timeout=PATIENCE)
    expect(desk.app.locator("#dock")).to_be_hidden()
    keys.holds()


@pytest.mark.parametrize("action", ["pin_all", "unpin_all"])
def test_all_at_once(keys: Keyboard, action: str) -> None:
    desk = keys.desk
    before = desk.pinned()
    keys.tab_to(f'.toolbar [data-preview="{action}"]', "Shift+Tab")
    keys.press("Enter")
    expect(desk.app.get_by_role("dialog")).to_be_visible()
    assert desk.pinned() == before, "a preview touches nothing"
    keys.press("Escape")
    assert keys.is_at(f'[data-preview="{action}"]'), "back where it was"
    keys.press("Enter")
    expect(desk.app.get_by_role("dialog")).to_be_visible()
    if action == "unpin_all":
        assert not keys.is_at("[data-action]"), "letting go begins at Cancel"
        keys.tab_to("dialog [data-action]")
    assert keys.is_at(f'dialog [data-action="{action}"]')
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator("#toasts [data-undo]")).to_be_visible(timeout=PATIENCE)
    keys.holds()
    assert desk.pinned() == (set() if action == "unpin_all" else before | set(desk.chats()))
    keys.tab_to("#toasts [data-undo]")
    desk.page.keyboard.press("Enter")
    expect(desk.said()).to_contain_text("Undone", timeout=PATIENCE)
    assert desk.pinned() == before


def test_a_dialog_of_the_queue_is_taken_and_another_passed_on(keys: Keyboard) -> None:
    desk = keys.desk
    taken, passed = offered(desk)[:2]
    keys.walk_to(taken)
    keys.press("a")
    expect(desk.row(taken).locator(".sw-pin")).to_be_visible(timeout=PATIENCE)
    assert desk.sandbox.truth(27)[taken]["owner"] == 27
    keys.holds()
    keys.walk_to(passed)
    keys.press("n")
    expect(desk.said()).to_contain_text("Passed on", timeout=PATIENCE)
    assert 27 not in desk.sandbox.truth(27).get(passed, {"offered": []})["offered"]
    keys.holds()


def test_what_comes_in_and_goes_takes_no_focus(keys: Keyboard) -> None:
    desk = keys.desk
    chat_id = desk.chats(pinned=False)[3]
    keys.walk_to(chat_id)
    new = desk.sandbox.act("queue_dialog")["chat_id"]
    expect(desk.row(new)).to_be_visible(timeout=PATIENCE)
    assert keys.current() == chat_id
    following = rows(desk)[rows(desk).index(chat_id) + 1]
    desk.sandbox.act("close", chat_id=chat_id)
    expect(desk.row(chat_id)).to_have_class(re.compile(r"\bgone\b"), timeout=PATIENCE)
    assert keys.current() == chat_id
    keys.press("ArrowRight")
    assert keys.is_at("[data-dismiss]")
    desk.page.keyboard.press("Enter")
    expect(desk.row(chat_id)).to_have_count(0, timeout=PATIENCE)
    keys.holds()
    assert keys.current() == following


def test_the_order_inside_top(keys: Keyboard) -> None:
    desk = keys.desk
    ids = rows(desk)
    for chat_id in sorted(desk.chats()[:2], key=ids.index):
        keys.walk_to(chat_id)
        keys.press("t")
        expect(desk.button(chat_id, "untop")).to_be_visible(timeout=PATIENCE)
    lower = keys.current()
    keys.press("Alt+ArrowUp")
    expect(desk.said()).to_contain_text("Moved to place 1", timeout=PATIENCE)
    assert rows(desk)[0] == keys.current() == lower


def test_a_lost_focus_and_a_missing_ring_are_found(keys: Keyboard) -> None:
    """The control of all these."""
    keys.desk.document.evaluate("document.activeElement.style.outline = 'none'")
    assert "shows no ring" in keys.lost()
    keys.desk.document.evaluate("document.activeElement.blur()")
    assert keys.lost() == "nobody has the focus"
