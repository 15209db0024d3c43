"""Nothing starts, stops, vanishes or is claimed by surprise: what a newcomer stumbles over."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.keyboard import PATIENCE, Keyboard
from tests.support.frame import Frame
from tests.support.portal_page import PortalPage

pytestmark = pytest.mark.usefixtures("still")

SILENT = "imopenlines.session.mode.silent"
PIN = "imopenlines.session.mode.pin"
_ROW = "document.activeElement.closest('.row')?.dataset.chatId ?? document.activeElement.tagName"


def silent(desk: PortalPage) -> set[int]:
    """Dialogs whose clients see nothing, as the portal knows."""
    return {chat_id for chat_id, row in desk.sandbox.truth(27).items() if row["silent"]}


def queued(desk: PortalPage) -> list[int]:
    """Dialogs that are offered to the operator."""
    return [chat_id for chat_id, row in sorted(desk.sandbox.truth(27).items()) if row["offered"]]


def store_run(desk: PortalPage, action: str, chats: list[int]) -> None:
    """A run that was begun and left."""
    desk.document.evaluate(
        """async ([action, chats]) => {
            const session = document.querySelector("meta[name=session-token]").content;
            const headers = {"X-B24-Session": session, "Content-Type": "application/json"};
            const body = JSON.stringify({action, chat_ids: chats});
            await fetch("/api/runs", {method: "POST", headers, body});
        }""",
        [action, chats],
    )


def test_the_enter_that_starts_silent_does_not_stop_it(keys: Keyboard) -> None:
    desk = keys.desk
    desk.sandbox.switch(latency={SILENT: 0.5})
    chosen = desk.chats(silent=False)[:3]
    before = silent(desk)
    for chat_id in chosen:
        keys.walk_to(chat_id)
        keys.press("x")
    keys.tab_to("#dock [aria-haspopup=menu]")
    keys.press("Enter")
    while not keys.is_at('[data-preview="silence"]'):
        keys.press("ArrowDown")
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator("#typed")).to_be_focused()
    keys.type("3")
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator("#dock [data-stop]")).to_be_visible()
    assert not keys.is_at("[data-stop]"), "nobody is brought to Stop"
    expect(desk.said()).to_have_text("Silent on in 3.", timeout=PATIENCE)
    assert silent(desk) == before | set(chosen)
    keys.holds()


def test_a_run_that_was_stopped_before_anything_is_forgotten(desk: PortalPage) -> None:
    held: list[Route] = []
    desk.page.route("**/api/runs", lambda route: held.append(route))
    chosen = desk.chats(pinned=False)[:3]
    dock = desk.choose(*chosen)
    dock.locator('[data-action="pin"]').click()
    dock.locator("[data-stop]").click()
    assert held, "the run is being stored"
    for route in held:
        route.continue_()
    expect(desk.app.locator("#toasts")).to_contain_text("Nothing was changed", timeout=PATIENCE)
    expect(dock).to_be_hidden()
    assert not set(chosen) & desk.pinned()
    desk.page.unroute("**/api/runs")
    desk.open()
    expect(dock).to_be_hidden()


def test_silent_that_goes_on_asks_for_the_number_again(desk: PortalPage) -> None:
    chosen = desk.chats(silent=False)[:3]
    before = silent(desk)
    store_run(desk, "silence", chosen)
    desk.open()
    desk.app.locator("#dock").get_by_role("button", name="Go on").click()
    typed = desk.app.locator("#typed")
    expect(typed).to_be_visible(timeout=PATIENCE)
    assert silent(desk) == before
    typed.fill("3")
    typed.press("Enter")
    expect(desk.said()).to_have_text("Silent on in 3.", timeout=PATIENCE)
    assert silent(desk) == before | set(chosen)


def test_undo_in_the_toast_leads_back_to_the_row(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.button(chat_id, "pin").click()
    desk.app.locator("#toasts [data-undo]").click()
    expect(desk.said()).to_contain_text("Undone", timeout=PATIENCE)
    assert desk.document.evaluate(_ROW) == str(chat_id)


def test_a_click_on_answer_stays_at_the_row(desk: PortalPage) -> None:
    chat_id = queued(desk)[0]
    desk.button(chat_id, "answer").first.click()
    expect(desk.button(chat_id, "pin")).to_be_visible(timeout=PATIENCE)
    desk.page.wait_for_timeout(100)  # the browser looks after a hidden focus with the next frame
    assert desk.document.evaluate(_ROW) == str(chat_id)


def test_passing_on_by_the_menu_stays_at_the_row_or_the_next(desk: PortalPage) -> None:
    chat_id = queued(desk)[0]
    desk.row(chat_id).locator(".more").click()
    desk.app.get_by_role("menuitem", name="Pass on").click()
    expect(desk.said()).to_contain_text("Passed on", timeout=PATIENCE)
    desk.page.wait_for_timeout(100)
    assert desk.document.evaluate(_ROW) == str(chat_id)


def test_the_palette_says_what_enter_will_do(keys: Keyboard) -> None:
    desk = keys.desk
    chat_id = desk.chats(pinned=True)[0]
    keys.walk_to(chat_id)
    desk.page.keyboard.press("Control+k")
    chosen = desk.app.locator('.palette [aria-selected="true"]')
    expect(chosen).to_have_text(re.compile("^Unpin the dialog"))
    desk.app.locator(".palette input").fill("Pin")
    expect(chosen).to_have_text(re.compile("^Unpin the dialog"))
    desk.page.keyboard.press("Enter")
    expect(desk.button(chat_id, "pin")).to_be_visible(timeout=PATIENCE)


def test_a_filter_goes_along_from_view_to_view(desk: PortalPage) -> None:
    rows = desk.app.locator("#rows .row[data-chat-id]")
    number = desk.app.locator("#filter .num")

    def count(view: str) -> int:
        return int(desk.app.locator(f'.view[data-view="{view}"] .num').inner_text())

    whole, waiting = count("all"), count("waiting")
    desk.app.locator("#filter").click()
    desk.app.locator(".filter-box").get_by_role("button", name="Telegram", exact=True).click()
    desk.page.keyboard.press("Escape")
    expect(number).to_have_text("1")
    found = rows.count()
    few = count("waiting")
    assert count("all") == found < whole
    assert 0 < few < waiting
    desk.app.locator('[data-view="waiting"]').click()
    expect(rows).to_have_count(few)
    expect(number).to_have_text("1")
    desk.app.locator('[data-view="all"]').click()
    expect(rows).to_have_count(found)
    desk.app.locator("#filter").click()
    desk.app.locator(".filter-box").get_by_role("button", name="Clear", exact=True).click()
    expect(rows).to_have_count(whole)
    assert count("waiting") == waiting


def test_a_saved_view_tells_its_conditions_and_leaves_the_filter_alone(
    desk: PortalPage, person: Frame
) -> None:
    wanted = {"pinned": True, "stages": ["work", "answered"]}
    assert person.request("POST", "/api/views", {"name": "Mine", "filter": wanted}).status < 300
    desk.open()
    rows = desk.app.locator("#rows .row[data-chat-id]")
    chip = desk.app.locator("#saved .view")
    expected = int(chip.locator(".num").inner_text())
    desk.app.locator("#filter").click()
    desk.app.locator(".filter-box").get_by_role("button", name="Telegram", exact=True).click()
    desk.page.keyboard.press("Escape")
    found = rows.count()
    chip.click()
    expect(desk.app.locator("#filter .num")).to_have_text("2")
    expect(rows).to_have_count(expected)
    expect(desk.app.locator('[data-view="all"] .num')).to_have_text(str(found))
    desk.app.locator('[data-view="all"]').click()
    expect(rows).to_have_count(found)
    expect(desk.app.locator("#filter .num")).to_have_text("1")
    client = desk.app.locator("#rows .name").first.inner_text()
    desk.app.locator("#filter").click()
    for channel in ("Instagram", "Telegram"):
        desk.app.locator(f'[data-stays="channel{channel}"]').click()
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("Control+k")
    desk.app.locator(".palette input").fill(client)
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator("#panel h2")).to_have_text(client)
    expect(desk.app.locator("#rows .row.open .name")).to_have_text(client)


def test_a_stopped_run_says_how_far_it_came_and_loses_nothing(desk: PortalPage) -> None:
    desk.sandbox.switch(latency={PIN: 0.4})
    loose = desk.chats(pinned=False)
    rows = [
        int(row.get_attribute("data-chat-id") or 0)
        for row in desk.app.locator("#rows .row[data-chat-id]").all()
    ]
    for chat_id in reversed(loose):
        desk.row(chat_id).locator(".pick input").check(force=True)
    dock = desk.app.locator("#dock")
    dock.locator('[data-action="pin"]').click()
    stop = dock.locator("[data-stop]")
    expect(dock.locator(".facts .ok")).to_be_visible(timeout=PATIENCE)
    box = stop.bounding_box()
    assert box
    stop.click()
    desk.sandbox.switch(latency={})
    words = dock.locator(".strong")
    expect(words).to_have_text(re.compile(rf"^Stopped: \d+ of {len(loose)}\.$"), timeout=PATIENCE)
    desk.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(dock.locator("[data-undo]")).to_be_visible()
    expect(dock.get_by_role("button", name="Go on")).to_be_visible()
    done = int(re.findall(r"\d+", words.inner_text())[0])
    order = [chat_id for chat_id in rows if chat_id in loose]
    assert desk.pinned() & set(loose) == set(order[:done]), "from the top of the list"


def test_top_is_ordered_from_the_menu_of_a_row(desk: PortalPage, person: Frame) -> None:
    first, second, third = desk.chats(pinned=False)[:3]
    person.act("top", first, second, third)
    desk.open()
    rows = desk.app.locator("#rows .row[data-chat-id]")
    at = [int(rows.nth(place).get_attribute("data-chat-id") or 0) for place in range(3)]

    def offered(chat_id: int) -> list[str]:
        desk.row(chat_id).locator(".more").click()
        names = [
            name for name in ("Move up", "Move down") if desk.app.get_by_role("menuitem", name=name).count()
        ]
        desk.page.keyboard.press("Escape")
        return names

    assert [offered(chat_id) for chat_id in at] == [["Move down"], ["Move up", "Move down"], ["Move up"]]
    assert offered(desk.chats(pinned=False)[5]) == []
    desk.row(at[2]).locator(".more").click()
    desk.app.get_by_role("menuitem", name="Move up").click()
    expect(desk.said()).to_have_text("Moved to place 2 of 3.", timeout=PATIENCE)
    assert [int(rows.nth(place).get_attribute("data-chat-id") or 0) for place in range(3)] == [
        at[0],
        at[2],
        at[1],
    ]
    assert desk.document.evaluate(_ROW) == str(at[2])
