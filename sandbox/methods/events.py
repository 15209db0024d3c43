"""event.bind and its family. Duplicates are refused, removal counts what it removed."""

from typing import Any

from sandbox.methods.call import Call, Method
from sandbox.methods.checks import check_handler
from sandbox.rest_errors import RestFault

NAMES = {
    "": ("ONAPPINSTALL", "ONAPPUNINSTALL", "ONAPPUPDATE", "ONAPPPAYMENT", "ONAPPTEST", "ONAPPMETHODCONFIRM"),
    "imopenlines": (
        "ONOPENLINEMESSAGEADD",
        "ONOPENLINEMESSAGEUPDATE",
        "ONOPENLINEMESSAGEDELETE",
        "ONSESSIONSTART",
        "ONSESSIONFINISH",
    ),
}


def known(call: Call) -> list[str]:
    """The events that this token's scopes open."""
    return [name for scope, names in NAMES.items() if not scope or scope in call.scopes for name in names]


def names(call: Call) -> list[str]:
    """The method `events`."""
    return known(call)


def bind(call: Call) -> bool:
    """Bind an online handler for the application."""
    event, handler = call.text("EVENT").upper(), call.text("HANDLER")
    if not event:
        raise RestFault("ERROR_ARGUMENT", "Argument 'EVENT' is null or empty", argument="EVENT")
    if event not in known(call):
        raise RestFault("ERROR_EVENT_NOT_FOUND", "Event not found")
    check_handler(handler)
    auth_type = call.number("AUTH_TYPE")
    if not call.user.admin:
        if auth_type not in (0, call.user.id):
            raise RestFault("ACCESS_DENIED", "Access denied! AUTH_TYPE requires an administrator")
        auth_type = call.user.id
    row = {"event": event, "handler": handler, "auth_type": str(auth_type), "offline": 0}
    if row in call.portal.app.handlers:
        raise RestFault("ERROR_CORE", "Unable to set event handler: Handler already binded")
    call.portal.app.handlers.append(row)
    return True


def unbind(call: Call) -> dict[str, int]:
    """Unbind a handler; both names are needed whatever the documentation says."""
    event, handler = call.text("EVENT").upper(), call.text("HANDLER")
    for name, value in (("EVENT", event), ("HANDLER", handler)):
        if not value:
            raise RestFault("ERROR_ARGUMENT", f"Argument '{name}' is null or empty", argument=name)
    before = call.portal.app.handlers
    kept = [row for row in before if (row["event"], row["handler"]) != (event, handler)]
    call.portal.app.handlers = kept
    return {"count": len(before) - len(kept)}


def get(call: Call) -> list[dict[str, Any]]:
    """The application's handlers."""
    return [dict(row) for row in call.portal.app.handlers]


METHODS = {
    "events": Method("", names),
    "event.bind": Method("", bind),
    "event.unbind": Method("", unbind),
    "event.get": Method("", get),
}
