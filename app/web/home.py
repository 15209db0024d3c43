"""What this is, for a person who finds the address; and whether it is alive, for the hosting."""

import hmac

from flask import Blueprint, Response, abort, request

from app.web.access import public
from app.web.frame import leads_elsewhere
from app.web.pages import page
from app.web.routes import json_answer
from app.web.services import services

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@public
def home() -> Response:
    """What Pinline is, how to install it, how to sign in; no data."""
    leads_elsewhere()
    return page("home.html", app_url=services().settings.app_url)


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """The process is alive; asks nobody else."""
    return Response(b"ok", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
@public
def readyz() -> Response:
    """Whether the database and Redis answer: 200, or 503 with what does not."""
    parts = services().ready()
    return json_answer(parts, 200 if all(parts.values()) else 503)


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """The figures, for who knows the token; without a token set there is no such page."""
    token = services().settings.metrics_token
    if token is None:
        abort(404)
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    known = hmac.compare_digest(given.encode(), token.encode())
    if scheme.lower() != "bearer" or not known:
        answer = Response(b"", 401, content_type="text/plain; charset=utf-8")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    return Response(services().metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")
