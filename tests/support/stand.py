"""The whole thing as it runs: the sandbox portal and the app as processes, driven and counted over HTTP.

The app's address stays the same while a stand lives, because the sandbox sends its events there.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from scripts.processes import Ports, Server, app, app_settings, sandbox
from tests.support.ports import free_port, free_stretch

Record = dict[str, Any]


def crashes(log: str) -> list[str]:
    """Lines of an app's log that tell of a mistake of ours, or of a worker that died of one."""
    signs = ("Traceback", '"internal_error"', "was sent SIGSEGV", "was sent SIGABRT")
    return [line for line in log.splitlines() if any(sign in line for sign in signs)]


def http_pool() -> urllib3.PoolManager:
    """A plain client: no retries, no redirects, nothing that hides what the server said."""
    return urllib3.PoolManager(retries=False, timeout=30)


class Sandbox:
    """One portal of a running sandbox process, through its control routes."""

    def __init__(self, ports: Ports, number: int = 1, app_url: str = "") -> None:
        self.ports = ports
        self.number = number
        self.app_url = app_url
        self._http = http_pool()

    @property
    def url(self) -> str:
        """The portal's origin; further portals take the ports after the authorization server's."""
        port = self.ports.portal if self.number == 1 else self.ports.oauth + self.number - 1
        return f"http://localhost:{port}"

    @property
    def host(self) -> str:
        """The origin without its scheme: what the portal calls its domain."""
        return self.url.partition("://")[2]

    def control(self, method: str, what: str, body: object = None, **query: object) -> Any:
        """One control request; raises AssertionError unless it answers 2xx."""
        given = {"portal": self.number, **query}
        fields = urlencode({name: str(value) for name, value in given.items() if value is not None})
        address = f"{self.ports.portal_url}/_sandbox/{what}?{fields}"
        answer = self._http.request(method, address, **({} if method == "GET" else {"json": body or {}}))
        assert answer.status < 300, f"{method} {what}: {answer.status} {answer.data[:300]!r}"
        return answer.json() if answer.data else None

    def reset(self, seed: str = "contact_centre", **more: object) -> None:
        """Begin anew with one of the seeds; the app is not installed unless `installed=True`."""
        self.control("POST", "reset", {"seed": seed, "installed": False, "app_url": self.app_url, **more})

    def switch(self, **values: object) -> None:
        """Change how the portal behaves."""
        self.control("POST", "switches", values)

    def fault(self, kind: str, target: str = "portal", method: str = "*", **more: object) -> None:
        """Let requests go wrong from now on."""
        self.control("POST", "faults", {"target": target, "method": method, "kind": kind, **more})

    def heal(self) -> None:
        """End all faults."""
        self.control("DELETE", "faults")

    def act(self, what: str, **more: object) -> Any:
        """Let a client, a colleague or the portal do something."""
        return self.control("POST", "act", {"what": what, **more})

    def expire_tokens(self, user_id: int | None = None) -> None:
        """Make the access tokens of one person (or everybody) expire."""
        self.control("POST", "expire_tokens", {"user_id": user_id})

    def truth(self, user_id: int) -> dict[int, Record]:
        """What the portal itself knows of a person's dialogs, by chat id."""
        return {row["chat_id"]: row for row in self.control("GET", "truth", user_id=user_id)}

    def requests(self) -> list[Record]:
        """Requests that reached the portal and the authorization server since `forget()`."""
        answer = self.control("GET", "requests")
        return list(answer if isinstance(answer, list) else answer["requests"])

    def forget(self) -> None:
        """Start counting from zero."""
        self.control("DELETE", "requests")

    @contextmanager
    def counting(self) -> Iterator[Counter[str]]:
        """Count the requests made inside the block, by host: `portal` and `oauth`."""
        self.forget()
        counts: Counter[str] = Counter()
        yield counts
        counts.update(record["host"] for record in self.requests())

    def opening(
        self,
        user_id: int,
        lang: str = "en",
        placement: str | None = None,
        options: str | None = None,
        client_id: str | None = None,
    ) -> tuple[str, dict[str, str]]:
        """The address and fields that the portal page posts into the frame, with a fresh token pair."""
        more = {"placement": placement, "options": options, "client_id": client_id}
        form = self.control("GET", "open", user_id=user_id, lang=lang, **more)
        return form["action"], form["fields"]


def _ports(portals: int) -> Ports:
    """Free ports, with a free stretch of them after the authorization server's."""
    portal, oauth = free_stretch(portals + 1)[:2]
    return Ports(portal=portal, oauth=oauth)


@dataclass(frozen=True, slots=True)
class RunningApp:
    """The app under gunicorn: its address, its log, and its SQLite file if it has one."""

    url: str
    server: Server
    database: Path

    def log(self) -> str:
        """What it has logged so far."""
        return self.server.log.read_text()


class Stand:
    """A sandbox process with many portals, so that every test has one that nobody else has touched.

    An app can serve many tests that way: to it they are tenants that know nothing of each other.
    """

    def __init__(self, folder: Path, portals: int) -> None:
        self.ports = _ports(portals)
        self._folder = folder
        self._sandbox = sandbox(self.ports, folder / "sandbox.log", "--portals", str(portals))
        self._numbers = iter(range(2, portals + 1))
        self._apps = 0

    def start(self) -> "Stand":
        """Start the sandbox."""
        self._sandbox.start(self.ports.portal, "/_sandbox/users")
        return self

    def stop(self) -> None:
        """Stop it."""
        self._sandbox.stop()

    def portal(self, app: RunningApp, seed: str = "contact_centre") -> Sandbox:
        """A portal that is fresh; the app is not installed there."""
        portal = Sandbox(self.ports, next(self._numbers), app.url)
        portal.reset(seed)
        return portal

    @contextmanager
    def app(self, database_url: str, **settings: str) -> Iterator[RunningApp]:
        """Run an app on a port of its own; settings beyond the sandbox's own as keywords."""
        self._apps += 1
        ports = replace(self.ports, app=free_port())
        folder = self._folder / f"app-{self._apps}"
        folder.mkdir()
        server = app(app_settings(ports, database_url, folder, **settings), folder / "log")
        server.start(ports.app, "/healthz")
        try:
            yield RunningApp(ports.app_url, server, Path(database_url.removeprefix("sqlite:///")))
        finally:
            server.stop()
        assert crashes(server.log.read_text()) == []
