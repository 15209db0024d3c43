"""States of many dialogs at once: selection, previews, runs and what remains of them."""

from playwright.sync_api import expect

from tests.states.visit import PATIENCE, PIN, State, Visit


def _pick(visit: Visit, chats: list[int]) -> None:
    for chat_id in chats:
        visit.press(chat_id, "x")
    visit.shown("#dock")


def selection(visit: Visit) -> None:
    """Four rows picked, the bar docked."""
    visit.open()
    _pick(visit, visit.chats(pinned=False)[:3] + visit.chats(pinned=True)[:1])


def selection_menu(visit: Visit) -> None:
    """What else a selection can do."""
    selection(visit)
    visit.click("#dock [aria-haspopup=menu]")
    visit.shown("#dock .menu")


def pin_all(visit: Visit) -> None:
    """What Pin all will touch."""
    visit.open()
    visit.click('.toolbar [data-preview="pin_all"]')
    visit.shown("dialog[open]")


def unpin_all(visit: Visit) -> None:
    """What Unpin all will touch."""
    visit.open()
    visit.click('.toolbar [data-preview="unpin_all"]')
    visit.shown("dialog[open]")


def silence_several(visit: Visit) -> None:
    """Silent for several asks for their number."""
    visit.open()
    _pick(visit, visit.chats(pinned=False, silent=False)[:3])
    visit.click("#dock [aria-haspopup=menu]")
    visit.click('#dock [data-preview="silence"]')
    visit.shown("#typed")


def running(visit: Visit) -> None:
    """A run under way: so many of so many, the time left, Stop."""
    visit.begin("many", dialogs=60)
    visit.open()
    visit.sandbox.switch(latency={PIN: 0.3})
    visit.press(visit.chats(pinned=False)[0], "*")
    visit.shown("#dock")
    visit.press(visit.chats(pinned=False)[0], "p")
    visit.shown("#dock .facts .ok, #dock [aria-valuenow]:not([aria-valuenow='0'])")


def stopped(visit: Visit) -> None:
    """A run that was stopped: what is done, Undo, Go on."""
    running(visit)
    visit.click("#dock [data-stop]")
    expect(visit.app.locator("#dock [data-undo]")).to_be_visible(timeout=PATIENCE)


def partly_failed(visit: Visit) -> None:
    """Three done, one not: Undo, Show, Try again, Reasons."""
    visit.open()
    visit.sandbox.fault("error", method=PIN, code="ACCESS_DENIED", times=1)
    chosen = visit.chats(pinned=False)[:4]
    _pick(visit, chosen)
    visit.press(chosen[0], "p")
    visit.shown("#dock [data-undo]")


def reasons(visit: Visit) -> None:
    """Why a run left something undone, by name."""
    partly_failed(visit)
    words = visit.word("desk.run.why")
    visit.app.locator("#dock").get_by_role("button", name=words, exact=True).press("Enter")
    visit.shown("dialog[open] .why")


def unfinished(visit: Visit) -> None:
    """A run that a reload broke off is offered, never begun by itself."""
    person = visit.person()
    person.open()
    wanted = {"action": "pin", "chat_ids": visit.chats(pinned=False)[:6]}
    assert person.request("POST", "/api/runs", wanted).status < 300
    visit.open()
    visit.shown("#dock")


MANY: tuple[State, ...] = (
    *(selection, selection_menu, pin_all, unpin_all, silence_several),
    *(running, stopped, partly_failed, reasons, unfinished),
)
