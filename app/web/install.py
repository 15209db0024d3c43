"""POST /install: the installer inside the portal's frame. Safe to run again: for an update, a second
administrator, a reload half-way through."""

from flask import Blueprint, Response, request

from app.portals.model import TokenPair
from app.web import logs
from app.web.access import public
from app.web.frame import framed_by
from app.web.launch import framing_portal, opening_form
from app.web.pages import page
from app.web.routes import probe
from app.web.services import services
from app.web.sources import proving

blueprint = Blueprint("install", __name__)


@blueprint.route("/install", methods=["POST", "HEAD"])
@public
def install() -> Response:
    """Prove, store, bind; the page then tells the portal that the installation is finished."""
    if request.method == "HEAD":
        return probe()
    params = opening_form()
    use = services()
    with proving():
        proof = use.handshake.prove(params, installing=True)
    portal = framing_portal(params, proof)
    pair = TokenPair(params.access_token, params.refresh_token)
    with use.crowd.place(proof.member_id):
        report = use.lifecycle.install(proof, pair, params)
    use.sessions.forget()
    fields = {"member_id": proof.member_id, "user_id": proof.user_id, "refused": dict(report.refused)}
    logs.NOTES.info("installed", extra={"fields": fields})
    framed_by(portal)
    cards = not any(name.startswith("placement:") for name in report.refused)
    return page("install.html", cards=cards)
