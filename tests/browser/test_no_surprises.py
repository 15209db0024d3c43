"""Nothing starts, stops, vanishes or is claimed by surprise: what a newcomer stumbles over."""


import pytest
from playwright.sync_api import Route, expect

from tests.browser.keyboard import PATIENCE, Keyboard
from tests.support.portal_page import PortalPage
from tests.support.surfaces import choose

pytestmark = pytest.mark.usefixtures("still")

SILENT = "imopenlines.session.mode.silent"


def silent(desk: PortalPage) -> set[int]:
    """Dialogs whose clients see nothing, as the portal knows."""
    return {chat_id for chat_id, row in desk.sandbox.truth(27).items() if row["silent"]}


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
    dock = choose(desk, *chosen)
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
