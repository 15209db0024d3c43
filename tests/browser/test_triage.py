"""Each job of looking after many dialogs, in a real browser: one test for each."""

import re

from playwright.sync_api import Locator, expect

from tests.support.browser import axe
from tests.support.portal_page import PortalPage

PATIENCE = 30_000


def queued(desk: PortalPage) -> list[int]:
    """Dialogs that are offered to the main operator."""
    return [chat_id for chat_id, row in sorted(desk.sandbox.truth(27).items()) if row["offered"]]


def choose(desk: PortalPage, *chat_ids: int) -> Locator:
    """Pick rows; the docked bar."""
    for chat_id in chat_ids:
        desk.row(chat_id).locator(".pick input").check(force=True)
    return desk.app.locator("#dock")


def shown(desk: PortalPage) -> list[int]:
    """The dialogs on screen from top to bottom."""
    rows = desk.app.locator("#rows .row[data-chat-id]").all()
    return [int(row.get_attribute("data-chat-id") or 0) for row in rows]


def test_a_queued_dialog_is_answered_from_its_row(desk: PortalPage) -> None:
    chat_id = queued(desk)[0]
    expect(desk.app.locator("[data-chat-id] [data-action]:not(:visible)")).to_have_count(0)
    desk.button(chat_id, "answer").first.click()
    expect(desk.button(chat_id, "pin")).to_be_visible(timeout=PATIENCE)
    expect(desk.button(chat_id, "answer")).to_have_count(0)
    truth = desk.sandbox.truth(27)[chat_id]
    assert truth["owner"] == 27
    assert not truth["pinned"], "answering lets go of the pin"
    toast = desk.app.locator("#toasts")
    expect(toast).to_contain_text("Yours now")
    expect(toast.locator("[data-undo]")).to_have_count(0)


def test_a_queued_dialog_is_passed_on_by_keyboard(desk: PortalPage) -> None:
    chat_id = queued(desk)[0]
    desk.row(chat_id).locator(".who").click()
    expect(desk.app.locator('#panel [data-action="skip"]')).to_be_visible()
    expect(desk.app.locator("#panel .bubble").first).to_be_visible()
    desk.page.keyboard.press("n")
    expect(desk.said()).to_contain_text("Passed on", timeout=PATIENCE)
    assert 27 not in desk.sandbox.truth(27).get(chat_id, {"offered": []})["offered"]


def test_a_colleague_who_was_first_is_named_as_the_reason(desk: PortalPage) -> None:
    chat_id = queued(desk)[0]
    desk.sandbox.act("take", chat_id=chat_id, user_id=31)
    desk.button(chat_id, "answer").first.click()
    expect(desk.said()).not_to_be_empty(timeout=PATIENCE)
    expect(desk.button(chat_id, "pin")).to_have_count(0)
    assert desk.sandbox.truth(31)[chat_id]["owner"] == 31


def test_a_dialog_that_leaves_says_why(desk: PortalPage) -> None:
    """Only those who may still see the chat learn the reason: here an administrator."""
    chat_id = queued(desk)[0]
    desk.sandbox.act("take", chat_id=chat_id, user_id=1)
    desk.open(user_id=1)
    row = desk.row(chat_id)
    expect(row).to_be_visible()
    desk.sandbox.act("requeue", chat_id=chat_id)
    expect(row).to_have_class(re.compile(r"\bgone\b"), timeout=PATIENCE)
    expect(row.locator(".note")).to_have_text("Went back to the queue", timeout=PATIENCE)
    expect(desk.said()).to_contain_text("Went back to the queue")
    expect(row).to_have_count(0, timeout=PATIENCE)


def test_a_dialog_that_leaves_unexplained_is_dismissed(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.sandbox.act("close", chat_id=chat_id)
    row = desk.row(chat_id)
    expect(row.locator(".note")).to_have_text("No longer in your list", timeout=PATIENCE)
    row.locator("[data-dismiss]").click()
    expect(row).to_have_count(0)


def test_silent_cannot_be_forgotten(desk: PortalPage) -> None:
    first, second = desk.chats(pinned=False, silent=False)[:2]
    for chat_id in (first, second):
        desk.button(chat_id, "silence").click()
        expect(desk.button(chat_id, "unsilence")).to_be_visible(timeout=PATIENCE)
    chip = desk.app.locator('[data-view="silent"]')
    silent = sum(row["silent"] and row["listed"] for row in desk.sandbox.truth(27).values())
    expect(chip.locator(".num")).to_have_text(str(silent))
    chip.click()
    banner = desk.app.locator("#banner")
    expect(banner).to_contain_text("do not see your messages")
    assert axe(desk.document) == []
    banner.locator('[data-action="unsilence"]').click()
    expect(banner).to_be_hidden(timeout=PATIENCE)
    assert not any(row["silent"] and row["listed"] for row in desk.sandbox.truth(27).values())
    desk.app.locator('[data-view="all"]').click()
    expect(chip).to_be_hidden()


def test_silent_for_several_is_typed(desk: PortalPage) -> None:
    chosen = desk.chats(silent=False)[:3]
    dock = choose(desk, *chosen)
    dock.get_by_role("button", name="More").click()
    dock.locator('[data-preview="silence"]').click()
    dialog = desk.app.get_by_role("dialog")
    go = dialog.locator('[data-action="silence"]')
    expect(go).to_have_attribute("aria-disabled", "true")
    go.click(force=True)
    assert not any(desk.sandbox.truth(27)[chat_id]["silent"] for chat_id in chosen)
    dialog.locator("#typed").fill("3")
    go.click()
    for chat_id in chosen:
        expect(desk.button(chat_id, "unsilence")).to_be_visible(timeout=PATIENCE)


def test_ranges_grow_and_shrink(desk: PortalPage) -> None:
    rows = [chat_id for chat_id in shown(desk) if chat_id not in queued(desk)]
    dock = choose(desk, rows[0])
    desk.row(rows[5]).locator(".pick input").click(force=True, modifiers=["Shift"])
    expect(dock).to_contain_text("6 selected")
    desk.row(rows[2]).locator(".who").click(modifiers=["Shift"])
    expect(dock).to_contain_text("3 selected")
    desk.row(rows[2]).focus()
    desk.page.keyboard.press("Shift+ArrowDown")
    expect(dock).to_contain_text("4 selected")
    desk.page.keyboard.press("Shift+ArrowUp")
    expect(dock).to_contain_text("3 selected")


def test_all_that_match_means_all(tab: PortalPage) -> None:
    tab.sandbox.reset("many", dialogs=160)
    tab.install_over_http()
    tab.open()
    assert len(shown(tab)) < 160, "long lists draw only a part"
    tab.row(shown(tab)[3]).focus()
    tab.page.keyboard.press("*")
    label = tab.app.locator("#dock .strong").inner_text()
    assert int(label.split()[0]) > 100


def test_what_a_run_could_not_do_is_explained_and_tried_again(desk: PortalPage) -> None:
    chosen = desk.chats(pinned=False)[:4]
    refused = {"method": "imopenlines.session.mode.pin", "code": "ACCESS_DENIED", "times": 1}
    desk.sandbox.fault("error", **refused)
    dock = choose(desk, *chosen)
    dock.locator('[data-action="pin"]').click()
    expect(dock).to_contain_text("3 pinned, 1 not", timeout=PATIENCE)
    dock.get_by_role("button", name="Reasons").click()
    expect(desk.app.get_by_role("dialog")).to_contain_text("rights")
    desk.page.keyboard.press("Escape")
    dock.get_by_role("button", name="Try again").click()
    expect(desk.app.locator("#toasts [data-undo]")).to_be_visible(timeout=PATIENCE)
    assert set(chosen) <= desk.pinned()


def test_a_run_goes_on_after_a_reload(desk: PortalPage) -> None:
    chosen = desk.chats(pinned=False)[:5]
    desk.document.evaluate(
        """async (chats) => {
            const session = document.querySelector("meta[name=session-token]").content;
            const headers = {"X-B24-Session": session, "Content-Type": "application/json"};
            const body = JSON.stringify({action: "pin", chat_ids: chats});
            await fetch("/api/runs", {method: "POST", headers, body});
        }""",
        chosen,
    )
    desk.open()
    dock = desk.app.locator("#dock")
    expect(dock).to_contain_text("Not finished")
    assert not set(chosen) & desk.pinned(), "nothing begins by itself"
    dock.get_by_role("button", name="Go on").click()
    expect(desk.app.locator("#toasts [data-undo]")).to_be_visible(timeout=PATIENCE)
    assert set(chosen) <= desk.pinned()
    desk.open()
    expect(dock).to_be_hidden()


def test_single_keys_are_switched_off_or_take_a_modifier(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    row = desk.row(chat_id)
    for choice, quiet, loud in (("modifier", "p", "Alt+p"), ("off", "Alt+p", "")):
        row.focus()
        desk.app.locator("#more").click()
        desk.app.get_by_role("menuitem", name="Keyboard shortcuts").click()
        desk.app.locator(f'input[name="shortcuts"][value="{choice}"]').check()
        desk.page.keyboard.press("Escape")
        row.focus()
        before = desk.row(chat_id).locator(".sw-pin").get_attribute("aria-pressed")
        desk.page.keyboard.press(quiet)
        desk.page.wait_for_timeout(1500)
        expect(row.locator(".sw-pin")).to_have_attribute("aria-pressed", before or "")
        if loud:
            desk.page.keyboard.press(loud)
            expect(row.locator(".sw-pin")).not_to_have_attribute("aria-pressed", before or "")
            expect(row.locator(".sw-pin[aria-busy]")).to_have_count(0, timeout=PATIENCE)
    desk.open()
    row.focus()
    desk.page.keyboard.press("p")
    desk.page.wait_for_timeout(1500)
    assert chat_id in desk.pinned(), "the choice outlives a reload"


def test_looking_inside_is_cached_follows_and_marks_nothing(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.button(chat_id, "pin").click()
    expect(desk.button(chat_id, "unpin")).to_be_visible()
    row, panel = desk.row(chat_id), desk.app.locator("#panel")
    unread = row.locator(".count").text_content()
    row.focus()
    desk.page.keyboard.press("Space")
    expect(panel.locator(".talk .bubble").first).to_be_visible()
    expect(panel.locator(".facts-list")).to_contain_text("You,")
    panel.locator(".past summary").click()
    expect(panel.locator(".past li")).to_have_count(1)
    row.focus()
    desk.page.keyboard.press("j")
    expect(panel.locator("h2")).not_to_have_text(row.locator(".name").inner_text())
    desk.page.wait_for_timeout(1500)
    asked = {name for request in desk.sandbox.requests() for name in request["commands"]}
    assert "im.dialog.messages.get" in asked
    assert not asked & {"im.dialog.read", "im.dialog.read.all"}
    with desk.sandbox.counting() as counts:
        desk.page.keyboard.press("k")
        expect(panel.locator("h2")).to_have_text(row.locator(".name").inner_text())
        expect(panel.locator(".talk .bubble").first).to_be_visible()
    assert counts["portal"] <= 1, "what was looked at a moment ago is not asked for again"
    assert row.locator(".count").text_content() == unread


def test_filter_order_and_a_view_that_colleagues_see(desk: PortalPage) -> None:
    everything = len(shown(desk))
    desk.app.locator("#filter").click()
    box = desk.app.locator(".filter-box")
    box.get_by_role("button", name="WhatsApp", exact=True).click()
    box.get_by_label("Pinned").select_option("false")
    expect(desk.app.locator("#filter .num")).to_have_text("2")
    found = len(shown(desk))
    assert 0 < found < everything
    assert axe(desk.document) == []
    box.get_by_role("button", name="Line", exact=True).click()
    box.get_by_role("button", name="Save as view").click()
    box.locator("#view-name").fill("Free on WhatsApp")
    box.get_by_role("checkbox").check()
    box.get_by_role("button", name="Save", exact=True).click()
    chip = desk.app.get_by_role("button", name="Free on WhatsApp")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(chip.locator(".num")).to_have_text(str(found))
    desk.app.locator('[data-view="all"]').click()
    expect(desk.app.locator("#rows .row[data-chat-id]")).to_have_count(everything)
    chip.click()
    expect(desk.app.locator("#rows .row[data-chat-id]")).to_have_count(found)
    desk.open(user_id=31)
    expect(chip).to_be_visible()
    chip.click()
    desk.app.locator("#filter").click()
    expect(desk.app.locator(".filter-box").get_by_role("button", name="Edit view")).to_have_count(0)


def test_an_order_is_kept(desk: PortalPage) -> None:
    desk.app.locator("#filter").click()
    desk.app.locator(".filter-box").get_by_role("button", name="Unread", exact=True).click()
    desk.page.keyboard.press("Escape")
    desk.open()
    waiting = desk.app.locator("#rows .section:has-text('Waiting for you') ~ .row .count")
    counts = [int(text) for text in waiting.all_inner_texts()[:6] if text]
    assert len(counts) > 3
    assert counts == sorted(counts, reverse=True)


def test_a_message_shows_its_format_and_nothing_else(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    evil = "[url=javascript:document.title='owned']bad[/url] <b onclick=x>raw</b> [i]never closed"
    desk.sandbox.act(
        "client_message", chat_id=chat_id, text=f"[b]bold[/b] [url=https://example.com/]good[/url] {evil}"
    )
    desk.open()
    desk.row(chat_id).locator(".who").click()
    bubble = desk.app.locator("#panel .bubble").last
    expect(bubble.locator("b")).to_have_text("bold")
    expect(bubble.locator("a")).to_have_count(1)
    expect(bubble.locator("a")).to_have_attribute("href", "https://example.com/")
    expect(bubble).to_contain_text("<b onclick=x>raw</b>")
    expect(desk.row(chat_id).locator(".text")).not_to_contain_text("[b]")


def test_the_order_inside_top_is_the_operators(desk: PortalPage) -> None:
    first, second = desk.chats()[:2]
    for chat_id in (first, second):
        desk.button(chat_id, "top").click()
        expect(desk.button(chat_id, "untop")).to_be_visible(timeout=PATIENCE)
    desk.open()
    upper, lower = shown(desk)[:2]
    assert {upper, lower} == {first, second}
    desk.row(lower).focus()
    desk.page.keyboard.press("Alt+ArrowUp")
    expect(desk.said()).to_contain_text("Moved to place 1", timeout=PATIENCE)
    assert shown(desk)[:2] == [lower, upper]
    expect(desk.row(lower)).to_be_focused()
    desk.open()
    assert shown(desk)[:2] == [lower, upper]
