"""POST /events: the portals' event queue. Acknowledged at once; nobody learns which portals are known."""

from flask import Blueprint, Response, request

from app.bitrix24.params import BadParams, parse_event
from app.storage.spool import SpoolFull
from app.web import logs
from app.web.access import public
from app.web.routes import event_pairs, probe
from app.web.services import services

_STATUS = {"ok": 200, "kept": 202, "refused": 401}

blueprint = Blueprint("events", __name__)


@blueprint.route("/events", methods=["POST", "HEAD"])
@public
def events() -> Response:
    """Apply what the application token proves, queue what must be proved first, refuse the rest.

    While the database does not answer everything is kept (202); 503 only when that is impossible, too.
    """
    if request.method == "HEAD":
        return probe()
    try:
        event = parse_event(event_pairs())
    except BadParams as bad:
        logs.NOTES.info("event refused", extra={"fields": {"reason": bad.reason[:100]}})
        return _answer(400)
    use = services()
    try:
        outcome = use.events.accept(event)
    except SpoolFull as full:
        logs.NOTES.error("an event is lost: %s", full)
        return _answer(503)
    if outcome == "ok":
        use.sessions.forget()
    fields = {"member_id": event.member_id[:64], "name": event.event[:64], "outcome": outcome}
    logs.NOTES.info("event", extra={"fields": fields})
    return _answer(_STATUS[outcome])


def _answer(status: int) -> Response:
    answer = Response(b"", status, content_type="text/plain; charset=utf-8")
    if status == 503:
        answer.headers["Retry-After"] = "5"
    return answer
