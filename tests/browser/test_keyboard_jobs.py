"""Everything around the list by keyboard alone: finding, looking, commands, settings, journal, leaving."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import PATIENCE, Keyboard

pytestmark = pytest.mark.usefixtures("still")


def test_searching(keys: Keyboard) -> None:
    desk = keys.desk
    keys.press("/")
    assert keys.is_at("#search")
    keys.type("olga")
    expect(desk.app.locator("#rows .row")).to_have_count(1)
    keys.press("ArrowDown")
    assert "Olga" in desk.row(keys.current()).locator(".name").inner_text()
    desk.page.keyboard.press("Escape")
    expect(desk.app.locator("#search")).to_have_value("")
    assert keys.current(), "the list is whole again and still has the focus"
    keys.press("j")
    keys.press("/")
    keys.type("nobody is called that")
    expect(desk.app.locator("#state")).to_be_visible()
    keys.tab_to("#state button")
    keys.press("Enter")
    assert keys.is_at("#search")
    expect(desk.app.locator("#state")).to_be_hidden()


def test_filtering_and_saving_a_view(keys: Keyboard) -> None:
    desk = keys.desk
    chat_id = keys.current()
    keys.press("f")
    keys.tab_to('[data-stays="stageswork"]')
    keys.press("Space")
    assert keys.is_at('[data-stays="stageswork"][aria-pressed="true"]'), "the focus stays on what was chosen"
    keys.tab_to('select[data-stays="pinned"]')
    keys.press("y")
    expect(desk.app.locator("#filter .num")).to_have_text("2")
    keys.tab_to('[data-stays="save"]')
    keys.press("Enter")
    assert keys.is_at("#view-name")
    keys.type("Mine that wait")
    desk.page.keyboard.press("Enter")
    chip = desk.app.locator("#saved .view")
    expect(chip).to_have_attribute("aria-pressed", "true")
    keys.holds()
    keys.tab_to('.view[data-view="all"]', "Shift+Tab")
    keys.press("Enter")
    keys.to_list()
    keys.walk_to(chat_id)
    keys.press("f", "Escape")
    assert keys.current() == chat_id, "Escape leads back to the row"


def test_views(keys: Keyboard) -> None:
    desk = keys.desk
    for letter, view in (("w", "waiting"), ("u", "unread"), ("p", "pinned"), ("a", "all")):
        keys.press("g", letter)
        expect(desk.app.locator(f'[data-view="{view}"]')).to_have_attribute("aria-pressed", "true")
        assert keys.current(), view
    keys.press("4")
    expect(desk.app.locator('[data-view="pinned"]')).to_have_attribute("aria-pressed", "true")


def test_looking_and_opening(keys: Keyboard) -> None:
    desk, panel = keys.desk, keys.desk.app.locator("#panel")
    first, second = desk.chats()[:2]
    keys.walk_to(first)
    keys.press("Space")
    expect(panel.locator(".bubble").first).to_be_visible(timeout=PATIENCE)
    assert keys.current() == first, "looking does not take the focus"
    keys.walk_to(second)
    expect(panel.locator("h2")).to_have_text(desk.row(second).locator(".name").inner_text())
    keys.tab_to("#panel .psw-pin")
    held = desk.sandbox.truth(27)[second]["pinned"]
    keys.press("Enter")
    expect(panel.locator(".psw-pin")).to_have_attribute("aria-pressed", str(not held).lower())
    keys.press("Escape")
    expect(panel).to_be_hidden()
    assert keys.current() == second
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#slider")).to_be_visible()


def test_the_menus(keys: Keyboard) -> None:
    chat_id = keys.current()
    item = keys.desk.app.locator("[role^=menuitem]").first
    keys.tab_to("#more", "Shift+Tab")
    keys.press("Enter")
    expect(item).to_be_focused(timeout=PATIENCE)
    keys.press("End", "ArrowDown", "Escape")
    assert keys.is_at("#more")
    keys.to_list()
    keys.walk_to(keys.desk.chats()[0])
    for _ in range(8):
        keys.press("ArrowRight")
    assert keys.is_at(".more")
    keys.press("Enter")
    expect(item).to_be_focused(timeout=PATIENCE)
    keys.press("Escape")
    assert keys.is_at(".more")
    assert chat_id


def test_the_palette_and_the_list_of_keys(keys: Keyboard) -> None:
    desk = keys.desk
    chat_id = desk.chats(pinned=False)[0]
    keys.walk_to(chat_id)
    keys.press("Control+k")
    expect(desk.app.locator(".palette input")).to_be_focused()  # it loads on first use
    keys.press("Escape")
    assert keys.current() == chat_id
    keys.command("Pin")
    expect(desk.button(chat_id, "unpin")).to_be_visible(timeout=PATIENCE)
    assert keys.current() == chat_id
    keys.press("?")
    expect(desk.app.get_by_role("dialog")).to_be_visible()
    keys.press("Shift+Tab", "Escape")
    assert keys.current() == chat_id
    keys.command("Olga")
    expect(desk.app.locator("#panel .bubble").first).to_be_visible(timeout=PATIENCE)
    assert keys.current()


def test_settings(keys: Keyboard) -> None:
    desk = keys.desk
    keys.command("Settings")
    expect(desk.app.get_by_role("heading", name="Settings", level=1)).to_be_focused()
    keys.tab_to("#set-density")
    keys.press("ArrowDown")
    expect(desk.app.locator(".told", has_text="Saved")).to_be_visible()
    keys.press("Escape")
    expect(desk.app.locator("#desk")).to_have_class(re.compile("dense"))
    keys.holds()


def test_the_journal_as_a_page(keys: Keyboard) -> None:
    desk = keys.desk
    chat_id = desk.chats(pinned=False)[0]
    keys.walk_to(chat_id)
    keys.press("p")
    expect(desk.app.locator("#toasts [data-undo]")).to_be_visible(timeout=PATIENCE)
    keys.command("Search the journal")
    expect(desk.app.locator("#surface .entry")).to_have_count(1, timeout=PATIENCE)
    keys.tab_to("#surface input[type=search]")
    keys.type("nobody")
    expect(desk.app.locator("#surface .state")).to_be_visible(timeout=PATIENCE)
    keys.press("Escape")
    expect(desk.app.locator("#surface .entry")).to_have_count(1, timeout=PATIENCE)
    assert keys.is_at("#surface input[type=search]")
    keys.tab_to("#surface [data-undo]")
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator("#surface .entry")).to_have_count(2, timeout=PATIENCE)
    assert chat_id not in desk.pinned()
    desk.page.keyboard.press("Escape")
    expect(desk.app.locator("#rows")).to_be_visible()
    keys.holds()


def test_the_end_of_a_shift(keys: Keyboard) -> None:
    desk = keys.desk
    before = desk.pinned()
    keys.command("End of shift")
    expect(desk.app.get_by_role("heading", name="End of shift", level=1)).to_be_focused()
    keys.tab_to("[data-pile=waits] li input")
    keys.press("Space")
    keys.tab_to("#surface [data-preview=unpin]")
    keys.press("Enter")
    expect(desk.app.get_by_role("dialog")).to_be_visible()
    keys.tab_to("dialog [data-action=unpin]")
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator("#toasts [data-undo]")).to_be_visible(timeout=PATIENCE)
    assert len(before - desk.pinned()) == 1
    keys.holds()


def test_a_desk_is_saved_and_brought_back(keys: Keyboard) -> None:
    desk = keys.desk
    chat_id = desk.chats(pinned=True)[0]
    keys.command("My desk: save, restore")
    dialog = desk.app.get_by_role("dialog", name="My desk")
    expect(dialog.locator("#desk-name")).to_be_focused()
    keys.type("Friday")
    keys.press("Enter")
    expect(dialog.locator(".told", has_text="Saved: Friday.")).to_be_visible(timeout=PATIENCE)
    keys.press("Escape")
    keys.to_list() if not keys.current() else None
    keys.walk_to(chat_id)
    keys.press("p")
    expect(desk.button(chat_id, "pin")).to_be_visible(timeout=PATIENCE)
    keys.command("My desk: save, restore")
    expect(dialog.locator("[data-snapshot]")).to_be_visible(timeout=PATIENCE)
    keys.tab_to("dialog [data-snapshot] .btn-tint")
    keys.press("Enter")
    expect(dialog.locator(".points")).to_be_visible(timeout=PATIENCE)
    assert keys.is_at("dialog [data-action=pin]")
    desk.page.keyboard.press("Enter")
    expect(desk.button(chat_id, "unpin")).to_be_visible(timeout=PATIENCE)
    keys.holds()


def test_practice(keys: Keyboard) -> None:
    desk = keys.desk
    keys.command("Practice")
    keys.tab_to("[data-practice]")
    done = desk.app.locator(".dots .done")
    for steps, pressed in enumerate(
        (["p"], ["ArrowDown", "Shift+S"], [*["ArrowDown"] * 3, "p"], [*["ArrowUp"] * 2, "t"], ["u"]), 1
    ):
        for key in pressed:
            desk.page.keyboard.press(key)
        expect(done).to_have_count(steps, timeout=PATIENCE)
        keys.holds()
    assert keys.is_at(".practice-step .btn-fill")
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator("#rows")).to_be_visible()
    keys.holds()


def test_a_run_is_stopped_and_goes_on(keys: Keyboard) -> None:
    desk = keys.desk
    desk.sandbox.switch(latency={"imopenlines.session.mode.pin": 0.8})
    loose = len(desk.chats(pinned=False))
    keys.press("*", "p")
    keys.tab_to("#dock [data-stop]")
    keys.press("Enter")
    dock = desk.app.locator("#dock")
    expect(dock.locator("[data-undo]")).to_be_visible(timeout=PATIENCE)
    assert 0 < len(desk.chats(pinned=False)) < loose
    desk.sandbox.switch(latency={})
    keys.holds()
    go_on = dock.get_by_role("button", name="Go on")
    expect(go_on).to_be_visible()
    for _ in range(5):
        if go_on.evaluate("node => node === document.activeElement"):
            break
        keys.press("Tab")
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator("#toasts [data-undo]")).to_be_visible(timeout=PATIENCE)
    assert desk.chats(pinned=False) == []
