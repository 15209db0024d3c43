"""Apps that lack one defence, for controls that need a server of their own: no setting does that."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from flask import Flask, Response, request

from app import create_app
from app.bitrix24 import fields, net
from app.storage.sessions import RedisSessions
from app.web import crowd, logs, routes, session
from app.web.session import HeaderSessions
from scripts.processes import Ports, Server, app_settings
from tests.support.stand import RunningApp

_ENDLESS = 2**40


def without_shares() -> Flask:
    """One portal may take every thread."""
    crowd.OF_PORTAL = crowd.OPENINGS = 10**6
    return create_app()


def believing_long() -> Flask:
    """What a worker has read of a session it believes for ten seconds, not for one."""
    session._BELIEVED_SECONDS = 10.0
    return create_app()


def never_ending() -> Flask:
    """Neither an uninstallation nor a sign-out everywhere ends a session."""
    HeaderSessions.lives = lambda *_: True  # type: ignore[method-assign]
    RedisSessions.delete_portal = lambda *_: None  # type: ignore[method-assign]
    RedisSessions.delete_operator = lambda *_: None  # type: ignore[method-assign]
    return create_app()


def without_end() -> Flask:
    """A portal's answer may be as long as it likes."""
    net.MAX_BODY = _ENDLESS
    return create_app()


def without_limits() -> Flask:
    """A request may be as large as it likes."""
    routes.MAX_FIELDS = routes.MAX_EVENT_FIELDS = fields.MAX_FIELDS = fields._MAX_NAME = 10**6
    app = create_app()
    app.config["MAX_CONTENT_LENGTH"] = None
    return app


def talkative() -> Flask:
    """What was asked stands in a header and in the log, whose lines are what they were given."""
    app = create_app()
    logs.JsonLines.format = logging.Formatter().format  # type: ignore[method-assign]

    @app.after_request
    def repeat(response: Response) -> Response:
        asked = f"{request.path}?{request.query_string.decode('latin-1')} {request.headers.get('User-Agent')}"
        logs.NOTES.info("asked: %s", unquote(asked))
        response.headers["X-Asked"] = f"{request.host} {' '.join(asked.split())}"
        return response

    return app


@contextmanager
def weak_app(
    without: Callable[[], Flask], ports: Ports, url: str, folder: Path, **settings: str
) -> Iterator[RunningApp]:
    """One of these under gunicorn, on the port that `ports` say."""
    command = ["gunicorn", f"{__name__}:{without.__name__}()"]
    server = Server("weakened app", command, app_settings(ports, url, folder, **settings), folder / "log")
    server.start(ports.app, "/healthz")
    try:
        yield RunningApp(ports.app_url, server, folder)
    finally:
        server.stop()
