"""States of the list and of what stands beside and above it."""

from playwright.sync_api import expect

from tests.states.visit import State, Visit, offered

LONG = "Maximiliana Konstantinopolitanova-Featherstonehaugh de la Vega y Ramírez, Abteilung Einkauf 👩🏽‍💻"
ARABIC = "عبد الرحمن بن عبد العزيز آل الشيخ"


def desk(visit: Visit) -> None:
    """The list as it opens."""
    visit.open()


def greeting(visit: Visit) -> None:
    """The first time: one line offers practice."""
    visit.open(user_id=31)
    visit.shown("#greeting")


def compact(visit: Visit) -> None:
    """Rows of the compact kind."""
    person = visit.person()
    person.open()
    assert person.request("PUT", "/api/preferences", {"density": "compact"}).status < 300
    visit.open()


def odd_texts(visit: Visit) -> None:
    """Names that are too long, right-to-left, full of markup; texts without a pause or with emoji."""
    visit.begin("facts")
    visit.sandbox.act("queue_dialog", name=LONG, text="👋🏽👋🏽 " + "Donaudampfschifffahrtsgesellschaft" * 6)
    visit.sandbox.act("queue_dialog", name=ARABIC, text="السلام عليكم، أين طلبي؟ Order #1209")
    texts = ("[b]Bold[/b]\nand a second line", "🧾" * 60, "x" * 400)
    for chat_id, text in zip(visit.chats(), texts, strict=False):
        visit.sandbox.act("client_message", chat_id=chat_id, text=text)
    visit.open()


def top(visit: Visit) -> None:
    """Dialogs on top, one moved up by the keyboard."""
    person = visit.person()
    person.open()
    chosen = visit.chats()[:3]
    assert person.act("top", *chosen).status == 200
    visit.open()
    visit.press(chosen[2], "Alt+ArrowUp")
    expect(visit.said()).not_to_be_empty()


def panel(visit: Visit) -> None:
    """A dialog looked at: client, line, CRM, messages."""
    visit.open()
    visit.look(visit.chats(pinned=True)[0])


def panel_of_an_offer(visit: Visit) -> None:
    """A dialog of the queue looked at: Answer, Pass on."""
    visit.open()
    visit.look(offered(visit))
    visit.shown('#panel [data-action="skip"]')


def panel_with_history(visit: Visit) -> None:
    """What was done to a dialog here, and a message with its format."""
    visit.open()
    chat_id = visit.chats(pinned=False)[0]
    visit.press(chat_id, "p")
    expect(visit.row(chat_id).locator(".sw-pin")).to_have_attribute("data-action", "unpin")
    text = "[b]Order 1209[/b]: [url=https://example.com/]see here[/url] 👍"
    visit.sandbox.act("client_message", chat_id=chat_id, text=text)
    visit.look(chat_id)
    visit.click("#panel .past summary")
    visit.shown("#panel .past li")


def row_menu(visit: Visit) -> None:
    """The menu of a row."""
    visit.open()
    visit.row(visit.chats(pinned=False)[1]).locator(".more").press("Enter")
    visit.shown(".menu")


def page_menu(visit: Visit) -> None:
    """The menu of the page."""
    visit.open()
    visit.click("#more")
    visit.shown(".menu")


def search(visit: Visit) -> None:
    """Found by name."""
    visit.open()
    visit.press(visit.chats()[0], "/")
    visit.page.keyboard.type("ma")
    expect(visit.app.locator("#search")).to_have_value("ma")


def nothing_found(visit: Visit) -> None:
    """Nobody is called that."""
    visit.open()
    visit.press(visit.chats()[0], "/")
    visit.page.keyboard.type("kowalczewski")
    visit.shown("#state .state")


def view_without_dialogs(visit: Visit) -> None:
    """A view that is empty and teaches its key."""
    visit.open()
    visit.press(visit.chats()[0], "g", "t")
    visit.shown("#state .state")


def reply_windows_closing(visit: Visit) -> None:
    """Those that can be answered for less than two hours more."""
    visit.open()
    visit.document.evaluate("document.querySelector('[data-view=closing]').click()")
    visit.shown('[data-view=closing][aria-pressed="true"]')
    visit.shown("#rows .row")


def filters(visit: Visit) -> None:
    """The filter with conditions chosen."""
    visit.open()
    visit.press(visit.chats()[0], "f")
    visit.click('[data-stays="stageswork"]')
    visit.app.locator('[data-stays="pinned"]').select_option("false")
    expect(visit.app.locator("#filter .num")).to_have_text("2")


def saved_views(visit: Visit) -> None:
    """Chips of saved views, one of them on, its filter open."""
    person = visit.person()
    person.open()
    views = {
        "Late on WhatsApp": {"waiting_over": 15},
        "Unread": {"unread": True},
        LONG[:60]: {"pinned": False},
    }
    for name, wanted in views.items():
        body = {"name": name, "filter": wanted, "shared": True}
        assert person.request("POST", "/api/views", body).status < 300
    visit.open()
    visit.document.evaluate("document.querySelector('#saved .view').click()")
    visit.click("#filter")
    visit.shown(".filter-box")


def naming_a_view(visit: Visit) -> None:
    """A filter on its way to become a view."""
    filters(visit)
    visit.click('[data-stays="save"]')
    visit.shown("#view-name")


DESK: tuple[State, ...] = (
    *(desk, greeting, compact, odd_texts, top, panel, panel_of_an_offer, panel_with_history),
    *(row_menu, page_menu, search, nothing_found, view_without_dialogs, reply_windows_closing),
    *(filters, saved_views, naming_a_view),
)
