"""T9: the desk in a foreign page's frame. Every page names who may frame it: its proved portal, or nobody."""

import itertools
import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from app.web import frame as headers
from tests.security.local import LocalApp
from tests.security.pages import Site
from tests.security.test_t07_csrf import cookie_of
from tests.security.trial import Trial, size
from tests.support.frame import Frame, Reply

THREAT = "T9"
WHAT = "pages in foreign frames"
ATTEMPTS, PART = 30, 30

NEAR = "the app on its own site"
ALLOWED = "allow-scripts allow-forms allow-same-origin"


def answers(local: LocalApp, victim: Frame) -> Iterator[tuple[str, Reply]]:
    """Every route that a browser can load, proved and not, with and without a session."""
    cookie = {"Cookie": cookie_of(local, victim), "Accept": "text/html"}
    for rule in local.flask.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "1", str(rule))
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            for given in ({"Accept": "text/html"}, cookie):
                answer = victim._http.request(method, f"{local.url}{path}", headers=given, redirect=False)
                yield f"{method} {path}", Reply(answer)
    for path in ("/app", "/install"):
        yield f"proved {path}", victim.post_form(*victim.prepare(path))
        address, fields = victim.prepare(path)
        yield f"unproved {path}", victim.post_form(address, fields | {"AUTH_ID": "f" * 70})


def framed_wrongly(local: LocalApp, victim: Frame) -> Iterator[str]:
    """Answers whose policy lets the wrong pages frame them."""
    for name, reply in answers(local, victim):
        ancestors = reply.policy.get("frame-ancestors")
        data = reply.token is not None or 'id="boot"' in reply.text
        proved = name.startswith("proved")
        right = {victim.sandbox.url} if proved else {"'none'"} if data else {"'none'", "*"}
        yield f"{name}: {ancestors}" if ancestors not in right else ""


def fill(address: str, fields: dict[str, str]) -> str:
    """A form that posts an opening into a frame."""
    inputs = "".join(
        f"<input type=hidden name={name} value={json.dumps(text)}>" for name, text in fields.items()
    )
    return f'<form id=f method=post target=t action="{address}">{inputs}</form><script>f.submit()</script>'


def shows_the_desk(page: Page) -> bool:
    """Whether any frame of the page holds the desk."""
    page.wait_for_load_state("networkidle")
    for one in page.frames:
        if one.url.startswith("chrome-error:"):
            continue
        if one.locator("#desk").count() or one.locator("script#boot").count():
            return True
    return False


def framed(local: LocalApp, victim: Frame, evil: Site, browser: BrowserContext) -> Iterator[str]:
    """The attacker's page around the app, in every way that a page has.

    The cookie that shows the desk comes along only to a page of the app's own site: that one is first.
    """
    name, _, value = cookie_of(local, victim).partition("=")
    browser.add_cookies(
        [{"name": name, "value": value, "url": local.url, "sameSite": "Lax", "httpOnly": True}]
    )
    inside, portal = f"{local.url}/app", f"{victim.sandbox.url}/?user=27"
    frames = {
        "an iframe": '<iframe name=t src="{}"></iframe>',
        "a sandboxed iframe": f'<iframe name=t sandbox="{ALLOWED}" src="{{}}"></iframe>',
        "an object": '<object data="{}" width=800 height=600></object>',
        "an embed": '<embed src="{}" width=800 height=600>',
        "a frame in a frame": "<iframe srcdoc='<iframe src=\"{}\"></iframe>'></iframe>",
    }
    page = browser.new_page()
    for kind, html in list(frames.items())[: size(5, 1)]:
        for what, address, site in (
            (NEAR, inside, evil.near),
            ("the app", inside, evil.url),
            ("the portal with the app", portal, evil.url),
        ):
            page.goto(evil.page(f"/{len(evil.pages)}", html.format(address)).replace(evil.url, site))
            if address == portal:
                page.wait_for_timeout(500)
            yield f"{what} in {kind}" if shows_the_desk(page) and _foreign(page, local) else ""
    for kind in ("an iframe", "a sandboxed iframe"):
        for referrer in ("origin", "no-referrer"):
            body = frames[kind].format("about:blank") + fill(*victim.prepare("/app"))
            page.goto(evil.page(f"/{len(evil.pages)}", body, referrer))
            yield f"an opening in {kind}, {referrer}" if shows_the_desk(page) else ""
    page.close()


def _foreign(page: Page, local: LocalApp) -> bool:
    """The app's document really is among the frames."""
    return any(one.url.startswith(local.url) and one.locator("#desk").count() for one in page.frames)


@pytest.mark.timeout(600)
def test_clickjacking(
    trial: Trial, local: LocalApp, victim: Frame, evil: Site, browser: BrowserContext
) -> None:
    trial.attack(framed_wrongly(local, victim))
    trial.figure("routes and answers", str(trial.attempts))
    trial.attack(framed(local, victim, evil, browser))
    page = browser.new_page()
    page.goto(f"{victim.sandbox.url}/?user=27")
    page.frame_locator("iframe.appframe").locator("#desk").wait_for()
    assert shows_the_desk(page), "the portal itself shows it"
    page.close()
    anyone = re.compile(r"; frame-ancestors.*")
    policy = headers._policy
    with trial.without(headers, "_policy", lambda origin: anyone.sub("", policy(origin))):
        weak = framed(local, victim, evil, browser)
        first = next(weak)
        assert first.startswith(NEAR), "the cookie came along and showed the desk"
        trial.control(itertools.chain([first], weak))
    trial.verdict()
