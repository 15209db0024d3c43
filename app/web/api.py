"""The desk's own requests: JSON in, JSON out, always for the operator of the session."""

from typing import Annotated

import msgspec
from flask import Blueprint, Response, request

from app.desk.actions.top import MOST_TOP
from app.desk.checks import LARGEST_ID, MOST_RUN_TARGETS, MOST_TARGETS, RUN, action_named
from app.desk.listing.lists import SHARED_SECONDS
from app.openlines.model import Dialog, Listing
from app.web.access import operator_required
from app.web.guard import operator
from app.web.language import wording
from app.web.routes import body_as, json_answer
from app.web.services import services

ChatId = Annotated[int, msgspec.Meta(gt=0, le=LARGEST_ID)]
RunId = Annotated[str, msgspec.Meta(pattern=f"^{RUN}$")]

blueprint = Blueprint("api", __name__, url_prefix="/api")


class ActionBody(msgspec.Struct, forbid_unknown_fields=True):
    """POST /api/actions/<name>."""

    chat_ids: Annotated[list[ChatId], msgspec.Meta(max_length=MOST_TARGETS)] = []
    run: RunId | None = None


class RunBody(msgspec.Struct, forbid_unknown_fields=True):
    """POST /api/runs."""

    action: Annotated[str, msgspec.Meta(max_length=32)]
    chat_ids: Annotated[list[ChatId], msgspec.Meta(min_length=1, max_length=MOST_RUN_TARGETS)]


class TopBody(msgspec.Struct, forbid_unknown_fields=True):
    """PUT /api/top."""

    chat_ids: Annotated[list[ChatId], msgspec.Meta(max_length=MOST_TOP)]


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """A body that is an empty object."""


class Dialogs(msgspec.Struct):
    """The answer of PUT /api/top."""

    dialogs: list[Dialog]


@blueprint.get("/dialogs")
@operator_required
def dialogs() -> Response:
    """The list. Unchanged since the page's ETag: 304, with the moment that it was confirmed."""
    found = services().desk.listing_json(operator(), max_age=SHARED_SECONDS)
    if request.if_none_match.contains_weak(found.digest):  # proxies that pack an answer weaken its tag
        answer = Response(status=304, content_type="application/json")
    else:
        body = found.json if found.wordless else _worded(found.json)
        answer = Response(body, content_type="application/json")
    answer.set_etag(found.digest)
    answer.headers["X-As-Of"] = found.as_of
    answer.headers["Cache-Control"] = "private, no-cache, no-store"
    return answer


def _worded(body: bytes) -> bytes:
    """Put sentences to notices."""
    listing = msgspec.json.decode(body, type=Listing)
    return msgspec.json.encode(wording().listing(listing))


@blueprint.get("/dialogs/<int:chat_id>")
@operator_required
def dialog(chat_id: int) -> Response:
    """One dialog with its last messages and journal."""
    return json_answer(wording().card(services().desk.card(operator(), chat_id)))


@blueprint.post("/actions/<name>")
@operator_required
def act(name: str) -> Response:
    """One action on up to 50 dialogs, or an operator's action on all."""
    action_named(name)
    body = body_as(ActionBody)
    answer = services().desk.clicks.act(operator(), name, body.chat_ids, body.run)
    return json_answer(wording().answer(answer))


@blueprint.post("/undo/<undo_id>")
@operator_required
def undo(undo_id: str) -> Response:
    """Take one journal entry back, a whole run at once."""
    body_as(Nothing)
    return json_answer(wording().answer(services().desk.clicks.undo(operator(), undo_id[:64])))


@blueprint.post("/runs")
@operator_required
def start_run() -> Response:
    """Store a bulk run."""
    body = body_as(RunBody)
    return json_answer(services().desk.records.start_run(operator(), body.action, body.chat_ids))


@blueprint.get("/runs/<run>")
@operator_required
def run(run: str) -> Response:
    """What is left of a stored run."""
    return json_answer(services().desk.records.run(operator(), run[:64]))


@blueprint.delete("/runs/<run>")
@operator_required
def drop_run(run: str) -> Response:
    """Give up what is left of a stored run."""
    services().desk.records.drop_run(operator(), run[:64])
    return Response(status=204)


@blueprint.put("/top")
@operator_required
def top() -> Response:
    """Put these dialogs first in the operator's top, in this order; the rest of it follows as it was."""
    return json_answer(Dialogs(services().desk.clicks.set_top(operator(), body_as(TopBody).chat_ids)))
