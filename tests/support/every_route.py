"""Every route of the app asked for what it is for, against a sandbox in this process.

The rule: an answer counts as seen under the rule that served it, so a route that nobody asks is noticed.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from sandbox import running
from sandbox.running import Running
from tests.support.answers import ANYONE, NOBODY, Seen
from tests.support.apps import beside, made

FRAMED = ("/app", "/install")
_ODD = ("HEAD", "OPTIONS", "TRACE", "PATCH")


def routes(app: Flask) -> set[tuple[str, str]]:
    """Every method of every rule; Flask answers HEAD and OPTIONS by itself."""
    given = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    return {(method, rule) for method, rule in given if method not in ("HEAD", "OPTIONS")}


def anything(app: Flask, headers: dict[str, str] | None = None) -> list[Seen]:
    """What each rule says to its methods without fields or a body, and to odd ones; no file is named so."""
    client, found = app.test_client(), []
    for rule in sorted({rule for _, rule in routes(app)}):
        path = re.sub(r"<[^>]+>", "1", rule)
        for method in (*sorted(method for method, one in routes(app) if one == rule), *_ODD):
            answer = client.open(path, method=method, headers=headers)
            framer = ANYONE if path in FRAMED and method == "POST" else NOBODY
            found.append(seen(f"{method} {rule}", answer, framer))
    return found


def seen(what: str, answer: TestResponse, framer: str = NOBODY, kept: bool = False) -> Seen:
    """An answer as the checks want it."""
    return Seen(what, answer.status_code, dict(answer.headers), answer.get_data(as_text=True), framer, kept)


@dataclass
class Walk:
    """A person of a portal who uses everything; `served` are routes that did what they are for."""

    app: Flask
    box: Running
    served: set[tuple[str, str]] = field(default_factory=set)
    answers: list[Seen] = field(default_factory=list)
    token: str = ""

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def ask(self, method: str, path: str, framer: str = NOBODY, **how: Any) -> TestResponse:
        """One request; with a session when there is one."""
        headers = {"X-B24-Session": self.token, **how.pop("headers", {})} if self.token else {}
        answer = self.client.open(path, method=method, headers=headers, **how)
        rule = self._rule(method, path)
        kept = rule.startswith("/static/") and answer.status_code < 400
        self.answers.append(seen(f"{method} {rule}", answer, framer, kept))
        if answer.status_code < 400:
            self.served.add((method, rule))
        return answer

    def open(self, path: str, user_id: int, **placement: str) -> dict[str, str]:
        """Post an opening as the portal does, keep the page's token; returns the fields."""
        given = {"user_id": str(user_id), "page": path.strip("/"), **placement}
        form = requests.get(f"{self.box.origin}/_sandbox/open", params=given, timeout=5).json()
        parts, self.token = urlsplit(form["action"]), ""
        answer = self.ask("POST", f"{parts.path}?{parts.query}", self.box.origin, data=form["fields"])
        self.keep_token(answer)
        fields: dict[str, str] = form["fields"]
        return fields

    def keep_token(self, page: TestResponse) -> None:
        """Take the token that a page carries, if any."""
        found = re.search(r'name="session-token" content="([^"]+)"', page.get_data(as_text=True))
        self.token = found[1] if found else ""

    def _rule(self, method: str, path: str) -> str:
        try:
            adapter = self.app.url_map.bind("localhost")
            return str(adapter.match(urlsplit(path).path, method, return_rule=True)[0].rule)
        except HTTPException:
            return "none"


@contextmanager
def walked(folder: Path, url: str) -> Iterator[Walk]:
    """Somebody who has used everything of an app on this database; the portal runs until the block ends."""
    app_url = "http://127.0.0.1:1"
    with running.start(app_url=app_url) as box, made(beside(box, app_url, url, folder)) as app:
        yield walk(app, box)


def walk(app: Flask, box: Running) -> Walk:
    """Ask everything once, in an order in which it can be answered."""
    person = Walk(app, box)
    for path in ("/", "/login", "/app", "/healthz", "/readyz", "/static/css/base.css", "/none"):
        person.ask("GET", path)
    person.open("/app", 27)  # not installed: a page without data
    person.answers[-1] = Seen(**vars(person.answers[-1]) | {"framer": ANYONE})
    person.open("/install", 1)
    requests.post(f"{box.origin}/_sandbox/install", json={"user_id": 1}, timeout=5)
    _as_administrator(person)
    fields = person.open("/app", 27)
    _events(person, fields)
    _dialogs(person)
    _kept(person)
    _renewed(person, box)
    person.open("/app", 27, placement="IM_SIDEBAR", options='{"dialogId":"chat1701"}')
    _outside(person, box)
    return person


def _as_administrator(person: Walk) -> None:
    person.open("/app", 1)
    person.ask("PUT", "/api/settings/portal", json={"retention_days": 30})


def _events(person: Walk, fields: dict[str, str]) -> None:
    event = {"event": "ONAPPUPDATE", "auth[member_id]": fields["member_id"]}
    person.ask("POST", "/events", data=event | {"auth[application_token]": fields["APPLICATION_TOKEN"]})
    person.ask("POST", "/events", data=event)
    person.ask("GET", "/metrics", headers={"Authorization": "Bearer metrics token"})
    person.ask("GET", "/metrics")


def _dialogs(person: Walk) -> None:
    listed = person.ask("GET", "/api/dialogs")
    person.ask("GET", "/api/dialogs", headers={"If-None-Match": listed.headers["ETag"]})
    mine = [row for row in listed.get_json()["dialogs"] if row["mine"] and not row["pinned"]]
    chats = [row["chat_id"] for row in mine if row["stage"] in ("work", "answered")][:2]
    person.ask("GET", f"/api/dialogs/{chats[0]}")
    pinned = person.ask("POST", "/api/actions/pin", json={"chat_ids": chats[:1]}).get_json()
    person.ask("POST", f"/api/undo/{pinned['undo']['id']}", json={})
    run = person.ask("POST", "/api/runs", json={"action": "pin", "chat_ids": chats}).get_json()["run"]
    person.ask("GET", f"/api/runs/{run}")
    person.ask("DELETE", f"/api/runs/{run}")
    person.ask("PUT", "/api/top", json={"chat_ids": chats[:1]})
    person.ask("GET", "/api/journal")
    person.ask("GET", "/api/journal.csv")


def _kept(person: Walk) -> None:
    view = {"name": "Mine", "filter": {"mine": True}}
    made = person.ask("POST", "/api/views", json=view).get_json()["id"]
    person.ask("GET", "/api/views")
    person.ask("PUT", f"/api/views/{made}", json=view)
    person.ask("DELETE", f"/api/views/{made}")
    taken = person.ask("POST", "/api/snapshots", json={"name": "Now"}).get_json()["id"]
    person.ask("GET", "/api/snapshots")
    person.ask("GET", f"/api/snapshots/{taken}")
    person.ask("DELETE", f"/api/snapshots/{taken}")
    person.ask("GET", "/api/settings")
    person.ask("GET", "/api/preferences")
    person.ask("PUT", "/api/preferences", json={"theme": "dark"})


def _renewed(person: Walk, box: Running) -> None:
    """A fresh pair for the same person, and one that is nobody's."""
    given = {"user_id": "27", "page": "app"}
    fields = requests.get(f"{box.origin}/_sandbox/open", params=given, timeout=5).json()["fields"]
    body = {name: fields[name] for name in ("AUTH_ID", "REFRESH_ID", "AUTH_EXPIRES", "member_id")}
    body["DOMAIN"] = box.origin.partition("://")[2]
    person.ask("POST", "/api/session", json=body)
    person.ask("POST", "/api/session", json=body | {"AUTH_ID": "f" * 70})


def _outside(person: Walk, box: Running) -> None:
    """From the sign-in to the desk in a window of its own."""
    person.token = ""
    begun = person.ask("GET", f"/login?domain={box.origin.partition('://')[2]}")
    agreed = requests.get(begun.headers["Location"], allow_redirects=False, timeout=5)
    back = urlsplit(agreed.headers["Location"])
    person.ask("GET", f"{back.path}?{back.query}")
    person.keep_token(person.ask("GET", "/app"))
    person.ask("DELETE", "/api/session")
    person.token = ""
    person.ask("GET", f"{back.path}?{back.query}")
