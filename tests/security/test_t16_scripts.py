"""T16: texts of clients, colleagues and portals that want to be scripts.

Every text of a list, of messages and of our own names carries a payload; the desk, its panel and its menus
are looked at in a real browser. A hit is a script that ran, an element that a text made, or a request to
another site; what counts as tried are the texts that were found on the page.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from playwright.sync_api import BrowserContext, Error, Route

from app.desk import service
from app.desk.kept.snapshots import MOST_SNAPSHOTS
from app.desk.kept.views import MOST_OWN, MOST_SHARED
from app.desk.listing import asking
from app.openlines import rows
from app.portals import profile
from app.web import desk as desk_view
from app.web import frame as headers
from tests.security.local import LocalApp
from tests.security.looks import MADE, RAN, Look, among
from tests.security.payloads import CORE, Hostile, payload
from tests.security.trial import Trial, size
from tests.support.acting import outcomes, own
from tests.support.frame import Frame
from tests.support.stand import Sandbox

THREAT = "T16"
WHAT = "texts that want to be scripts, as found on the page"
ATTEMPTS, PART = 2_000, 250

ROWS = size(60, 30)
PANELS = size(60, 6)
DAVID = 31


def named(portal: Sandbox, hostile: Hostile) -> str:
    """Names of our own: views, snapshots, and a colleague with shared views; returns what he has pinned."""
    maria, david = Frame(portal), Frame(portal, user_id=DAVID)
    assert maria.open().token
    mine, other = own(maria, pinned=False)[:2]
    portal.act("take", chat_id=other, user_id=david.user_id)
    assert david.open().token
    for frame, chat_id in ((maria, mine), (david, other)):
        assert outcomes(frame.act("pin", chat_id).json())[chat_id][0] == "done"
    portal.act("take", chat_id=other, user_id=maria.user_id)
    for frame, count, shared in ((maria, MOST_OWN, False), (david, MOST_SHARED, True)):
        for number in range(count):
            view = {"name": hostile.name("view", shared, number), "filter": {}, "shared": shared}
            assert frame.request("POST", "/api/views", view).status == 200
    for number in range(MOST_SNAPSHOTS):
        assert maria.request("POST", "/api/snapshots", {"name": hostile.name("desk", number)}).status == 200
    return str(other)


def looked_at(
    portal: Sandbox, browser: BrowserContext, hostile: Hostile, pinned: str, count: int
) -> Iterator[str]:
    """So many visits, each with other payloads; an outcome for each text that was found on the page."""
    shown: set[str] = set()
    for hostile.round in range(count):
        look = Look(browser, portal)
        for chat_id in [pinned, *look.rows()[:PANELS]]:
            look.panel(chat_id)
        if hostile.round == 0:
            look.menus()
        look.app.locator("#search").fill(hostile.text("search"))
        look.page.wait_for_timeout(300)
        look.note()
        look.page.close()
        yield from look.hits
        shown |= look.shown
    yield from [""] * len(shown)
    unseen = {*hostile.kinds.values()} - {hostile.kinds[number] for number in shown} - {"search"}
    assert not unseen, f"never on the page: {unseen}"


# A defence, what of which script stands for it, and what would stand there without it.
MARKUP = """
function markup(to, ...all) {
  for (const one of all) one.nodeType ? to.append(one) : to.insertAdjacentHTML("beforeend", one);
}"""
SCRIPTS = {
    "texts of rows": ("main.js", "node.textContent=value", "node.innerHTML=value"),
    "texts of panels and menus": ("main.js", "node.append(", "markup(node,"),
    "where links lead": ("talk.js", r"/^https?:\/\/[^\s]+$/i.test(to)", "to"),
}


@contextmanager
def rewritten(browser: BrowserContext, name: str, old: str, new: str) -> Iterator[None]:
    """One of the page's scripts, otherwise."""

    def answer(route: Route) -> None:
        script = route.fetch().text()
        assert script.count(old) == 1
        route.fulfill(body=script.replace(old, new) + MARKUP, content_type="text/javascript")

    browser.route(f"**/{name}", answer)
    yield
    browser.unroute(f"**/{name}")


def breaks(
    browser: BrowserContext, portal: Sandbox, wanted: str = MADE, *, panels: bool = False
) -> list[str]:
    """What a visit without a defence shows, once it shows what is wanted; its page need not be of use."""
    look = Look(browser, portal)
    until = time.monotonic() + 10
    while time.monotonic() < until and not among(look.hits, wanted):
        look.page.wait_for_timeout(50)
        with suppress(Error, StopIteration):
            look.note()
            for chat_id in look.rows() if panels else ():
                look.panel(chat_id)
                if look.hits:
                    break
    look.page.wait_for_timeout(200)
    look.page.close()
    return look.hits


@pytest.mark.timeout(900)
def test_scripts(
    trial: Trial, local: LocalApp, browser: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = local.portal("many")
    portal.reset("many", dialogs=ROWS)
    assert Frame(portal, user_id=1).install().status == 200
    portal.switch(limiter=False)
    hostile = Hostile()
    monkeypatch.setattr(rows, "split_rows", hostile.split_rows)
    monkeypatch.setattr(asking, "read_lines", hostile.read_lines)
    monkeypatch.setattr(service, "read_messages", hostile.read_messages)
    monkeypatch.setattr(profile, "read_profile", hostile.read_profile)
    pinned = named(portal, hostile)
    trial.attack(looked_at(portal, browser, hostile, pinned, size(2, 1)))
    for defence, script in SCRIPTS.items():
        with rewritten(browser, *script):
            hits = breaks(browser, portal, panels=defence == "where links lead")
        assert among(hits, MADE), f"{defence}: the control shows nothing"
        assert not among(hits, RAN), "the policy alone lets none of them run"
        trial.control(among(hits, MADE)[:1])
    with trial.without(desk_view, "_UNSAFE", {}):
        hits = breaks(browser, portal)
        assert among(hits, f"{MADE}: <script"), "the data ended their element"
        assert not among(hits, RAN), "the policy alone lets none of them run"
        trial.control(among(hits, MADE)[:1])
        with trial.without(headers, "_policy", lambda origin: "default-src * 'unsafe-inline' 'unsafe-eval'"):
            hits = breaks(browser, portal, RAN)
    assert among(hits, RAN), "the policy is what stops them"
    trial.control(among(hits, RAN)[:1])
    trial.verdict()


def test_calls_keep_their_letters() -> None:
    """A script in capitals that calls another function would never tell that it ran."""
    assert "__HIT" not in "".join(map(payload, range(4 * len(CORE))))
