"""What an operator with many dialogs sees without looking for it: what is urgent, counted, covered."""

import re

from playwright.sync_api import Locator, Route, expect

from tests.support.portal_page import PortalPage
from tests.support.surfaces import choose

PATIENCE = 30_000
ROWS = "#rows .row[data-chat-id]"


def closing(desk: PortalPage) -> list[int]:
    """Dialogs whose reply window closes within two hours, the nearest first."""
    found = desk.document.evaluate(
        """() => {
            const boot = JSON.parse(document.getElementById("boot").textContent);
            const left = (one) => Date.parse(one.reply_until) - Date.parse(boot.now);
            return boot.listing.dialogs
                .filter((one) => one.reply_until && !one.reply_closed && left(one) > 0 && left(one) < 7200e3)
                .sort((a, b) => left(a) - left(b))
                .map((one) => one.chat_id);
        }"""
    )
    return list(found)


def test_reply_windows_that_close_have_a_view_and_come_first(desk: PortalPage) -> None:
    soon = closing(desk)
    assert soon, "the seed has none"
    first = desk.app.locator("#rows .section:has-text('Waiting for you') + .row .note")
    expect(first).to_contain_text(re.compile(r"Reply window closes in \d+ min"))
    chip = desk.app.locator('[data-view="closing"]')
    expect(chip.locator(".num")).to_have_text(str(len(soon)))
    chip.click()
    rows = desk.app.locator(ROWS)
    expect(rows).to_have_count(len(soon))
    expect(rows.first).to_have_attribute("data-chat-id", str(soon[0]))


def keep_as_view(desk: PortalPage, name: str) -> Locator:
    """Save what is on screen as a view; its chip, which is chosen then."""
    if not desk.app.locator(".filter-box").is_visible():
        desk.app.locator("#filter").click()
    box = desk.app.locator(".filter-box")
    box.get_by_role("button", name="Save as view").click()
    box.locator("#view-name").fill(name)
    box.get_by_role("button", name="Save", exact=True).click()
    chip = desk.app.get_by_role("button", name=name)
    expect(chip).to_have_attribute("aria-pressed", "true", timeout=PATIENCE)
    return chip


def test_windows_that_close_are_kept_as_a_view_in_their_order(desk: PortalPage) -> None:
    soon = closing(desk)
    everything = desk.app.locator(ROWS).count()
    assert 0 < len(soon) < everything
    desk.app.locator('[data-view="closing"]').click()
    chip = keep_as_view(desk, "Hurry")
    expect(chip.locator(".num")).to_have_text(str(len(soon)))
    desk.open()
    expect(desk.app.locator(ROWS)).to_have_count(everything)
    chip.click()
    expect(desk.app.locator(ROWS)).to_have_count(len(soon))
    expect(desk.app.locator(ROWS).first).to_have_attribute("data-chat-id", str(soon[0]))
    expect(desk.app.locator("#filter")).to_have_attribute("title", re.compile("sorted by: Reply window"))


def test_the_crm_filter_is_kept_as_a_view(desk: PortalPage) -> None:
    everything = desk.app.locator(ROWS).count()
    desk.app.locator("#filter").click()
    box = desk.app.locator(".filter-box")
    box.get_by_label("CRM card").select_option("true")
    expect(desk.app.locator("#filter .num")).to_have_text("1")
    found = desk.app.locator(ROWS).count()
    assert 0 < found < everything
    chip = keep_as_view(desk, "Known to CRM")
    desk.open()
    expect(desk.app.locator(ROWS)).to_have_count(everything)
    chip.click()
    expect(desk.app.locator(ROWS)).to_have_count(found)


def test_silent_of_unknown_age_is_not_called_young(desk: PortalPage) -> None:
    age = desk.app.locator('[data-view="silent"] .for')
    expect(age).to_have_text("")
    expect(desk.app.locator('[data-view="silent"]')).to_have_attribute("title", re.compile("nobody knows"))


def test_counters_follow_line_and_search_but_silent_keeps_its_total(desk: PortalPage) -> None:
    chip = desk.app.locator('[data-view="all"] .num')
    everything = int(chip.inner_text())
    line = desk.app.locator("#line option").nth(1)
    desk.app.locator("#line").select_option(index=1)
    expect(chip).not_to_have_text(str(everything))
    assert int(chip.inner_text()) == desk.app.locator(ROWS).count() > 0, line.inner_text()
    desk.app.locator("#line").select_option(index=0)
    desk.app.locator("#search").fill("nobody is called so")
    expect(chip).to_have_text("0")
    expect(desk.app.locator('[data-view="silent"] .num')).to_have_text("0 of 1")


def test_pin_all_says_where_and_what_it_leaves_alone(desk: PortalPage) -> None:
    queued = sum(row["offered"] != [] for row in desk.sandbox.truth(27).values())
    assert queued > 1
    desk.app.locator('.toolbar [data-preview="pin_all"]').click()
    dialog = desk.app.get_by_role("dialog")
    expect(dialog.get_by_role("list", name="Channel")).to_contain_text("Telegram")
    expect(dialog.get_by_role("list", name="Line")).to_contain_text("Web store")
    expect(dialog).to_contain_text(f"{queued} wait in the queue under New and are not touched.")
    expect(dialog).to_contain_text("with a colleague and stays as it is.")


def test_a_toast_covers_no_row_for_good(desk: PortalPage) -> None:
    desk.page.set_viewport_size({"width": 1200, "height": 700})
    chat_id = desk.chats(pinned=False)[0]
    desk.button(chat_id, "pin").click()
    toast = desk.app.locator("#toasts .toast")
    expect(toast).to_be_visible(timeout=PATIENCE)
    desk.app.locator("#rows").evaluate("node => { node.scrollTop = 1e6; }")
    last, box = desk.app.locator(ROWS).last.bounding_box(), toast.bounding_box()
    assert last is not None
    assert box is not None
    assert last["y"] + last["height"] <= box["y"]
    desk.page.mouse.move(box["x"] + 20, box["y"] + 20)
    expect(toast).to_have_count(0, timeout=50_000)


def test_no_tab_vanishes_and_pass_on_is_reached_when_it_is_narrow(desk: PortalPage) -> None:
    chat_id = next(chat for chat, row in sorted(desk.sandbox.truth(27).items()) if row["offered"])
    for width in (700, 760):
        desk.page.set_viewport_size({"width": width, "height": 800})
        desk.open(query="&bare=1")
        for view in ("all", "waiting", "unread", "pinned", "top", "closing", "silent"):
            expect(desk.app.locator(f'[data-view="{view}"]')).to_be_visible()
    desk.page.set_viewport_size({"width": 640, "height": 800})
    desk.row(chat_id).locator(".more").click()
    desk.row(chat_id).locator('[role=menuitem][data-action="skip"]').click()
    expect(desk.said()).to_contain_text("Passed on", timeout=PATIENCE)


def test_a_clock_says_what_it_is(desk: PortalPage) -> None:
    cell = desk.app.locator("#rows .wait.clock").first
    expect(cell).to_have_attribute("title", re.compile(r"^Last message: "))
    expect(cell).to_have_attribute("aria-label", re.compile(r"^Last message: "))
    expect(desk.app.locator("#rows .wait.late").first).to_have_attribute(
        "aria-label", re.compile("^Waiting: ")
    )


def test_order_and_first_view_are_settings(desk: PortalPage) -> None:
    choose(desk, "Settings")
    desk.app.get_by_label("Order of the list").select_option("newest")
    desk.app.get_by_label("View at the start").select_option("pinned")
    expect(desk.said()).to_have_text("Saved")
    desk.open()
    expect(desk.app.locator('[data-view="pinned"]')).to_have_attribute("aria-pressed", "true")
    expect(desk.app.locator("#filter")).to_have_attribute("title", re.compile("sorted by: Newest message"))


def test_a_saved_desk_comes_back_exactly(desk: PortalPage) -> None:
    first, later = desk.chats()[:2]
    desk.button(first, "top").click()
    expect(desk.button(first, "untop")).to_be_visible(timeout=PATIENCE)
    expect(desk.row(first).locator(".sw[aria-busy]")).to_have_count(0, timeout=PATIENCE)
    choose(desk, "My desk: save, restore")
    box = desk.app.locator("dialog[open]")
    box.get_by_role("button", name="Save as it is now").click()
    expect(box.locator("[data-snapshot]")).to_have_count(1, timeout=PATIENCE)
    desk.page.keyboard.press("Escape")
    desk.button(later, "top").click()
    expect(desk.button(later, "untop")).to_be_visible(timeout=PATIENCE)
    expect(desk.row(later).locator(".sw[aria-busy]")).to_have_count(0, timeout=PATIENCE)
    choose(desk, "My desk: save, restore")
    box.get_by_role("button", name="Restore").click()
    exact = box.get_by_role("checkbox")
    expect(exact).not_to_be_checked()
    exact.check()
    box.get_by_role("button", name="Restore", exact=True).click()
    expect(desk.button(later, "top")).to_be_visible(timeout=PATIENCE)
    expect(desk.button(first, "untop")).to_be_visible()


def test_crm_links_are_listed_as_the_language_does(desk: PortalPage) -> None:
    desk.open(query="&lang=ar")
    bound = desk.document.evaluate(
        """() => JSON.parse(document.getElementById("boot").textContent).listing.dialogs
            .find((one) => one.crm.length > 1).chat_id"""
    )
    desk.row(bound).locator(".who").click()
    expect(desk.app.locator("#panel .facts-list")).to_contain_text("، ")


def test_a_key_leaves_only_dialogs_with_a_crm_card(desk: PortalPage) -> None:
    rows = desk.app.locator(ROWS)
    everything = rows.count()
    rows.nth(6).focus()
    desk.page.keyboard.press("c")
    expect(desk.app.locator("#filter .num")).to_have_text("1")
    found = rows.count()
    assert 0 < found < everything
    expect(desk.said()).to_have_text(f"{found} dialogs")
    expect(desk.app.locator(f"{ROWS}:focus")).to_have_count(1)
    desk.page.keyboard.press("f")
    box = desk.app.locator(".filter-box")
    expect(box.get_by_label("CRM card")).to_have_value("true")
    expect(box.get_by_role("button", name="Save as view")).to_be_visible()
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("c")
    expect(rows).to_have_count(everything)


def test_older_entries_of_the_journal_are_offered_when_there_are_any(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.button(chat_id, "pin").click()
    expect(desk.button(chat_id, "unpin")).to_be_visible(timeout=PATIENCE)

    def with_more(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"more": "before=" not in route.request.url})

    desk.page.route("**/api/journal?*", with_more)
    choose(desk, "Journal")
    older = desk.app.locator(".journal").get_by_role("button", name="Show older")
    expect(desk.app.locator(".journal .entry")).to_have_count(1)
    older.click()
    expect(older).to_have_count(0)
    desk.app.locator("#panel").get_by_role("button", name="Search the journal").click()
    older = desk.app.locator("#surface").get_by_role("button", name="Show older")
    older.click()
    expect(older).to_have_count(0)
