"""The parent's side of the frame: what a portal answers to the commands of the library inside the frame."""

import time
from typing import Any

from sandbox import lifecycle, opening
from sandbox.portal import Portal
from sandbox.tokens import ACCESS_SECONDS
from sandbox.world import User

ANSWERED_EMPTY = ("openApplication", "closeApplication")
INTERFACE = [
    "getInitData", "setInstall", "setInstallFinish", "refreshAuth", "resizeWindow", "setTitle", "setScroll",
    "reloadWindow", "imOpenMessenger", "imOpenHistory", "openPath", "openApplication", "closeApplication",
    "setUserOption", "setAppOption", "getInterface", "placementBindEvent",
]  # fmt: skip


def answer(portal: Portal, user: User, message: dict[str, Any]) -> dict[str, Any]:
    """Record a command of the frame and say what to post back: `{"reply": value}` or nothing at all.

    A reply of None is an empty one; static/portal.js answers what the page can do alone. Unknown commands get
    no reply, as from the portal's own script; the callback of an event waits (page sdk/bx24-js-sdk).
    """
    command, params = str(message.get("command", "")), message.get("params")
    params = params if isinstance(params, dict) else {}
    remember(portal, user, message.get("sid"), command, params)
    if command == "getInitData":
        return {"reply": init_data(portal, user, message)}
    if command == "refreshAuth":
        return {"reply": fresh_auth(portal, user)} if portal.switches["payment"] else {}
    if command == "setInstallFinish":
        return finish(portal, user, params)
    if command == "setUserOption":
        portal.app.user_options.setdefault(user.id, {})[str(params.get("name"))] = params.get("value")
        return {"reply": params}
    if command == "setAppOption":
        return set_app_option(portal, user, params)
    if command == "getInterface":
        return {"reply": {"command": INTERFACE, "event": []}}
    if command in ANSWERED_EMPTY:
        return {"reply": None}
    return {"reply": params} if command == "setInstall" else {}


def remember(portal: Portal, user: User, sid: Any, command: str, params: dict[str, Any]) -> None:
    """Note the command for tests; tokens are never part of one."""
    row = {"at": time.time(), "user_id": user.id, "command": command, "params": params, "sid": sid}
    portal.frame_messages.append(row)


def init_data(portal: Portal, user: User, message: dict[str, Any]) -> dict[str, Any]:
    """What the library learns at its start; FIRST_RUN is true once per user."""
    pair = portal.issue(user.id)
    first = user.id not in portal.app.first_run_seen
    portal.app.first_run_seen.add(user.id)
    return {
        "LANG": str(message.get("lang") or portal.switches["language"] or user.language),
        "DOMAIN": portal.host,
        "PROTOCOL": 0,
        "PATH": "/rest",
        "AUTH_ID": pair.access,
        "AUTH_EXPIRES": str(ACCESS_SECONDS),
        "REFRESH_ID": pair.refresh,
        "MEMBER_ID": portal.member_id,
        "FIRST_RUN": first,
        "IS_ADMIN": user.admin,
        "INSTALL": not portal.app.installed,
        "USER_OPTIONS": portal.app.user_options.get(user.id) or [],
        "APP_OPTIONS": portal.app.options or [],
        "PLACEMENT": str(message.get("placement") or "DEFAULT"),
        "PLACEMENT_OPTIONS": message.get("options") or [],
    }


def fresh_auth(portal: Portal, user: User) -> dict[str, str]:
    """A new pair for the page."""
    pair = portal.issue(user.id)
    return {"AUTH_ID": pair.access, "AUTH_EXPIRES": str(ACCESS_SECONDS), "REFRESH_ID": pair.refresh}


def finish(portal: Portal, user: User, params: dict[str, Any]) -> dict[str, str]:
    """The installer is done, or (value false) is to come again; `install_finished` makes the page reload.

    Without effect outside the installer phase (page bx24-install-finish) and for all but administrators.
    """
    with portal.lock:
        if not (user.admin and portal.app.added):
            return {}
        if params.get("value") is False:
            portal.app.installed = False
            return {"install_finished": "N"}
        if portal.app.installed:
            return {}
        lifecycle.finish_install(portal, user)
        return {"install_finished": "Y"}


def set_app_option(portal: Portal, user: User, params: dict[str, Any]) -> dict[str, Any]:
    """Options of the application: silently nothing for anybody but an administrator."""
    if not user.admin:
        return {}
    portal.app.options[str(params.get("name"))] = params.get("value")
    return {"reply": params}


def hidden_form(
    portal: Portal, user: User, lang: str, placement: str, options: dict[str, str]
) -> dict[str, Any]:
    """Everything that a page needs to fill its frame."""
    made = opening.form(portal, user, lang=lang, placement=placement, options=options)
    origin = "/".join(made["action"].split("/", 3)[:3])
    return {
        **made,
        "name": f"{portal.host}|0|{made['sid']}",
        "handler_origin": origin,
        "placement": placement,
        "options": opening.given_options(portal, placement, options),
        "lang": lang,
    }
