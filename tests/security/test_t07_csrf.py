"""T7: requests that another site's page makes the operator's browser send.

Nothing that changes anything rides on a cookie, and a request that a browser marks as foreign is refused
even with the operator's token.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from app.web import guard
from app.web.session import RECORD_SECONDS, TOKEN_SECONDS, HeaderSessions
from tests.security.local import LocalApp
from tests.security.pages import Site
from tests.security.trial import Trial, some
from tests.support.acting import own
from tests.support.frame import Frame

THREAT = "T7"
WHAT = "requests from other sites"
ATTEMPTS, PART = 240, 60

TYPES = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/json",
)
FOREIGN = (
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
)
SILENT: tuple[dict[str, str], ...] = ({}, {"Sec-Fetch-Site": "none"}, {"Referer": "https://evil.example/"})


def cookie_of(local: LocalApp, victim: Frame) -> str:
    """The cookie that loads the page outside the frame, for the victim's own session."""
    sessions = local.services.sessions
    ticket = sessions.header.read(str(victim.token), None)
    assert ticket is not None
    return f"{sessions.cookie_name}={sessions.cookie.sign(ticket.sid, ticket.member_id, ticket.user_id)}"


def aims(chat_id: int) -> list[tuple[str, str, bytes]]:
    """What a page could want to happen."""
    return [
        ("POST", "/api/actions/pin", b'{"chat_ids":[%d]}' % chat_id),
        ("POST", "/api/actions/pin_all", b"{}"),
        ("POST", "/api/runs", b'{"action":"pin","chat_ids":[%d]}' % chat_id),
        ("PUT", "/api/top", b'{"chat_ids":[%d]}' % chat_id),
        ("PUT", "/api/preferences", b'{"theme":"dark"}'),
        ("POST", "/api/snapshots", b'{"name":"x"}'),
        ("GET", f"/api/actions/pin?chat_ids={chat_id}", b""),
    ]


def state(local: LocalApp, victim: Frame) -> Any:
    """What could change: rows here, pins at the portal."""
    truth = {chat: row["pinned"] for chat, row in victim.sandbox.truth(27).items()}
    kept = {name: count for name, count in local.counts().items() if name != "dialog_memory"}
    return truth, kept


def sent(local: LocalApp, victim: Frame, cookie: str) -> Iterator[str]:
    """Every aim with every type and marking, by cookie; and by token where the marking is a foreign one."""
    chat_id = own(victim, pinned=False)[0]
    ways = [(marks, False) for marks in (*FOREIGN, *SILENT)] + [(marks, True) for marks in FOREIGN]
    before = state(local, victim)
    plan = itertools.product(aims(chat_id), TYPES, ways)
    for (method, path, body), kind, (marks, token) in some(list(plan), PART):
        headers = {"Content-Type": kind, "Cookie": cookie, "Accept": "application/json", **marks}
        headers |= {"X-B24-Session": str(victim.token)} if token else {}
        answer = victim._http.request(method, f"{local.url}{path}", body=body, headers=headers)
        former, before = before, state(local, victim)
        changed = answer.status < 400 or "Set-Cookie" in answer.headers or before != former
        yield f"{method} {path} {kind} {marks}: {answer.status}" if changed else ""


def browsed(local: LocalApp, victim: Frame, evil: Site, browser: BrowserContext) -> Iterator[str]:
    """The same by a real page of another site, in a browser that holds the cookie."""
    name, _, value = cookie_of(local, victim).partition("=")
    browser.add_cookies(
        [{"name": name, "value": value, "url": local.url, "sameSite": "Lax", "httpOnly": True}]
    )
    chat_id = own(victim, pinned=False)[0]
    before = state(local, victim)
    page = browser.new_page()
    for number, (method, path, body) in enumerate(aims(chat_id)):
        address, text = f"{local.url}{path}", body.decode().replace('"', "&quot;")
        fetched = f"fetch('{address}', {{method: '{method}', mode: 'no-cors', credentials: 'include'"
        fetched += f", body: {text.replace('&quot;', chr(34))!r}}})" if body else "})"
        form = f'<form id=f method=post enctype=text/plain action="{address}" target=t>'
        form += f'<input name="{text}"></form>'
        for way, script in (("form", "f.submit()"), ("fetch", f"{fetched}.catch(() => 0)")):
            over = "() => { document.title = 'over' }"
            script = {"form": f"document.querySelector('iframe').onload = {over};{script}"}.get(
                way, f"{script}.then({over})"
            )
            where = evil.page(f"/{number}-{way}", f"<iframe name=t></iframe>{form}<script>{script}</script>")
            page.goto(where)
            page.wait_for_function("document.title === 'over'")
            yield f"{way} {method} {path}" if state(local, victim) != before else ""
    page.close()


def by_cookie(self: HeaderSessions, request: Any) -> Any:
    """What most apps do: the cookie is the session for everything."""
    if token := request.headers.get("X-B24-Session"):
        return self.header.read(token, TOKEN_SECONDS)
    return self.cookie.read(request.cookies.get(self.cookie_name, ""), RECORD_SECONDS)


@pytest.mark.timeout(600)
def test_csrf(trial: Trial, local: LocalApp, victim: Frame, evil: Site, browser: BrowserContext) -> None:
    cookie = cookie_of(local, victim)
    trial.attack(sent(local, victim, cookie))
    trial.attack(browsed(local, victim, evil, browser))
    with trial.without(HeaderSessions, "ticket", by_cookie):
        trial.control(sent(local, victim, cookie), "nothing by cookie")
    assert victim.act("unpin_all").status == 200
    with trial.without(guard, "refuse_foreign", lambda _: None):
        trial.control(sent(local, victim, cookie), "foreign requests refused")
    trial.verdict()
