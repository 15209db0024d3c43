"""The journal and every way back say what happened, and no more."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.keyboard import PATIENCE
from tests.support.frame import Frame
from tests.support.portal_page import PortalPage

pytestmark = pytest.mark.usefixtures("still")


def queued(desk: PortalPage) -> list[int]:
    """Dialogs that are offered to the operator."""
    return [chat_id for chat_id, row in sorted(desk.sandbox.truth(27).items()) if row["offered"]]


def entries(desk: PortalPage) -> Locator:
    """The journal beside the list, newest first."""
    desk.app.locator("#more").click()
    desk.app.get_by_role("menuitem", name="Journal", exact=True).click()
    found = desk.app.locator("#panel .entry")
    expect(found.first).to_be_visible(timeout=PATIENCE)
    return found


def test_only_what_was_undone_is_called_so(desk: PortalPage, person: Frame) -> None:
    taken, passed = queued(desk)[:2]
    person.act("answer", taken)
    person.act("skip", passed)
    chat_id, left = desk.chats(pinned=False)[:2]
    person.undo(person.act("pin", chat_id).json()["undo"]["id"])
    gone = person.act("pin", left).json()["undo"]["id"]
    desk.sandbox.act("close", chat_id=left)
    assert person.undo(gone).json()["results"][0]["outcome"] == "gone"
    told = entries(desk)
    expect(told.filter(has_text="Passed on:")).to_have_count(1)
    expect(told.filter(has_text=re.compile("Taken:|Passed on:")).locator(".ended")).to_have_count(0)
    pins = told.filter(has_text=re.compile("^[^“]*Pinned:"))
    expect(pins.locator(".ended")).to_have_text(["No longer in your list", "Undone"])


def test_an_undo_says_what_was_taken_back(desk: PortalPage, person: Frame) -> None:
    chosen = desk.chats(pinned=False)[:3]
    person.act("pin", *chosen)
    undo = person.act("unpin", *chosen).json()["undo"]["id"]
    desk.sandbox.act("close", chat_id=chosen[0])
    person.undo(undo)
    newest = entries(desk).first
    expect(newest).to_contain_text("Undid “Unpinned 3 dialogs”")
    expect(newest).to_contain_text("2 pinned again · 1 had left your list")
    expect(newest.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize("where", ["panel", "page"])
def test_an_undo_that_lets_go_of_several_is_previewed(desk: PortalPage, person: Frame, where: str) -> None:
    before = desk.pinned()
    person.act("pin", *desk.chats(pinned=False)[:3])
    held = desk.pinned()
    entries(desk)
    if where == "page":
        desk.app.locator("#panel").get_by_role("button", name="Search the journal").click()
    place = desk.app.locator("#panel" if where == "panel" else "#surface")
    button = place.get_by_role("button", name="Undo 3: Pinned 3 dialogs")
    expect(button).to_have_text("Undo 3")
    expect(button).to_have_attribute("data-preview", "unpin")
    button.click()
    asked = desk.app.get_by_role("dialog")
    expect(asked).to_contain_text("Unpin 3 dialogs?")
    expect(asked).not_to_contain_text("undo for 24 hours")
    assert desk.pinned() == held, "a preview touches nothing"
    asked.locator('[data-action="unpin"]').click()
    expect(desk.said()).to_contain_text("Undone", timeout=PATIENCE)
    assert desk.pinned() == before


def test_an_undo_names_its_entry(desk: PortalPage, person: Frame) -> None:
    chosen = desk.chats(pinned=False)[:2]
    names = [desk.row(chat_id).locator(".name").inner_text() for chat_id in chosen]
    for chat_id in chosen:
        person.act("pin", chat_id)
    buttons = entries(desk).get_by_role("button")
    for button, name in zip(buttons.all(), reversed(names), strict=True):
        expect(button).to_have_accessible_name(f"Undo: Pinned: {name}")
        expect(button).to_have_text("Undo")


def test_top_claims_no_more_than_the_portal_did(desk: PortalPage) -> None:
    desk.sandbox.switch(recent_pin_lines="forbidden")
    first, *more = desk.chats(pinned=False)[:3]
    name = desk.row(first).locator(".name").inner_text()
    desk.button(first, "top").click()
    expect(desk.row(first).locator(".note")).to_have_text("Done, in Pinline only")
    expect(desk.app.locator("#toasts")).to_contain_text(f"Done, in Pinline only: {name}")
    expect(desk.said()).to_contain_text("Done, in Pinline only")
    desk.choose(*more).locator('[data-action="top"]').click()
    expect(desk.app.locator("#toasts")).to_contain_text(
        "2 dialogs put on top. Done, in Pinline only", timeout=PATIENCE
    )
    told = entries(desk)
    expect(told.nth(0)).to_contain_text("Done, in Pinline only")
    expect(told.nth(1)).to_contain_text("Done, in Pinline only")


def test_top_that_the_portal_shows_as_well_is_just_top(desk: PortalPage) -> None:
    desk.sandbox.switch(recent_pin_lines="allowed")
    chat_id = desk.chats(pinned=False)[0]
    desk.button(chat_id, "top").click()
    expect(desk.app.locator("#toasts")).to_contain_text("put on top", timeout=PATIENCE)
    expect(entries(desk).first).not_to_contain_text("Pinline only")


def test_undo_in_the_journal_stays_at_its_entry(desk: PortalPage, person: Frame) -> None:
    first, second = desk.chats(pinned=False)[:2]
    name = desk.row(first).locator(".name").inner_text()
    person.act("pin", first)
    person.act("pin", second)
    told = entries(desk)
    told.nth(1).get_by_role("button").click()
    expect(told).to_have_count(3, timeout=PATIENCE)
    entry = "document.activeElement.closest('.entry')?.textContent ?? document.activeElement.tagName"
    assert f"Pinned: {name}" in desk.document.evaluate(entry)
    assert "Undone" in desk.document.evaluate(entry)


def test_the_journal_names_up_to_three_clients(desk: PortalPage, person: Frame) -> None:
    few, many = desk.chats(pinned=False)[:2], desk.chats(pinned=False)[2:7]
    named = {row["chat_id"]: row["client_name"] for row in person.dialogs().values()}
    person.act("pin", *few)
    person.act("pin", *many)
    told = entries(desk)
    expect(told.nth(1)).to_contain_text(", ".join(named[chat_id] for chat_id in few))
    expect(told.nth(0)).to_contain_text(re.compile(r"(?:[^,]+, ){2}[^,]+ \+2"))
    assert sum(named[chat_id] in told.nth(0).inner_text() for chat_id in many) == 3
