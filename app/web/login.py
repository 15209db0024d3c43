"""Signing in outside the portal: /login sends a person to their portal, GET /app?code=… brings them back.

The state is good once, and only in the browser that began: a cookie that lives ten minutes says so.
"""

import hmac

from flask import Blueprint, Response, request

from app.bitrix24.params import CallbackParams, parse_callback
from app.portals.model import Operator, TokenPair
from app.portals.states import STATE_SECONDS
from app.web.access import public
from app.web.failures import InvalidRequest, Unproved
from app.web.frame import leads_elsewhere, origin_of
from app.web.language import in_chosen_language, language
from app.web.pages import State, state_page
from app.web.routes import one, probe, query_pairs
from app.web.services import services
from app.web.session import set_cookie, start_session
from app.web.sign_in import keep_pair
from app.web.sources import proving, spend_proof

ASK = State("login", icon="i-lock", tone="", retry=False, login=True)
UNKNOWN = State("login_unknown", 404, icon="i-lock", retry=False, login=True)

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
@public
def login() -> Response:
    """Begin the sign-in at an installed portal; without a domain, ask for it."""
    if request.method == "HEAD":
        return probe()
    leads_elsewhere()
    domain = _host(one("domain"))
    if domain is None:
        return state_page(ASK)
    spend_proof()  # before anything is looked up or written down for somebody unknown
    use = services()
    installation = use.portals.installations.find_at(domain)
    if installation is None:
        return state_page(UNKNOWN)
    state = use.states.issue(installation.domain)
    answer = _redirect(use.servers.authorize_url(origin_of(installation.client_endpoint), state))
    _remember(answer, state)
    return answer


def finish_login() -> Response:
    """Exchange the code, prove whose tokens came, begin a session, go on to a clean address."""
    params = parse_callback(query_pairs())
    use = services()
    if not hmac.compare_digest(request.cookies.get(_cookie(), "").encode(), params.state.encode()):
        raise Unproved("foreign_state")
    with proving():
        if use.states.consume(params.state) != params.domain.lower():
            raise Unproved("spent_state")
        operator = _exchange(params)
    start_session(use.sessions, in_chosen_language(operator))
    answer = _redirect("/app")
    set_cookie(use.sessions, answer)
    answer.delete_cookie(_cookie(), path="/", secure=use.sessions.secure, httponly=True, samesite="Lax")
    return answer


def _exchange(params: CallbackParams) -> Operator:
    use = services()
    answer = use.servers.exchange(params.code, params.server_domain)
    proof = use.handshake.prove_token(
        answer.access_token, member_id=params.member_id, domain=params.domain, server_hint=answer.server
    )
    pair = TokenPair(answer.access_token, answer.refresh_token)
    return keep_pair(proof, pair, first_language=language())


def _redirect(address: str) -> Response:
    return Response(status=303, headers={"Location": address})


def _host(text: str | None) -> str | None:
    """The host of what a person typed, which may be a whole address."""
    if text is None or not text.strip():
        return None
    host = text.strip().lower().removeprefix("https://").removeprefix("http://").split("/")[0]
    if len(host) > 255 or not all(char.isalnum() or char in ".-:" for char in host):
        raise InvalidRequest("domain")
    return host


def _cookie() -> str:
    return "__Host-pinline-login" if services().sessions.secure else "pinline-login"


def _remember(answer: Response, state: str) -> None:
    secure = services().sessions.secure
    answer.set_cookie(
        _cookie(), state, max_age=STATE_SECONDS, secure=secure, httponly=True, samesite="Lax", path="/"
    )
