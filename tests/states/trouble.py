"""States in which something is wrong or old: each says so, and what can be done."""

from playwright.sync_api import expect

from tests.states.visit import PATIENCE, State, Visit

LIST = "im.recent.get"
NEWCOMER = 31  # nobody has asked for this person's list yet, so there is none to fall back on


def empty(visit: Visit) -> None:
    """Nobody has written: the desk explains itself."""
    visit.begin("empty")
    visit.visit()
    visit.shown(".explained")


def no_rights(visit: Visit) -> None:
    """The portal shows this person no open channels."""
    visit.sandbox.fault("error", method=LIST, code="ACCESS_DENIED")
    visit.visit(user_id=NEWCOMER)
    visit.shown("#state .state")


def broken(visit: Visit) -> None:
    """No list, and nobody can say why: a code for the administrator."""
    visit.sandbox.fault("html", method="batch")
    visit.visit(user_id=NEWCOMER)
    visit.shown("#state .state")


def busy_from_the_start(visit: Visit) -> None:
    """The portal had no time for the first list."""
    visit.sandbox.fault("503")
    visit.visit(user_id=NEWCOMER)
    visit.shown("#state .state .btn")


def busy(visit: Visit) -> None:
    """The list stays, a countdown tells when it is asked for again."""
    visit.open()
    visit.sandbox.fault("503")
    visit.refresh_until("#banner:has(use[href$='hourglass'])")


def stale(visit: Visit) -> None:
    """The portal does not answer; the list says how old it is."""
    visit.open()
    visit.sandbox.fault("502")
    visit.refresh_until("#banner.warn")


def limited(visit: Visit) -> None:
    """The portal spends no more time on this method for some minutes."""
    visit.open()
    visit.sandbox.fault("429", method=LIST)
    visit.refresh_until("#banner:has(.text)")


def offline(visit: Visit) -> None:
    """No connection: the list with its age, switches that wait."""
    visit.open()
    visit.page.context.set_offline(True)
    visit.shown("#banner.warn")


def signing_in_again(visit: Visit) -> None:
    """A session that is over is renewed through the portal without a click."""
    visit.open()
    visit.forget_sessions()
    visit.sandbox.switch(oauth_latency=6.0)
    visit.refresh()
    visit.shown("#banner:has(use[href$='lock'])")


def session_over(visit: Visit) -> None:
    """It cannot be renewed: the portal's library did not load."""
    visit.page.route("**/bx24.js", lambda route: route.abort())
    visit.open()
    visit.forget_sessions()
    visit.refresh()
    visit.shown("#banner.warn")


def almost_too_many(visit: Visit) -> None:
    """More than nine hundred dialogs: the portal's ceiling is near."""
    visit.begin("many", dialogs=912)
    visit.open()
    visit.shown("#banner.warn")
    expect(visit.app.locator("#rows.virtual")).to_have_count(1, timeout=PATIENCE)


TROUBLE: tuple[State, ...] = (
    *(empty, no_rights, broken, busy_from_the_start, busy, stale, limited),
    *(offline, signing_in_again, session_over, almost_too_many),
)
