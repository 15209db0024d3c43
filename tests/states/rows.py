"""States of what was done: on its way, done, refused, not confirmed; Silent; dialogs that have left."""

import re

from playwright.sync_api import expect

from tests.states.visit import PATIENCE, PIN, State, Visit, offered


def toast(visit: Visit) -> None:
    """Done, with the way back."""
    visit.open()
    visit.press(visit.chats(pinned=False)[0], "p")
    visit.shown("#toasts [data-undo]")


def undone(visit: Visit) -> None:
    """Taken back."""
    toast(visit)
    visit.page.keyboard.press("u")
    expect(visit.app.locator("#toasts .toast [data-undo]")).to_have_count(0, timeout=PATIENCE)
    visit.shown("#toasts .toast")


def sending(visit: Visit) -> None:
    """A click on its way to a slow portal."""
    visit.open()
    visit.sandbox.switch(latency={PIN: 6})
    visit.press(visit.chats(pinned=False)[0], "p")
    visit.shown('.sw-pin[aria-busy="true"]')


def refused(visit: Visit) -> None:
    """The portal said no; the row says why."""
    visit.open()
    visit.sandbox.fault("error", method=PIN, code="ACCESS_DENIED", times=1)
    visit.press(visit.chats(pinned=False)[0], "p")
    visit.shown("#rows .note.warn:has(use[href$='alert'])")


def not_confirmed(visit: Visit) -> None:
    """The connection broke behind a click: the next list will tell."""
    visit.open()
    visit.page.route("**/api/actions/*", lambda route: route.abort())
    visit.press(visit.chats(pinned=False)[0], "p")
    visit.shown("#rows .sw-pin.unsure")


def not_carried_out(visit: Visit) -> None:
    """The portal said yes, and its list says no."""
    visit.open()
    visit.sandbox.fault("lock_busy", method=PIN)
    visit.press(visit.chats(pinned=False)[0], "p")
    visit.shown("#rows .note.warn:has(use[href$='alert'])")


def silent(visit: Visit) -> None:
    """Silent on in a row, the chip that stays."""
    visit.open()
    chat_id = visit.chats(pinned=False, silent=False)[0]
    visit.press(chat_id, "Shift+S")
    expect(visit.row(chat_id)).to_have_class(re.compile(r"\bsilent\b"))
    visit.page.keyboard.press("Escape")


def silent_view(visit: Visit) -> None:
    """All that are silent, and one button that ends it."""
    visit.open()
    for chat_id in visit.chats(pinned=False, silent=False)[:2]:
        visit.press(chat_id, "Shift+S")
        expect(visit.row(chat_id)).to_have_class(re.compile(r"\bsilent\b"))
    visit.press(visit.chats()[0], "g", "s")
    visit.shown('#banner [data-action="unsilence"]')


def silent_not_told(visit: Visit) -> None:
    """A portal that does not report Silent: what was set here is shown as that."""
    visit.sandbox.switch(silent_scope="personal")
    visit.open()
    chat_id = visit.chats(pinned=False, silent=False)[0]
    visit.press(chat_id, "Shift+S")
    expect(visit.row(chat_id)).to_have_class(re.compile(r"\bsilent\b"))


def left(visit: Visit) -> None:
    """A dialog that is no longer listed, for a reason that nobody tells."""
    visit.open()
    chat_id = visit.chats(pinned=False)[0]
    visit.row(chat_id).focus()
    visit.sandbox.act("close", chat_id=chat_id)
    visit.refresh_until("#rows .row.gone .note")


def left_for_the_queue(visit: Visit) -> None:
    """A dialog that went back to the queue says so."""
    chat_id = offered(visit)
    visit.sandbox.act("take", chat_id=chat_id, user_id=1)
    visit.open(user_id=1)
    visit.sandbox.act("requeue", chat_id=chat_id)
    visit.refresh_until("#rows .row.gone .note .icon")


ROWS: tuple[State, ...] = (
    *(toast, undone, sending, refused, not_confirmed, not_carried_out),
    *(silent, silent_view, silent_not_told, left, left_for_the_queue),
)
