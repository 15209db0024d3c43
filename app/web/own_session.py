"""A session as its person has it: renewed with fresh tokens of the portal, and ended."""

from flask import Blueprint, Response, request

from app.bitrix24.params import parse_refreshed
from app.portals.model import TokenPair
from app.portals.proof import UNKNOWN_TOKEN, ProofRejected
from app.web.access import operator_required, public
from app.web.failures import InvalidRequest, SessionExpired
from app.web.frame import origin_of
from app.web.guard import refuse_foreign
from app.web.language import in_chosen_language
from app.web.routes import body_as, one
from app.web.services import services
from app.web.session import HEADER, drop_cookie, end_session, start_session
from app.web.sign_in import keep_pair
from app.web.sources import proving

blueprint = Blueprint("own_session", __name__, url_prefix="/api/session")


@blueprint.post("")
@public
def renew_session() -> Response:
    """A new session for the operator of an old token, proved by a fresh pair from the portal.

    A pair that is not known (any more) is an expired session: the page may come with a fresher one.
    """
    use = services()
    refuse_foreign(origin_of(use.settings.app_url))
    ticket = use.sessions.header.read(request.headers.get(HEADER, ""), None)
    if ticket is None:
        raise SessionExpired("no_token")
    params = parse_refreshed(body_as(dict[str, object]))
    if params.member_id != ticket.member_id:
        raise InvalidRequest("other_portal")
    try:
        with proving():
            proof = use.handshake.prove_token(
                params.access_token, member_id=params.member_id, domain=params.domain
            )
    except ProofRejected as rejected:
        if rejected.reason != UNKNOWN_TOKEN:
            raise
        raise SessionExpired(rejected.reason) from None
    if proof.user_id != ticket.user_id:
        raise SessionExpired("other_operator")
    found = keep_pair(proof, TokenPair(params.access_token, params.refresh_token))
    answer = Response(status=204)
    answer.headers[HEADER] = start_session(use.sessions, in_chosen_language(found))
    return answer


@blueprint.delete("")
@operator_required
def sign_out() -> Response:
    """End this session, with `everywhere=1` all sessions of its person; the cookie outside the frame goes."""
    everywhere = one("everywhere")
    if everywhere not in (None, "1"):
        raise InvalidRequest("everywhere")
    use = services()
    end_session(use.sessions, everywhere=everywhere == "1")
    answer = Response(status=204)
    drop_cookie(use.sessions, answer)
    return answer
