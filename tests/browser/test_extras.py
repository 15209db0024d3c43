"""Leaving and coming back, the journal, settings: surfaces that load on first use, by keyboard."""

import csv
import io
import re

import pytest
from playwright.sync_api import Locator, expect

from app.openlines.actions import ACTIONS
from tests.support.browser import axe
from tests.support.frame import Frame
from tests.support.portal_page import PortalPage
from tests.support.surfaces import choose, surface

LATER = re.compile(
    r"/(?:extras/(?:kit|shift|snapshots|journal|settings|practice|news)\.js|extras\.css|words/)"
)


pytestmark = pytest.mark.usefixtures("still")


def loaded(desk: PortalPage) -> list[str]:
    """The files of surfaces that the page has asked for."""
    names = desk.document.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    return [name for name in names if LATER.search(name)]


def journal_page(desk: PortalPage) -> Locator:
    """The journal as a page, through its panel."""
    choose(desk, "Journal")
    desk.app.locator("#panel").get_by_role("button", name="Search the journal").press("Enter")
    expect(desk.app.get_by_role("heading", name="Journal", level=1)).to_be_focused()
    expect(desk.app.locator("#surface .entry").first).to_be_visible()
    return desk.app.locator("#surface")


def table(desk: PortalPage, button: Locator) -> tuple[str, list[list[str]]]:
    """Press a button that downloads a table: the file's name and its rows."""
    with desk.page.expect_download() as waiting:
        button.press("Enter")
    content = waiting.value.path().read_bytes().decode("utf-8-sig")
    return waiting.value.suggested_filename, list(csv.reader(io.StringIO(content)))


def test_surfaces_load_on_first_use_and_give_the_desk_back(desk: PortalPage) -> None:
    assert loaded(desk) == []
    surface(desk, "Settings", "Settings")
    assert len(loaded(desk)) >= 3
    expect(desk.app.locator("#rows")).to_be_hidden()
    desk.page.keyboard.press("Escape")
    expect(desk.app.locator("#rows")).to_be_visible()
    expect(desk.app.locator("#more")).to_be_focused()
    surface(desk, "End of shift", "End of shift")
    desk.page.keyboard.press("Control+k")
    expect(desk.app.get_by_role("dialog", name="All commands")).to_be_visible()
    expect(desk.app.locator("#surface")).to_have_count(0)


def test_settings_of_an_operator(desk: PortalPage) -> None:
    row = desk.row(desk.chats()[0])
    before = row.evaluate("node => node.offsetHeight")
    page = surface(desk, "Settings", "Settings")
    expect(page.get_by_role("heading", level=2)).to_have_count(1)
    page.get_by_label("Rows", exact=True).select_option("compact")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.get_by_label("Theme", exact=True).select_option("dark")
    expect(desk.app.locator("html")).to_have_class(re.compile("dark"))
    page.get_by_label("Turn Silent off automatically").select_option("30")
    assert axe(desk.document) == []
    desk.open()
    expect(desk.app.locator("html")).to_have_class(re.compile("dark"))
    assert row.evaluate("node => node.offsetHeight") < before
    page = surface(desk, "Settings", "Settings")
    expect(page.get_by_label("Turn Silent off automatically")).to_have_value("30")


def test_settings_of_a_portal(desk: PortalPage) -> None:
    desk.visit(user_id=1)
    page = surface(desk, "Settings", "Settings")
    everybody = page.get_by_role("region", name="For everybody in this portal")
    days = everybody.get_by_label("Keep the journal for")
    days.fill("3")
    days.press("Enter")
    expect(page.get_by_text("Not saved: a whole number from 7 to 365")).to_be_visible()
    expect(days).to_be_focused()
    days.fill("30")
    everybody.get_by_label("Rows").select_option("compact")
    everybody.get_by_role("button", name="Save for everybody").press("Enter")
    expect(page.get_by_text("Saved for everybody.")).to_be_visible()
    assert axe(desk.document) == []
    desk.open()
    expect(desk.app.locator("#desk")).to_have_class(re.compile("dense"))
    page = surface(desk, "Settings", "Settings")
    expect(page.get_by_label("Rows", exact=True).locator("option").first).to_have_text(
        "As in the portal: Compact"
    )


def test_shared_views_are_an_administrators_to_delete(desk: PortalPage) -> None:
    owner = Frame(desk.sandbox, user_id=27)
    owner.open()
    body = {"name": "Late ones", "filter": {"waiting_over": 60}, "shared": True}
    assert owner.request("POST", "/api/views", body).status < 300
    desk.visit(user_id=1)
    page = surface(desk, "Settings", "Settings")
    page.get_by_role("button", name="Delete: Late ones").press("Enter")
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    page.get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(page.get_by_text("Deleted for everybody: Late ones.")).to_be_visible()
    expect(page.get_by_text("Nobody has shared a view yet.")).to_be_visible()


def test_the_end_of_a_shift_keeps_and_releases(desk: PortalPage) -> None:
    page = surface(desk, "End of shift", "End of shift")
    assert desk.pinned() >= set(desk.chats(pinned=True))
    expect(page.get_by_role("button", name="Done", exact=True)).to_be_enabled()
    expect(page.locator("[data-pile=answered]")).to_contain_text("Not pinned, answered")
    expect(page.locator("[data-pile] li")).to_have_count(len(desk.chats()))
    before = desk.pinned()
    page.locator("[data-pile=waits] li input").first.press("Space")
    page.locator("[data-pile=loose] li input").first.press("Space")
    page.get_by_role("button", name="Pin 1, unpin 1").press("Enter")
    assert desk.pinned() == before, "a preview touches nothing"
    dialog = desk.app.get_by_role("dialog")
    expect(dialog).to_contain_text("1 client is waiting.")
    dialog.locator("[data-action=unpin]").press("Enter")
    expect(desk.app.locator("#surface")).to_have_count(0)
    expect(desk.app.locator("#toasts")).to_contain_text("Unpinned:", timeout=20_000)
    after = desk.pinned()
    assert len(before - after) == 1
    assert len(after - before) == 1


def test_the_list_of_a_shift_is_carried_off(desk: PortalPage) -> None:
    page = surface(desk, "End of shift", "End of shift")
    name, rows = table(desk, page.get_by_role("button", name="Export list"))
    assert re.fullmatch(r"pinline-shift-\d{4}-\d\d-\d\d\.csv", name)
    assert rows[0][0] == "Client"
    assert {"Olga Petrova", "James Whitfield"} <= {row[0] for row in rows}
    assert all(row[-1].startswith(desk.sandbox.url) for row in rows[1:])


def test_a_saved_desk_is_restored(desk: PortalPage) -> None:
    chosen = desk.chats(pinned=True)[:2]
    on_top = desk.chats()[0]
    desk.button(on_top, "top").click()
    expect(desk.button(on_top, "untop")).to_be_visible()
    choose(desk, "My desk: save, restore")
    dialog = desk.app.get_by_role("dialog", name="My desk")
    dialog.get_by_label("Name").fill("Friday")
    desk.page.keyboard.press("Enter")
    expect(dialog.locator(".told", has_text="Saved: Friday.")).to_be_visible()
    assert axe(desk.document) == []
    desk.page.keyboard.press("Escape")
    for chat_id in chosen:
        desk.button(chat_id, "unpin").click()
        expect(desk.button(chat_id, "pin")).to_be_visible()
    desk.button(on_top, "untop").click()
    expect(desk.button(on_top, "top")).to_be_visible()
    choose(desk, "My desk: save, restore")
    dialog.get_by_role("button", name="Restore: Friday").press("Enter")
    expect(dialog).to_contain_text("2 dialogs are pinned again.")
    assert axe(desk.document) == []
    assert not set(chosen) & desk.pinned()
    dialog.get_by_role("button", name="Restore", exact=True).press("Enter")
    for chat_id in chosen:
        expect(desk.button(chat_id, "unpin")).to_be_visible(timeout=20_000)
    expect(desk.button(on_top, "untop")).to_be_visible()
    assert set(chosen) <= desk.pinned()


def test_a_saved_desk_is_deleted_only_after_a_question(desk: PortalPage) -> None:
    choose(desk, "My desk: save, restore")
    dialog = desk.app.get_by_role("dialog", name="My desk")
    dialog.get_by_label("Name").fill("Old")
    desk.page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Delete: Old").press("Enter")
    desk.page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Restore: Old")).to_be_visible()
    dialog.get_by_role("button", name="Delete: Old").press("Enter")
    dialog.get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(dialog.get_by_text("Nothing saved yet.")).to_be_visible()


def test_the_journal_is_searched_undone_and_carried_off(desk: PortalPage) -> None:
    first, second = desk.chats(pinned=False)[:2]
    names = {chat_id: desk.row(chat_id).locator(".name").inner_text() for chat_id in (first, second)}
    for chat_id in (first, second):
        desk.button(chat_id, "pin").click()
        expect(desk.button(chat_id, "unpin")).to_be_visible()
    page = journal_page(desk)
    expect(page.locator(".entry")).to_have_count(2)
    assert axe(desk.document) == []
    page.get_by_role("searchbox").fill(names[first].split()[0].lower())
    expect(page.locator(".entry")).to_have_count(1)
    expect(page.locator(".entry")).to_contain_text(names[first])
    _, rows = table(desk, page.get_by_role("button", name="Export CSV"))
    text = str(rows)
    assert names[first] in text
    assert names[second] not in text
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator(".entry")).to_have_count(2)
    expect(page.locator(".entry").first).to_contain_text("Undid “Pinned: ")
    assert first not in desk.pinned()
    offered = page.get_by_label("Action").locator("option").evaluate_all("all => all.map(one => one.value)")
    assert offered == ["", *ACTIONS]
    page.get_by_label("Action").select_option("silence")
    expect(page.get_by_role("heading", name="Nothing in the journal matches")).to_be_visible()
    assert axe(desk.document) == []


@pytest.mark.parametrize("late", [False, True], ids=["in time", "too late"])
def test_only_what_was_taken_back_is_called_undone(desk: PortalPage, late: bool) -> None:
    chat_id = desk.chats(pinned=False)[0]
    name = desk.row(chat_id).locator(".name").inner_text()
    desk.button(chat_id, "pin").click()
    expect(desk.button(chat_id, "unpin")).to_be_visible()
    if late:
        desk.button(chat_id, "unpin").click()
        expect(desk.button(chat_id, "pin")).to_be_visible()
    oldest = journal_page(desk).locator(".entry").last
    oldest.get_by_role("button", name="Undo").click()
    expect(desk.said()).to_have_text(f"Was not pinned: {name}" if late else f"Undone. Unpinned: {name}.")
    assert chat_id not in desk.pinned()


def test_a_cell_never_becomes_a_formula(desk: PortalPage) -> None:
    surface(desk, "Settings", "Settings")
    made = desk.document.evaluate(
        """() => {
            const icons = document.querySelector("meta[name=icons]").content;
            return import(icons.replace("img/icons.svg", "desk/extras/kit.js"))
                .then(kit => kit.csv([["=1+1", "@x", "-2", 'say "yes"', "plain"]]).text());
        }"""
    )
    assert made.lstrip("\ufeff") == '"\'=1+1","\'@x","\'-2","say ""yes""","plain"\r\n'
