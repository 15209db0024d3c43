"""What went wrong, as an answer: the contract's JSON for the desk's requests, a page for everything else.

The only place that maps errors to statuses. Unknown errors are logged with their places and told as such.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.bitrix24 import errors as b24
from app.bitrix24.params import BadParams
from app.bitrix24.trace import request_id
from app.desk.model import (
    AdminsOnly,
    Invalid,
    NotKept,
    NotListed,
    NotYours,
    TooMany,
    UndoExpired,
    UnknownAction,
    UnknownRun,
)
from app.portals.model import NotInstalledHere
from app.portals.proof import ProofRejected
from app.storage.health import OUTAGES
from app.web import logs
from app.web.failures import SessionExpired, WebFailure
from app.web.frame import ANYONE, framed_by, leads_elsewhere
from app.web.language import say
from app.web.pages import State, state_page
from app.web.routes import FRAME_PATHS


@dataclass(frozen=True, slots=True)
class Failure:
    """One error as it is told: status and code of the contract, `words` the id of its sentence."""

    status: int
    code: str
    words: str
    retry_after: int | None = None


class ErrorBody(msgspec.Struct):
    """The JSON of every refused request of the desk."""

    error: str
    message: str
    retry_after: int | None
    request_id: str


# The first class that fits counts, so the special ones stand before the general ones.
_TOLD: Mapping[type[Exception], Failure] = {
    SessionExpired: Failure(401, "session_expired", "session_expired"),
    b24.ExpiredToken: Failure(401, "session_expired", "session_expired"),
    b24.InvalidGrant: Failure(401, "session_expired", "session_expired"),
    b24.AccessDenied: Failure(403, "forbidden", "no_rights"),
    b24.NotInstalled: Failure(403, "forbidden", "not_installed"),
    b24.PaymentRequired: Failure(403, "forbidden", "payment"),
    NotInstalledHere: Failure(403, "forbidden", "not_installed"),
    ProofRejected: Failure(403, "forbidden", "not_proved"),
    UnknownAction: Failure(404, "unknown_action", "unknown_action"),
    UnknownRun: Failure(404, "not_found", "not_found"),
    NotListed: Failure(404, "not_found", "not_listed"),
    NotKept: Failure(404, "not_found", "not_found"),
    NotYours: Failure(403, "forbidden", "not_yours"),
    AdminsOnly: Failure(403, "forbidden", "admins_only"),
    TooMany: Failure(422, "invalid_request", "too_many"),
    UndoExpired: Failure(409, "undo_expired", "undo_expired"),
    Invalid: Failure(422, "invalid_request", "invalid_request"),
    BadParams: Failure(422, "invalid_request", "invalid_request"),
    b24.PortalBusy: Failure(429, "portal_busy", "portal_busy", 1),
    b24.RateLimited: Failure(429, "portal_busy", "portal_busy", 2),
    b24.OperationTimeLimit: Failure(429, "portal_busy", "portal_busy", 10),
    b24.NotSent: Failure(503, "portal_unavailable", "portal_unavailable"),
    b24.TimedOut: Failure(504, "portal_timeout", "portal_timeout"),
    b24.BitrixError: Failure(502, "portal_error", "portal_error"),
}
_STORE_DOWN = Failure(503, "portal_unavailable", "unavailable", 5)
_OURS = Failure(500, "internal_error", "internal_error")
_HTTP = {404: "not_found", 405: "not_allowed", 413: "too_large"}

# Pages by the sentence of the error; anything else is the page "broken".
_PAGES = {
    "session_expired": State("session_expired", 401, login=True, retry=False),
    "not_installed": State("not_installed", 403, icon="i-lock"),
    "not_proved": State("not_proved", 403, icon="i-lock"),
    "payment": State("payment", 403, icon="i-lock", retry=False),
    "no_rights": State("no_rights", 403, icon="i-lock"),
    "invalid_request": State("invalid_request", 400),
    "not_found": State("not_found", 404, retry=False),
    "not_allowed": State("not_found", 405, retry=False),
    "too_large": State("invalid_request", 413, retry=False),
    "portal_busy": State("portal_busy", 429),
    "portal_unavailable": State("portal_unavailable", 503),
    "portal_timeout": State("portal_unavailable", 504),
    "portal_error": State("portal_error", 502),
}

_INSTALL = {
    "not_proved": "not_proved",
    "not_installed": "not_proved",
    "invalid_request": "invalid_request",
    "too_large": "invalid_request",
    "no_rights": "rights",
    "payment": "payment",
    "portal_busy": "portal",
    "portal_unavailable": "portal",
    "portal_timeout": "portal",
    "portal_error": "portal",
}


def describe(error: Exception) -> Failure:
    """How this error is told; `retry_after` comes from the error where it knows better."""
    if isinstance(error, WebFailure):
        return Failure(error.status, error.code, error.code)
    if isinstance(error, HTTPException):
        return _http(error)
    if isinstance(error, OUTAGES):
        return _STORE_DOWN
    if isinstance(error, ProofRejected) and error.reason == "not_installed":
        return _TOLD[NotInstalledHere]
    found = next((told for kind, told in _TOLD.items() if isinstance(error, kind)), _OURS)
    seconds = getattr(error, "retry_after", None)
    if found.retry_after is None or seconds is None:
        return found
    return Failure(found.status, found.code, found.words, max(1, ceil(seconds)))


def _http(error: HTTPException) -> Failure:
    status = error.code or 500
    if status >= 500:
        return _OURS
    words = _HTTP.get(status, "invalid_request")
    code = words if status in (404, 405) else "invalid_request"
    return Failure(status, code, words)


def told(error: Exception) -> ErrorBody:
    """The error as JSON's body: for the API, and for a page that starts without its list."""
    failure = describe(error)
    message = say()(f"error.{failure.words}", seconds=failure.retry_after)
    return ErrorBody(failure.code, message, failure.retry_after, request_id.get())


def _name_methods(response: Response, error: Exception) -> Response:
    """A refused method comes with those that are not (RFC 9110, 15.5.6)."""
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.allow.update(error.valid_methods)
    return response


def error_json(error: Exception) -> Response:
    """The answer of the desk's own requests."""
    failure = describe(error)
    body = msgspec.json.encode(told(error))
    response = Response(body, failure.status, content_type="application/json")
    if failure.retry_after is not None:
        response.headers["Retry-After"] = str(failure.retry_after)
    return response


def error_page(error: Exception) -> Response:
    """A page that says what to do. In the portal's frame anyone may frame it: it holds no data."""
    failure = describe(error)
    if request.path in FRAME_PATHS and request.method == "POST":
        framed_by(ANYONE)
    state = _PAGES.get(failure.words) or State("broken", failure.status)
    status = failure.status if state.name != "invalid_request" else state.status
    if request.path == "/install":
        return install_failed(failure, status)
    if state.login:
        leads_elsewhere()
    return state_page(State(state.name, status, state.icon, state.tone, state.retry, state.login))


def install_failed(failure: Failure, status: int) -> Response:
    """The installer's own page for a refusal: what was (not) done, and what to do."""
    t = say()
    kind = _INSTALL.get(failure.words, "broken")
    text = t(f"install.failed.{kind}", code=request_id.get())
    return state_page(State("install", status), title=t("install.failed.title"), text=text)


def note(error: Exception) -> None:
    """One log line; only errors that nobody foresaw carry their places."""
    failure = describe(error)
    fields = {"error": type(error).__name__, "code": failure.code, "status": failure.status}
    reason = getattr(error, "reason", None) or getattr(error, "code", None)
    if isinstance(reason, str):
        fields["reason"] = reason[:100]
    unforeseen = failure in (_OURS, _STORE_DOWN) and not isinstance(error, HTTPException)
    log = logs.NOTES.error if unforeseen else logs.NOTES.info
    log("request failed", extra={"fields": fields}, exc_info=error if unforeseen else None)


def install_error_handlers(app: Flask) -> None:
    """Let every error end here."""

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        original = getattr(error, "original_exception", None)
        error = original if isinstance(original, Exception) else error
        note(error)
        if request.path.startswith("/api/"):
            answer = error_json(error)
        elif request.path == "/events":
            answer = Response(status=describe(error).status, content_type="text/plain")
        else:
            answer = error_page(error)
        return _name_methods(answer, error)
