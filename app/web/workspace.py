"""What an operator keeps here: views, snapshots, settings."""

import msgspec
from flask import Blueprint, Response, session

from app.desk.kept.settings import PortalChange
from app.desk.kept.snapshots import Snapshot, SnapshotName
from app.desk.kept.views import View, ViewChange
from app.web.access import operator_required
from app.web.guard import operator
from app.web.routes import body_as, json_answer
from app.web.services import services

_ID = 64

blueprint = Blueprint("workspace", __name__, url_prefix="/api")


class AllViews(msgspec.Struct):
    """The answer of GET /api/views."""

    views: list[View]


class AllSnapshots(msgspec.Struct):
    """The answer of GET /api/snapshots."""

    snapshots: list[Snapshot]


@blueprint.get("/views")
@operator_required
def views() -> Response:
    """The operator's own views and those shared in the portal."""
    return json_answer(AllViews(services().desk.views.load(operator())))


@blueprint.post("/views")
@operator_required
def create_view() -> Response:
    """Save a view."""
    return json_answer(services().desk.views.create(operator(), body_as(ViewChange)))


@blueprint.put("/views/<view_id>")
@operator_required
def change_view(view_id: str) -> Response:
    """Change a view: its maker may, and administrators of the portal."""
    return json_answer(services().desk.views.change(operator(), view_id[:_ID], body_as(ViewChange)))


@blueprint.delete("/views/<view_id>")
@operator_required
def delete_view(view_id: str) -> Response:
    """Forget a view."""
    services().desk.views.delete(operator(), view_id[:_ID])
    return Response(status=204)


@blueprint.get("/snapshots")
@operator_required
def snapshots() -> Response:
    """The operator's snapshots, newest first."""
    return json_answer(AllSnapshots(services().desk.snapshots.load(operator())))


@blueprint.post("/snapshots")
@operator_required
def take_snapshot() -> Response:
    """Keep what is pinned and on top now."""
    return json_answer(services().desk.snapshots.take(operator(), body_as(SnapshotName).name))


@blueprint.get("/snapshots/<snapshot_id>")
@operator_required
def snapshot(snapshot_id: str) -> Response:
    """What restoring this snapshot would take now."""
    return json_answer(services().desk.snapshots.compare(operator(), snapshot_id[:_ID]))


@blueprint.delete("/snapshots/<snapshot_id>")
@operator_required
def delete_snapshot(snapshot_id: str) -> Response:
    """Forget a snapshot."""
    services().desk.snapshots.delete(operator(), snapshot_id[:_ID])
    return Response(status=204)


@blueprint.get("/settings")
@operator_required
def settings() -> Response:
    """The operator's choices, the portal's, and what holds of both."""
    return json_answer(services().desk.settings.load(operator()))


@blueprint.put("/settings/portal")
@operator_required
def set_portal_settings() -> Response:
    """Change what holds for everybody in the portal: its administrators only."""
    return json_answer(services().desk.settings.change_portal(operator(), body_as(PortalChange)))


@blueprint.get("/preferences")
@operator_required
def preferences() -> Response:
    """What this operator chose."""
    return json_answer(services().desk.settings.own(operator().key))


@blueprint.put("/preferences")
@operator_required
def set_preferences() -> Response:
    """Merge values in; null removes one. Another language is spoken from now on."""
    values = body_as(dict[str, object])
    services().desk.settings.merge(operator().key, values)
    if isinstance(language := values.get("language"), str) and language:
        session["language"] = language
    return Response(status=204)
