"""Starting and stopping a sandbox inside a process: portals and the authorization server, a port each."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from types import TracebackType
from typing import Any

from flask import Flask

from sandbox import life, line_events, oauth, site
from sandbox.portal import Portal
from sandbox.server import Server
from sandbox.tokens import Tokens

CLIENT_ID, CLIENT_SECRET = "local.sandbox.00000001", "sandbox-secret"


@dataclass
class Running:
    """A running sandbox. Use as a context manager, or call `stop`."""

    portals: list[Portal]
    servers: list[Server]
    oauth_origin: str
    stopping: threading.Event

    @property
    def origin(self) -> str:
        """The first portal's origin."""
        return self.portals[0].origin

    def stop(self) -> None:
        """Stop all servers and wake whoever waits."""
        self.stopping.set()
        for server in self.servers:
            server.stop()

    def __enter__(self) -> "Running":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    *,
    portal_ports: Sequence[int] = (0,),
    oauth_port: int = 0,
    app_url: str = "http://127.0.0.1:8000",
    host: str = "127.0.0.1",
    client_id: str = "",
    client_secret: str = "",
    prepare: Callable[[Portal], None] = lambda portal: None,
) -> Running:
    """Start a portal per port (0 picks a free one) and the authorization server.

    `prepare` gets each portal before it can be reached: whoever finds it up may begin to move it.
    """
    stopping = threading.Event()
    tokens = Tokens(
        client_id or os.environ.get("B24_CLIENT_ID") or CLIENT_ID,
        client_secret or os.environ.get("B24_CLIENT_SECRET") or CLIENT_SECRET,
    )
    servers = [Server(host, port, None, stopping) for port in portal_ports]
    portals: list[Portal] = []
    auth = Server(host, oauth_port, oauth.create_app(tokens, portals), stopping)
    oauth_origin = f"http://localhost:{auth.port}"
    for number, server in enumerate(servers, 1):
        portal = Portal(number, f"http://localhost:{server.port}", oauth_origin, app_url.rstrip("/"), tokens)
        portal.stopping = stopping
        portal.announce = partial(line_events.announce, portal)
        portals.append(portal)
    for portal, server in zip(portals, servers, strict=True):
        server.application = _at_first_request(partial(site.create_app, portal, portals))
    for portal in portals:
        prepare(portal)
    for server in (*servers, auth):
        server.start()
    life.start(portals, stopping)
    return Running(portals, [*servers, auth], oauth_origin, stopping)


def _at_first_request(make: Callable[[], Flask]) -> Callable[[Any, Any], Any]:
    """Hundreds of portals may be up, few of them are visited: a site is made when somebody comes."""
    made = cache(make)
    return lambda environ, start_response: made()(environ, start_response)
