"""The app inside the test's own process, served on a port: what a trial patches is what answers.

Its portals are those of the sandbox process; a second authorization server says whatever a trial wants.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from app.config import Settings
from app.web.services import EXTENSION, Services
from scripts.processes import CLIENT_ID, CLIENT_SECRET, Ports
from tests.support.apps import made
from tests.support.serving import Says, serving
from tests.support.stand import Sandbox

SECRET_KEY = "canary-secret-key-of-the-trials-0123456789"
TOKEN_KEY = "canary-token-key-of-the-trials-0123456789"


@dataclass
class Registrar:
    """An authorization server on order: `infos` by access token, anything else is unknown to it."""

    infos: dict[str, Any] = field(default_factory=dict)
    grants: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    url: str = ""

    def vouch(self, token: str, **said: Any) -> None:
        """Say this of a token; the keywords are the fields of an `app.info`, install's among them."""
        top = {name: said.pop(name) for name in ("client_id", "user_id") if name in said}
        install = {"installed": True, "version": "1", "status": "L", "scope": "im", **said}
        self.infos[token] = {"result": {"client_id": CLIENT_ID, "user_id": 1, **top, "install": install}}

    def answer(self, path: str, body: bytes) -> tuple[int, Any]:
        """What it says to one request."""
        self.asked.append((path, body))
        if path.startswith("/rest/app.info"):
            found = self.infos.get(str(json.loads(body or b"{}").get("auth")))
            return (200, found) if found else (401, {"error": "NO_AUTH_FOUND"})
        return 400, {"error": "invalid_grant"}


@contextmanager
def registrar() -> Iterator[Registrar]:
    """A registrar that serves."""
    state = Registrar()

    class Handler(Says):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, value = state.answer(self.path, body)
            self.say(status, "application/json", json.dumps(value).encode())

    with serving(Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        yield state


@dataclass
class LocalApp:
    """The app, its parts, and the portals beside it."""

    url: str
    flask: Flask
    services: Services
    database: Path
    registrar: Registrar
    ports: Ports
    numbers: Iterator[int]

    def portal(self, seed: str = "facts") -> Sandbox:
        """A portal that this app has not seen; the app is not installed there."""
        portal = Sandbox(self.ports, next(self.numbers), self.url)
        portal.reset(seed)
        return portal

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in the database, and what the app is about to write there, by table."""
        self.services.desk.write_down()
        connection = sqlite3.connect(self.database)
        try:
            query = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%'"
            names = [name for (name,) in connection.execute(query)]
            found = {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}
        finally:
            connection.close()
        return found

    def counts(self) -> dict[str, int]:
        """How many rows each table holds; leases come and go by themselves."""
        return {name: len(rows) for name, rows in self.rows().items() if name != "leases"}


def settings_of(ports: Ports, url: str, app_url: str, folder: Path, *servers: str, **more: Any) -> Settings:
    """The settings of an app against the sandbox."""
    values: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "app_url": app_url,
        "secret_key": SECRET_KEY,
        "token_keys": (TOKEN_KEY,),
        "database_url": url,
        "oauth_servers": (ports.oauth_url, *servers),
        "js_url": f"{ports.portal_url}/bx24.js",
        "allow_local": True,
        "instance": folder,
        "log_level": "DEBUG",
        **more,
    }
    return Settings(**values)


@contextmanager
def local_app(
    ports: Ports, url: str, folder: Path, said: Registrar, port: int, **more: Any
) -> Iterator[LocalApp]:
    """Build the app and serve it until the block ends."""
    app_url = f"http://127.0.0.1:{port}"
    settings = settings_of(ports, url, app_url, folder, said.url, **more)
    with made(settings) as app, _answering(app, port):
        numbers = iter(range(2, 1000))
        path = Path(url.removeprefix("sqlite:///"))
        yield LocalApp(app_url, app, app.extensions[EXTENSION], path, said, ports, numbers)


@contextmanager
def _answering(app: Flask, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
