"""States of dialogs and pages that the desk loads on first use."""

from playwright.sync_api import expect

from tests.states.many import unpin_all
from tests.states.visit import PATIENCE, State, Visit


def palette(visit: Visit) -> None:
    """Every command with its key."""
    visit.open()
    visit.press(visit.chats(pinned=False)[0], "Control+k")
    visit.shown(".palette [role=option]")


def palette_with_clients(visit: Visit) -> None:
    """Clients found by name."""
    palette(visit)
    visit.page.keyboard.type("ol")
    visit.shown(".palette [role=option] b")


def keys(visit: Visit) -> None:
    """The list of keys, and how to limit them."""
    visit.open()
    visit.press(visit.chats()[0], "?")
    visit.shown("dialog .keys")


def about(visit: Visit) -> None:
    """What Pinline is."""
    visit.open()
    visit.click("#more")
    visit.app.get_by_role("menuitem", name=visit.word("desk.about"), exact=True).press("Enter")
    visit.shown("dialog[open]")


def _act(visit: Visit) -> None:
    """Something for the journal: one click, all released, one refused, one taken back."""
    person = visit.person()
    person.open()
    first, second = visit.chats(pinned=False)[:2]
    undo = person.act("pin", first).json()["undo"]
    person.act("top", second)
    visit.sandbox.fault("error", method="imopenlines.session.mode.pin", code="ACCESS_DENIED", times=1)
    person.act("pin", second, *visit.chats(pinned=False)[3:9])
    person.act("unpin_all")
    person.undo(undo["id"])


def journal_panel(visit: Visit) -> None:
    """The journal beside the list."""
    _act(visit)
    visit.open()
    visit.command("desk.journal")
    visit.shown("#panel .entry")


def journal(visit: Visit) -> None:
    """The journal as a page, one entry opened."""
    _act(visit)
    visit.open()
    visit.command("desk.surface.journal")
    visit.click("#surface .entry summary")


def journal_without_a_find(visit: Visit) -> None:
    """Nothing in the journal matches."""
    journal(visit)
    visit.app.locator("#surface input[type=search]").fill("kowalczewski")
    visit.shown("#surface .state")


def shift(visit: Visit) -> None:
    """The end of a shift: one more to keep, one to let go."""
    visit.open()
    visit.command("desk.surface.shift")
    for pile in ("waits", "loose"):
        visit.at(f"[data-pile={pile}] li input").press("Space")


def shift_asks(visit: Visit) -> None:
    """What letting go means."""
    shift(visit)
    visit.click("#surface [data-preview=unpin]")
    visit.shown("dialog[open]")


def my_desk_unsaved(visit: Visit) -> None:
    """No desk saved yet."""
    visit.open()
    visit.command("desk.surface.snapshots")
    visit.shown("dialog .desks .none")


def my_desk(visit: Visit) -> None:
    """Two saved desks."""
    person = visit.person()
    person.open()
    for name in ("Friday", "Before the holidays"):
        assert person.request("POST", "/api/snapshots", {"name": name}).status < 300
    person.act("unpin", *visit.chats(pinned=True)[:3])
    visit.open()
    visit.command("desk.surface.snapshots")
    visit.shown("dialog [data-snapshot]")


def my_desk_restored(visit: Visit) -> None:
    """What bringing a desk back will do."""
    my_desk(visit)
    visit.click("dialog [data-snapshot] .btn-tint")
    visit.shown("dialog .points")


def my_desk_deleted(visit: Visit) -> None:
    """A desk is deleted after a question."""
    my_desk(visit)
    visit.click("dialog [data-snapshot] .icon-btn")
    visit.shown("dialog .btn-alert")


def settings(visit: Visit) -> None:
    """An operator's own settings."""
    visit.open()
    visit.command("desk.surface.settings")
    visit.shown("#set-auto_silent_off")


def settings_of_the_portal(visit: Visit) -> None:
    """An administrator's: for everybody, with shared views."""
    person = visit.person()
    person.open()
    body = {"name": "Late ones", "filter": {"waiting_over": 60}, "shared": True}
    assert person.request("POST", "/api/views", body).status < 300
    visit.visit(user_id=1)
    visit.shown("#desk")
    visit.command("desk.surface.settings")
    visit.shown("#surface .desks .icon-btn")


def practice(visit: Visit) -> None:
    """Practice after its first step."""
    visit.open()
    visit.command("desk.surface.practice")
    visit.shown("[data-practice='1']")
    visit.app.locator("[data-practice='1']").focus()
    visit.page.keyboard.press("p")
    _step(visit, 1)


def _step(visit: Visit, n: int) -> None:
    expect(visit.app.locator(".dots .done")).to_have_count(n, timeout=PATIENCE)


def practice_done(visit: Visit) -> None:
    """Practice at its end."""
    practice(visit)
    down, up = ["ArrowDown"] * 3, ["ArrowUp"] * 2
    for done, pressed in enumerate((["ArrowDown", "Shift+S"], [*down, "p"], [*up, "t"], ["u"]), 2):
        for key in pressed:
            visit.page.keyboard.press(key)
        _step(visit, done)
    visit.shown(".practice-step .btn-fill")


def news(visit: Visit) -> None:
    """What is new."""
    visit.open()
    visit.command("desk.surface.news")
    visit.shown("dialog .news-list")


def all_is_released(visit: Visit) -> None:
    """Unpin all carried out: the sentence and its way back."""
    unpin_all(visit)
    visit.click("dialog [data-action=unpin_all]")
    visit.shown("#toasts [data-undo]")


SURFACES: tuple[State, ...] = (
    *(palette, palette_with_clients, keys, about, journal_panel, journal, journal_without_a_find),
    *(shift, shift_asks, my_desk_unsaved, my_desk, my_desk_restored, my_desk_deleted),
    *(settings, settings_of_the_portal, practice, practice_done, news, all_is_released),
)
