"""T17: line ends in values, and headers that claim another host or sender.

What is sent is never part of a header that is answered, or of a log line's shape; and only as many proxies
as are trusted may say who is asking.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

from app.desk.opening import Opening
from scripts.processes import Server, app_settings
from tests.security.local import LocalApp
from tests.security.raw import request, send
from tests.security.trial import Trial
from tests.support.databases import SqliteTemplates
from tests.support.frame import Frame
from tests.support.ports import free_port
from tests.support.stand import RunningApp, Stand

THREAT = "T17"
WHAT = "line ends and spoofed headers"
ATTEMPTS, PART = 120, 120

MARK = "spoofed-7f3a"
ENDS = (
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    "%0d%0a",
    "%0D%0A%0D%0A",
    "%E5%98%8A%E5%98%8D",
    "\u2028",
    "\x0b",
    "\\r\\n",
)
SPOOFS = {
    "Host": f"{MARK}.example",
    "X-Forwarded-Host": f"{MARK}.example",
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": f"{MARK}",
    "X-Forwarded-Prefix": f"/{MARK}",
    "X-Real-IP": "6.6.6.6",
    "Forwarded": f"for=6.6.6.6;host={MARK}.example",
    "X-Original-URL": f"/{MARK}",
    "X-Rewrite-URL": f"/{MARK}",
    "X-HTTP-Method-Override": "DELETE",
}


def split(app: RunningApp) -> Iterator[str]:
    """Line ends in the path, the query, form fields and headers of a real server."""
    port = int(app.url.rpartition(":")[2])
    for end in ENDS:
        text = f"x{end}Set-Cookie: {MARK}=1{end}X-{MARK}: 1{end}forged log line {MARK}"
        coded = quote(text, safe="%")
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        for wire in (
            request("GET", f"/login?domain={coded}"),
            request("GET", f"/{coded}"),
            request("GET", f"/app?code={coded}&state={coded}&domain=x.example&member_id=x"),
            request("POST", f"/app?DOMAIN={coded}&PROTOCOL=1", f"AUTH_ID={coded}".encode(), **form),
            request("POST", "/events", f"event={coded}&auth[member_id]={coded}".encode(), **form),
            request("POST", "/events", f"{coded}=1".encode(), **form),
            request("GET", "/api/dialogs", X_B24_Session=text, Accept="application/json"),
            request("GET", "/", Accept_Language=text, User_Agent=text),
        ):
            found = send(port, wire)
            head = found.content.partition(b"\r\n\r\n")[0].lower()
            reflected = MARK.encode() in head or f"{MARK}=1".encode() in found.content
            yield f"{wire[:80]!r}: {found.content[:300]!r}" if reflected else ""


def spoofed(app: RunningApp) -> Iterator[str]:
    """Each claim on pages, redirects and errors."""
    port = int(app.url.rpartition(":")[2])
    for (name, value), path in (
        (item, path) for item in SPOOFS.items() for path in ("/", "/login", "/x", "/app")
    ):
        found = send(port, request("GET", path, **{name.replace("-", "_"): value, "Accept": "text/html"}))
        yield f"{name} at {path}" if MARK.encode() in found.content else ""


def broken_lines(app: RunningApp) -> Iterator[str]:
    """Lines of the log that begin with what was sent: neither JSON of ours nor a warning of the server's."""
    own = re.compile(r"\[\d{4}-\d\d-\d\d [^]]+\] \[\d+\] \[[A-Z]+\] ")
    for line in app.log().splitlines():
        if not line.startswith("{") and not own.match(line):
            yield line[:200] or "an empty line"


def sources(local: LocalApp, victim: Frame, seen: list[str]) -> Iterator[str]:
    """Whom the app takes for the sender, whatever the headers say."""
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP"):
        seen.clear()
        address, fields = victim.prepare("/app")
        victim.post_form(address, fields, **{name: "for=6.6.6.6" if name == "Forwarded" else "6.6.6.6"})
        assert len(seen) == 1
        yield f"{name}: {seen}" if seen != ["127.0.0.1"] else ""


@pytest.fixture
def served(
    quarter: Stand, sqlite_templates: SqliteTemplates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningApp]:
    """The app under gunicorn, with its log at DEBUG."""
    folder = tmp_path_factory.mktemp("served")
    with sqlite_templates.fresh(folder) as url, quarter.app(url, LOG_LEVEL="DEBUG") as app:
        yield app


@pytest.fixture
def talkative(
    quarter: Stand, sqlite_templates: SqliteTemplates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningApp]:
    """An app that repeats what it was asked."""
    folder, ports = tmp_path_factory.mktemp("talkative"), replace(quarter.ports, app=free_port())
    with sqlite_templates.fresh(folder) as url:
        command = ["gunicorn", "tests.security.weakened:talkative()"]
        server = Server("weakened app", command, app_settings(ports, url, folder), folder / "log")
        server.start(ports.app, "/healthz")
        yield RunningApp(ports.app_url, server, folder)
        server.stop()


def test_spoofed_headers(
    trial: Trial,
    local: LocalApp,
    victim: Frame,
    served: RunningApp,
    talkative: RunningApp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    may_ask = Opening._may_ask

    def noted(self: Opening, member_id: str, source_ip: str) -> bool:
        seen.append(source_ip)
        return may_ask(self, member_id, source_ip)

    monkeypatch.setattr(Opening, "_may_ask", noted)
    trial.attack(split(served))
    trial.attack(spoofed(served))
    trial.attack(sources(local, victim, seen))
    trial.attack(broken_lines(served))
    with trial.without(local.flask, "wsgi_app", ProxyFix(local.flask.wsgi_app)):
        trial.control(sources(local, victim, seen))
    for what in (split, spoofed, broken_lines):
        found = list(what(talkative))
        assert any(found), f"{what.__name__} sees what an app repeats"
        trial.control(found)
    trial.verdict()
