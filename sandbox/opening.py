"""How a portal opens the application: the address with its query and the fields of the hidden form."""

import json
import secrets
from typing import Any
from urllib.parse import urlencode

from sandbox.portal import Portal
from sandbox.tokens import ACCESS_SECONDS
from sandbox.world import User


def form(
    portal: Portal,
    user: User,
    *,
    lang: str = "",
    placement: str = "DEFAULT",
    options: dict[str, Any] | None = None,
    handler: str = "",
    sid: str = "",
    client_id: str = "",
) -> dict[str, Any]:
    """`{"action", "fields", "sid"}` of one opening with a fresh token pair; adds the app if need be.

    `client_id` names another application whose tokens are passed off as ours.
    """
    with portal.lock:
        portal.app.added = True
    sid = sid or secrets.token_hex(16)
    portal.app.sids[sid] = user.id
    target = handler or target_of(portal, user, placement)
    language = lang or portal.switches["language"] or user.language
    query = {"DOMAIN": portal.host, "PROTOCOL": "0", "LANG": language, "APP_SID": sid}
    glue = "&" if "?" in target else "?"
    return {
        "action": f"{target}{glue}{urlencode(query)}",
        "fields": fields(portal, user, placement, options or {}, client_id),
        "sid": sid,
    }


def target_of(portal: Portal, user: User, placement: str) -> str:
    """The placement's handler, the installer while it is not finished (administrators), else the app."""
    for row in portal.app.placements:
        if row["placement"] == placement:
            return str(row["handler"])
    return portal.page_url("app" if portal.app.installed or not user.admin else "install")


def fields(
    portal: Portal, user: User, placement: str, options: dict[str, Any], client_id: str
) -> dict[str, str]:
    """The body of the opening POST; REFRESH_ID, member_id and status are spelt as a portal spells them.

    An old portal sends no SERVER_ENDPOINT, APPLICATION_TOKEN and APPLICATION_SCOPE.
    """
    values: dict[str, str] = {}
    if portal.switches["open_shape"] != "no_tokens":
        pair = portal.issue(user.id, client_id)
        values = {"AUTH_ID": pair.access, "AUTH_EXPIRES": str(ACCESS_SECONDS), "REFRESH_ID": pair.refresh}
    if portal.switches["open_shape"] != "old":
        values |= {
            "SERVER_ENDPOINT": portal.server_endpoint,
            "APPLICATION_TOKEN": portal.application_token,
            "APPLICATION_SCOPE": ",".join(portal.scope),
        }
    values |= {"member_id": portal.member_id, "status": portal.switches["status"], "PLACEMENT": placement}
    return values | placement_options(portal, placement, options)


def given_options(portal: Portal, placement: str, options: dict[str, Any]) -> dict[str, Any]:
    """What the opening says of its place; every place but DEFAULT names the opener's page, too."""
    if portal.switches["placement_options"] != "normal":
        return {}
    return options | ({} if placement == "DEFAULT" else {"URI": "/online/"})


def placement_options(portal: Portal, placement: str, options: dict[str, Any]) -> dict[str, str]:
    """PLACEMENT_OPTIONS with its traps: left out for an empty DEFAULT, or odd by switch."""
    odd = {"missing": None, "empty": "", "list": "[]", "undefined": "undefined"}
    given = given_options(portal, placement, options)
    value = odd.get(portal.switches["placement_options"], json.dumps(given) if given else None)
    return {} if value is None else {"PLACEMENT_OPTIONS": value}
