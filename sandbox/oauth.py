"""The authorization server: token exchange and refresh by GET or POST, and the trusted app.info.

Its records and faults are those of the portal that a token belongs to; requests of nobody go to portal 1.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask, Response, request

from sandbox import rest
from sandbox.faults import EXECUTED, REFUSALS, WHOLE
from sandbox.portal import Portal
from sandbox.tokens import ACCESS_SECONDS, Pair, Tokens
from sandbox.wire import CORS, connection, read_params, spoil

Reply = tuple[int, dict[str, Any]]


def create_app(tokens: Tokens, portals: Sequence[Portal]) -> Flask:
    """The authorization server's site."""
    app = Flask("sandbox.oauth", static_folder=None)

    @app.route("/oauth/token/", methods=["GET", "POST"])
    @app.route("/oauth/token", methods=["GET", "POST"])
    def token() -> Response:
        params = read_params(request)
        grant = str(params.get("grant_type", ""))
        asked = owner(tokens, portals, params)
        return served(*asked, "oauth/token", [grant], lambda: grant_answer(tokens, portals, params))

    @app.route("/rest/app.info/", methods=["GET", "POST", "OPTIONS"])
    @app.route("/rest/app.info", methods=["GET", "POST", "OPTIONS"])
    @app.route("/rest/app.info.json", methods=["GET", "POST", "OPTIONS"])
    def app_info() -> Response:
        if request.method == "OPTIONS":
            return Response(status=200, headers=CORS)
        params = read_params(request)
        asked = owner(tokens, portals, params)
        return served(*asked, "app.info", ["app.info"], lambda: info_answer(tokens, portals, params))

    @app.route("/oauth/authorize/")
    def authorize() -> Response:
        return Response("Authorization happens at the portal.", 404, content_type="text/plain")

    return app


def served(
    portal: Portal, user_id: int | None, method: str, commands: list[str], answer: Callable[[], Reply]
) -> Response:
    """Record the request, apply a fault, answer."""
    row = portal.record.begin("oauth", request.path, method, connection())
    row["commands"] = commands
    portal.stopping.wait(float(portal.switches["oauth_latency"]))
    fault = portal.faults.take("oauth", [method, *commands], WHOLE | REFUSALS, user_id)
    if fault and fault.kind == "slow":
        portal.stopping.wait(fault.seconds)
    carried_out = fault is None or fault.after or fault.kind in EXECUTED
    response = finished(portal, row, *answer()) if carried_out else Response(status=200)
    if fault and fault.kind in REFUSALS:
        response = finished(portal, row, fault.status, {"error": fault.code})
    elif fault and fault.kind != "slow":
        response = spoil(portal, fault, response)
    portal.record.end(row, response.status_code)
    return response


def finished(portal: Portal, row: dict[str, Any], status: int, body: dict[str, Any]) -> Response:
    """JSON with the user noted."""
    row["user_id"] = body.pop("_user", None)
    return Response(rest.dump(portal, body), status, content_type="application/json; charset=utf-8")


def owner(tokens: Tokens, portals: Sequence[Portal], params: dict[str, Any]) -> tuple[Portal, int | None]:
    """The portal and the user that the presented secret belongs to."""
    pair = tokens.by_access.get(access_of(params)) or tokens.by_refresh.get(
        str(params.get("refresh_token", ""))
    )
    held = pair or tokens.codes.get(str(params.get("code", "")))
    return (portals[held.portal - 1], held.user_id) if held else (portals[0], None)


def access_of(params: dict[str, Any]) -> str:
    """The access token of a call."""
    bearer = request.headers.get("Authorization", "").partition("Bearer ")[2].strip()
    return bearer or str(params.get("auth") or params.get("access_token") or "")


def refusal(status: int, code: str, description: str = "") -> Reply:
    """An OAuth error; the description can be absent."""
    return status, {"error": code, **({"error_description": description} if description else {})}


def grant_answer(tokens: Tokens, portals: Sequence[Portal], params: dict[str, Any]) -> Reply:
    """Exchange a code or refresh a pair."""
    grant = params.get("grant_type")
    if grant not in ("authorization_code", "refresh_token"):
        return refusal(400, "invalid_request", "grant_type is missing or unknown")
    given = (str(params.get("client_id", "")), str(params.get("client_secret", "")))
    if given != (tokens.client_id, tokens.client_secret):
        return refusal(400, "invalid_client", "Invalid client")
    name = "code" if grant == "authorization_code" else "refresh_token"
    if not params.get(name):
        return refusal(400, "invalid_request", f"{name} is missing")
    if grant == "authorization_code":
        code = tokens.take_code(str(params.get("code", "")))
        if code is None:
            return refusal(400, "invalid_grant", "Invalid grant")
        return granted(portals[code.portal - 1], code.user_id)
    return refreshed(tokens, portals, str(params.get("refresh_token", "")))


def refreshed(tokens: Tokens, portals: Sequence[Portal], value: str) -> Reply:
    """A new pair for a refresh token, which is used up by that."""
    pair = tokens.by_refresh.get(value)
    portal = portals[pair.portal - 1] if pair else None
    if pair and portal and not portal.app.added:
        return refusal(401, "NOT_INSTALLED", "Application not installed")
    if portal and not portal.switches["payment"]:
        return refusal(401, "PAYMENT_REQUIRED", "Payment required")
    if pair and pair.client_id != tokens.client_id:
        return refusal(
            200, "wrong_client"
        )  # page settings/oauth/error-codes; the status as an SDK expects it
    taken = tokens.take_refresh(value, reuse=bool(portal and portal.switches["refresh_reuse"]))
    if taken is None or portal is None:
        return refusal(400, "invalid_grant", "Invalid grant")
    return granted(portal, taken.user_id)


def granted(portal: Portal, user_id: int) -> Reply:
    """The token answer: `domain` is this server's, not the portal's."""
    if not portal.app.added:
        return refusal(401, "NOT_INSTALLED", "Application not installed")
    if not portal.switches["payment"]:
        return refusal(401, "PAYMENT_REQUIRED", "Payment required")
    pair = portal.issue(user_id)
    return 200, {
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "expires": int(pair.expires_at),
        "expires_in": ACCESS_SECONDS,
        "scope": ",".join(portal.scope),
        "domain": portal.oauth_origin.partition("://")[2],
        "server_endpoint": portal.server_endpoint,
        "client_endpoint": portal.client_endpoint,
        "status": portal.switches["status"],
        "member_id": portal.member_id,
        "user_id": user_id,
        "_user": user_id,
    }


def info_answer(tokens: Tokens, portals: Sequence[Portal], params: dict[str, Any]) -> Reply:
    """Whose token it is: application, portal, user."""
    pair = tokens.by_access.get(access_of(params))
    if pair is None:
        return refusal(401, "NO_AUTH_FOUND", "Wrong authorization data")
    portal = portals[pair.portal - 1]
    if pair.dead or not portal.app.added:
        return refusal(401, "NOT_INSTALLED", "Application not installed")
    fault = portal.faults.take("oauth", ["app.info"], ("expired",), pair.user_id)
    if pair.expired or fault:
        return refusal(401, "expired_token", "The access token provided has expired.")
    if not portal.switches["payment"]:
        return refusal(401, "PAYMENT_REQUIRED", "Payment required")
    return 200, info_body(portal, pair)


def info_body(portal: Portal, pair: Pair) -> dict[str, Any]:
    """The authorization server's shape of app.info, which is not the portal's."""
    scope = ",".join(portal.scope)
    return {
        "result": {
            "client_id": pair.client_id,
            "scope": ",".join(pair.scope),
            "expires": "2027-12-31T23:59:59+00:00",
            "install": {
                "installed": True,
                "version": str(portal.app.version),
                "status": portal.switches["status"],
                "scope": scope,
                "domain": portal.host,
                "uri": portal.origin,
                "client_endpoint": portal.client_endpoint,
                "member_id": portal.member_id,
                "member_type": "selfhosted",
            },
            "user_id": str(pair.user_id),
        },
        "time": rest.envelope(portal, time.time(), None),
        "_user": pair.user_id,
    }
