"""POST /app: the portal opens the app, or one of its placements, inside its own page.

GET /app is the same address outside the portal: the end of a sign-in, or the desk in a window of its own.
"""

from flask import Blueprint, Response, request

from app.bitrix24.errors import BitrixError
from app.bitrix24.params import OpenParams
from app.desk.model import Opened
from app.desk.opening import LIST_WAIT
from app.portals.model import Operator
from app.web.access import public
from app.web.desk import desk_page
from app.web.errors import note, told
from app.web.frame import NOBODY, framed_by, leads_elsewhere, origin_of
from app.web.language import in_chosen_language
from app.web.launch import framing_portal, opening_form
from app.web.login import finish_login
from app.web.pages import State, state_page
from app.web.routes import probe
from app.web.services import services
from app.web.session import page_token, session_operator, start_session
from app.web.sources import proving, source

CHAT_PLACEMENTS = frozenset({"IM_SIDEBAR", "IM_TEXTAREA"})
SIGN_IN = State("sign_in", icon="i-lock", tone="", retry=False, login=True)

blueprint = Blueprint("opening", __name__)


@blueprint.route("/app", methods=["POST", "GET", "HEAD"])
@public
def app() -> Response:
    """One address, three ways to come: see the module."""
    if request.method == "HEAD":
        return probe()
    if request.method == "POST":
        return _open()
    return finish_login() if "code" in request.args else _window()


def _open() -> Response:
    """Prove, begin a session, answer with the desk and its first list in one response.

    Nobody waits for the list of a portal that keeps enough threads waiting already: the page asks for it.
    """
    params = opening_form()
    use = services()
    with proving():
        proved = use.desk.opening.prove(params, source(request.remote_addr or ""))
    portal = framing_portal(params, proved.proof)
    with use.crowd.place_if_free(proved.proof.member_id) as free:
        opened = use.desk.opening.open(proved, wait=LIST_WAIT if free else 0.0)
    token = start_session(use.sessions, in_chosen_language(opened.operator))
    framed_by(portal)
    return _desk_in_frame(params, opened, token, portal)


def _desk_in_frame(params: OpenParams, opened: Opened, token: str, portal: str) -> Response:
    chat_id = params.dialog_chat_id
    if opened.error is not None:
        note(opened.error)
    return desk_page(
        opened.operator,
        token,
        portal_origin=portal,
        listing=opened.listing,
        error=told(opened.error) if opened.error else None,
        in_frame=True,
        chat_id=chat_id,
        card=params.placement in CHAT_PLACEMENTS and chat_id is not None,
    )


def _window() -> Response:
    """The desk outside the frame, for a browser that has signed in; else the way to sign in."""
    use = services()
    framed_by(NOBODY)
    operator = session_operator(use.sessions)
    installation = use.portals.installations.find(operator.member_id) if operator else None
    if operator is None or installation is None:
        leads_elsewhere()
        return state_page(SIGN_IN)
    return _desk_in_window(operator, origin_of(installation.client_endpoint))


def _desk_in_window(operator: Operator, portal: str) -> Response:
    use = services()
    listing = error = None
    try:
        with use.crowd.place(operator.member_id):
            listing = use.desk.listing(operator)
    except BitrixError as refused:
        note(refused)
        error = told(refused)
    return desk_page(
        operator,
        page_token(use.sessions),
        portal_origin=portal,
        listing=listing,
        error=error,
        in_frame=False,
    )
