"""Every request gets an id that a person can read out, one log line without addresses, and its figures."""

import logging
import secrets
import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, g, request

from app.bitrix24.trace import request_id
from app.web import logs
from app.web.services import services
from app.web.session import HEADER, page_token, renewed

_DULL = frozenset({"static", "home.healthz"})


def new_request_id() -> str:
    """Eight characters such as `7F3A-91C2`: short enough for the telephone."""
    text = secrets.token_hex(4).upper()
    return f"{text[:4]}-{text[4:]}"


def install_observation(app: Flask) -> None:
    """Watch every request; also renew a token that is half-way through its life."""

    app.wsgi_app = _numbered(app.wsgi_app)  # type: ignore[method-assign, assignment]

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        ticket = g.get("ticket")
        if "operator" in g and ticket is not None and renewed(ticket) and HEADER not in response.headers:
            response.headers[HEADER] = page_token(services().sessions)
        _tell(response)
        return response


def _numbered(wsgi_app: WSGIApplication) -> WSGIApplication:
    """Give the id before anything else can fail."""

    def numbered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request_id.set(new_request_id())
        return wsgi_app(environ, start_response)

    return numbered


def _tell(response: Response) -> None:
    route = str(request.url_rule) if request.url_rule else "none"
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    services().metrics.answered(route, response.status_code, seconds)
    operator = g.get("operator")
    fields = {
        "method": request.method,
        "route": route,
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
        "member_id": operator.member_id if operator else None,
        "user_id": operator.user_id if operator else None,
    }
    level = logging.DEBUG if request.endpoint in _DULL else logging.INFO
    logs.REQUESTS.log(level, "request", extra={"fields": fields})
