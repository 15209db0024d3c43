"""States outside the desk: the installer, the card in a chat, pages of one message, a window of its own."""

from playwright.sync_api import expect

from tests.states.visit import PATIENCE, State, Visit
from tests.support.frame import Frame

CHAT = "&placement=IM_SIDEBAR&chat="


def _installer(visit: Visit) -> None:
    """The portal's page with the installer in it, as after "Install"."""
    visit.sandbox.reset("contact_centre")
    address, fields = Frame(visit.sandbox, 1, visit.lang).prepare("/install")
    visit.post(address, fields)


def _library(visit: Visit, init: str) -> None:
    """The portal's library, as far as the installer uses it."""
    script = f"window.BX24 = {{init: {init}, installFinish: () => {{}}, reloadWindow: () => {{}}}};"
    visit.page.route("**/bx24.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))


def installing(visit: Visit) -> None:
    """Stored and bound; the portal is told."""
    _library(visit, init="() => {}")
    _installer(visit)
    expect(visit.document.locator("[data-stage=working]")).to_be_visible()


def installed(visit: Visit) -> None:
    """The portal was told and is about to open the app."""
    _library(visit, init="(then) => then()")
    _installer(visit)
    expect(visit.document.locator("[data-stage=ready]")).to_be_visible(timeout=PATIENCE)


def installer_without_the_library(visit: Visit) -> None:
    """The portal's library did not load, so the portal could not be told."""
    visit.page.route("**/bx24.js", lambda route: route.abort())
    _installer(visit)
    expect(visit.document.locator("[data-stage=failed]")).to_be_visible(timeout=PATIENCE)


def installer_not_confirmed(visit: Visit) -> None:
    """The authorization server did not confirm the portal."""
    visit.sandbox.reset("contact_centre")
    address, fields = Frame(visit.sandbox, 1, visit.lang).prepare("/install")
    visit.post(address, {**fields, "AUTH_ID": "0" * 32})


def _opened(visit: Visit, **changed: str) -> None:
    address, fields = Frame(visit.sandbox, 27, visit.lang).prepare("/app")
    visit.post(address, {name: value for name, value in {**fields, **changed}.items() if value})


def not_confirmed_opening(visit: Visit) -> None:
    """A token that nobody confirms."""
    _opened(visit, AUTH_ID="0" * 32)


def odd_opening(visit: Visit) -> None:
    """A field that the portal always sends is missing."""
    _opened(visit, member_id="")


def subscription_over(visit: Visit) -> None:
    """The portal's subscription has ended, as a sign-in learns."""
    visit.page.goto(f"{visit.sandbox.url}/online/?user=27")
    visit.sandbox.switch(payment=False)
    visit.page.goto(f"{visit.sandbox.app_url}/login?domain={visit.sandbox.host}")


def silent_authorization(visit: Visit) -> None:
    """The authorization server does not answer."""
    visit.sandbox.fault("502", target="oauth")
    _opened(visit)


def home(visit: Visit) -> None:
    """What this is and how to get it."""
    visit.page.goto(f"{visit.sandbox.app_url}/")


def sign_in(visit: Visit) -> None:
    """The desk's address without a session."""
    visit.page.goto(f"{visit.sandbox.app_url}/app")


def sign_in_unknown(visit: Visit) -> None:
    """A portal that has no Pinline."""
    visit.page.goto(f"{visit.sandbox.app_url}/login?domain=nobody.bitrix24.com")


def no_such_page(visit: Visit) -> None:
    """An address that does not exist."""
    visit.page.goto(f"{visit.sandbox.app_url}/nothing-here")


def window(visit: Visit) -> None:
    """The desk in a window of its own, after a sign-in."""
    visit.sandbox.switch(language=visit.lang)
    visit.page.goto(f"{visit.sandbox.url}/online/?user=27")
    visit.page.goto(f"{visit.sandbox.app_url}/login?domain={visit.sandbox.host}")
    expect(visit.document.locator(".row[data-chat-id]").first).to_be_visible(timeout=PATIENCE)


def signing_out(visit: Visit) -> None:
    """The question before the end of a window of its own."""
    window(visit)
    visit.page.locator("#more").click()
    visit.page.get_by_role("menuitem", name=visit.word("desk.sign_out"), exact=True).press("Enter")
    expect(visit.page.locator("dialog[open]")).to_be_visible(timeout=PATIENCE)


def card(visit: Visit) -> None:
    """One dialog beside its chat."""
    chat_id = visit.chats(pinned=True)[0]
    visit.visit(query=f"{CHAT}{chat_id}")
    visit.shown("#switches .one-sw")


def card_silent(visit: Visit) -> None:
    """With Silent on and a change that was refused."""
    chat_id = visit.chats(pinned=False)[0]
    visit.sandbox.act("silence", chat_id=chat_id, user_id=27)
    visit.visit(query=f"{CHAT}{chat_id}")
    visit.shown(".one-sw.silent.on")
    visit.sandbox.fault("error", method="imopenlines.session.mode.pin", code="ACCESS_DENIED", times=1)
    visit.click(".one-sw.pin .turn")
    visit.shown(".one-sw.pin .note.warn")


def card_of_another(visit: Visit) -> None:
    """A chat that is not in the operator's list."""
    known = visit.sandbox.truth(27)
    chat_id = next(chat for chat in visit.sandbox.truth(31) if chat not in known)
    visit.visit(query=f"{CHAT}{chat_id}")
    visit.shown("#state .state")


PAGES: tuple[State, ...] = (
    *(installing, installed, installer_without_the_library, installer_not_confirmed),
    *(not_confirmed_opening, odd_opening, subscription_over, silent_authorization),
    *(home, sign_in, sign_in_unknown, no_such_page, window, signing_out, card, card_silent, card_of_another),
)
