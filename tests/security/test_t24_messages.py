"""T24: window messages from pages that are not the portal. The desk listens to none, its library to one."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route

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


WAIT_FOR_KEY = """() => new Promise(done => BX24.init(() => {
  window.handled = 0;
  BX24.refreshAuth(() => { window.handled++; });
  done({ key: window.__key, sid: window.name.split('|')[2] });
}))"""


def said(page: Page, victim: Frame, evil: Site) -> Iterator[str]:
    """The attacker's page opens the portal in a window and speaks to the app's frame in it."""
    address = f"{victim.sandbox.url}/?user=27"
    page.goto(evil.page("/opener", "<p>hello</p>"))
    with page.expect_popup() as opened:
        page.evaluate("address => { window.there = window.open(address); }", address)
    portal = opened.value
    app = portal.frame_locator("iframe.appframe")
    app.locator(".row[data-chat-id]").first.wait_for()
    inside = next(one for one in portal.frames if one.url.startswith(victim.app_url))
    key = inside.evaluate(WAIT_FOR_KEY)
    posts: list[str] = []
    portal.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    for message in spoken(str(key["sid"])):
        text = json.loads(json.dumps(message).replace(KEY, key["key"]))
        page.evaluate("text => { window.there.frames[0].postMessage(text, '*'); }", text)
        page.wait_for_timeout(20)
        handled = inside.evaluate("window.handled")
        own = [url for url in posts if url.startswith(victim.app_url)]
        yield f"{str(text)[:80]}: {handled} {own}" if handled or own else ""
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
    served = {"script": muted}

    def serve(route: Route) -> None:
        route.fulfill(body=served["script"], content_type="text/javascript")

    browser.route("**/bx24.js*", serve)
    trial.attack(said(page, victim, evil))
    served["script"] = careless
    trial.control(said(page, victim, evil))
    page.close()
    trial.verdict()


def _library(victim: Frame) -> str:
    answer = victim._http.request("GET", f"{victim.sandbox.ports.portal_url}/bx24.js")
    assert answer.status == 200
    return answer.data.decode()
