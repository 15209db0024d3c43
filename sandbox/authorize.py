"""The portal's sign-in for applications outside the frame: only client_id and state are given."""

from urllib.parse import urlencode

from flask import Response, request

from sandbox.portal import Portal
from sandbox.world import User

REFUSED = "<!DOCTYPE html><title>Authorization error</title><h1>Authorization error</h1><p>{}</p>"


def answer(portal: Portal, user: User) -> Response:
    """302 to the application URL with a code; a failure stays on the portal, there is no error redirect."""
    if request.args.get("client_id") != portal.tokens.client_id:
        return Response(REFUSED.format("Application not found."), 400, content_type="text/html")
    if not portal.app.added:
        return Response(REFUSED.format("Application not installed."), 403, content_type="text/html")
    code = portal.tokens.issue_code(portal.number, user.id)
    query = urlencode(
        {
            "code": code.value,
            "state": request.args.get("state", ""),
            "domain": portal.host,
            "member_id": portal.member_id,
            "scope": ",".join(portal.scope),
            "server_domain": portal.oauth_origin.partition("://")[2],
        }
    )
    return Response(status=302, headers={"Location": f"{portal.page_url('app')}?{query}"})
