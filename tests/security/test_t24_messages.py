"""T24: window messages from pages that are not the portal. The desk listens to none, its library to one.

That it listens to none is what Chromium says of the page's window. The messages themselves try the sandbox's
library, which stands for the portal's: with such a one beside it the desk does nothing at a foreign message.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route
from playwright.sync_api import Frame as Document

from tests.security.local import LocalApp
from tests.security.pages import Site
from tests.security.trial import Trial
from tests.support.frame import Frame

THREAT = "T24"
WHAT = "messages from other windows"
ATTEMPTS, PART = 50, 50

STATIC = Path(__file__).parents[2] / "static"
KEY = "kknown1"


def spoken(sid: str) -> list[object]:
    """What an attacker's window could say: the library's own shape, other libraries' shapes, and noise."""
    auth = json.dumps({"AUTH_ID": "f" * 70, "REFRESH_ID": "e" * 70, "AUTH_EXPIRES": "3600"})
    keyed = [f"{KEY}:{text}" for text in (auth, "{}", "null", "[]", '"x"', "1", "true", "", "undefined", "{")]
    commands = [
        "refreshAuth",
        "setInstallFinish",
        "imOpenMessenger",
        "reloadWindow",
        "getInitData",
        "setScroll",
    ]
    asked = [f"{command}:{{}}:{KEY}:{sid}" for command in commands]
    shaped: list[object] = [
        {"command": command, "key": KEY, "auth": auth}
        for command in (*commands, "pin_all", "act", "navigate")
    ]
    shaped += [
        {"type": kind, "data": auth} for kind in ("session", "token", "refresh", "webpackOk", "bx24", "rest")
    ]
    noise: list[object] = [
        0,
        -1,
        1.5,
        True,
        None,
        "",
        ":",
        "::::",
        [],
        {},
        [auth],
        {"__proto__": {"x": 1}},
        "x" * 100_000,
    ]
    return [*keyed, *asked, *shaped, *noise, *(f"k{number}:{auth}" for number in range(8))]


SID = "() => new Promise(done => BX24.init(() => done(window.name.split('|')[2])))"
# Somebody waits for an answer, by a key that the portal will not use: each message has its own chance.
ASK = """() => {
  window.handled = 0;
  BX24.refreshAuth(() => { window.handled++; });
  return window.__key;
}"""


def listeners(browser: BrowserContext, inside: Document) -> list[str]:
    """Addresses of the scripts that listen to messages in this window, as Chromium knows them."""
    session = browser.new_cdp_session(inside)
    urls: dict[str, str] = {}
    session.on("Debugger.scriptParsed", lambda script: urls.update({script["scriptId"]: script["url"]}))
    session.send("Debugger.enable")
    window = session.send("Runtime.evaluate", {"expression": "window"})["result"]["objectId"]
    found = session.send("DOMDebugger.getEventListeners", {"objectId": window})["listeners"]
    session.detach()
    return [urls[one["scriptId"]] for one in found if one["type"] == "message"]


def own(browser: BrowserContext, inside: Document) -> list[str]:
    """Those that are not the portal's library, which has to be among them."""
    known = listeners(browser, inside)
    others = [url for url in known if "/bx24.js" not in url]
    assert len(others) < len(known)
    return others


def said(page: Page, victim: Frame, evil: Site, browser: BrowserContext) -> Iterator[str]:
    """The attacker's page opens the portal in a window and speaks to the app's frame in it."""
    address = f"{victim.sandbox.url}/?user=27"
    page.goto(evil.page("/opener", "<p>hello</p>"))
    with page.expect_popup() as opened:
        page.evaluate("address => { window.there = window.open(address); }", address)
    portal = opened.value
    app = portal.frame_locator("iframe.appframe")
    app.locator(".row[data-chat-id]").first.wait_for()
    inside = next(one for one in portal.frames if one.url.startswith(victim.app_url))
    sid = inside.evaluate(SID)
    posts: list[str] = []
    portal.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    for message in spoken(sid):
        text = json.loads(json.dumps(message).replace(KEY, inside.evaluate(ASK)))
        page.evaluate("text => { window.there.frames[0].postMessage(text, '*'); }", text)
        page.wait_for_timeout(20)
        handled = inside.evaluate("window.handled")
        ours = [url for url in posts if url.startswith(victim.app_url)]
        posts.clear()
        yield f"{str(text)[:80]}: {handled} {ours}" if handled or ours else ""
    yield f"listening: {found}" if (found := own(browser, inside)) else ""
    portal.close()


@pytest.mark.timeout(300)
def test_messages(trial: Trial, local: LocalApp, victim: Frame, evil: Site, browser: BrowserContext) -> None:
    listening = re.compile(r"""addEventListener\(\s*["'`]message|onmessage""")
    scripts = [path for path in STATIC.rglob("*.js") if "vendor" not in path.parts]
    assert scripts
    assert [path.name for path in scripts if listening.search(path.read_text())] == []
    library = _library(victim)
    # The portal answers no library here, so that a key stays open for whoever would guess it.
    opened = library.replace("callback ? ", "callback ? (window.__key = ").replace(
        "+ ++number :", "+ ++number) :"
    )
    muted = opened.replace(
        "window.parent.postMessage(", "if (command !== 'refreshAuth') window.parent.postMessage("
    )
    assert muted.count("window.__key") == 1
    careless = muted.replace("event.origin !== origin || ", "")
    assert careless != muted
    page = browser.new_page()
    served = {"bx24.js": muted}

    def serve(route: Route) -> None:
        route.fulfill(body=served["bx24.js"], content_type="text/javascript")

    def listens(route: Route) -> None:
        script = route.fetch().text() + "addEventListener('message', () => {});"
        route.fulfill(body=script, content_type="text/javascript")

    browser.route("**/bx24.js*", serve)
    trial.attack(said(page, victim, evil, browser))
    served["bx24.js"] = careless
    browser.route("**/desk/main.js", listens)
    weak = list(said(page, victim, evil, browser))
    assert weak[-1].startswith("listening"), "a listener of our own would be seen"
    trial.control(weak)
    page.close()
    trial.verdict()


def _library(victim: Frame) -> str:
    answer = victim._http.request("GET", f"{victim.sandbox.ports.portal_url}/bx24.js")
    assert answer.status == 200
    return answer.data.decode()
