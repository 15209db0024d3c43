"""Methods about the application, the server and the token itself (scope basic)."""

from datetime import UTC, datetime
from typing import Any

from sandbox.methods.call import Call, Method
from sandbox.rest_errors import RestFault

SERVED_SCOPES = (
    "crm", "im", "imbot", "imconnector", "imopenlines", "placement", "task", "telephony",
    "user", "user_basic", "user_brief",
)  # fmt: skip


def profile(call: Call) -> dict[str, Any]:
    """The token's user; empty for an inactive one."""
    user = call.user
    return {
        "ID": str(user.id),
        "ADMIN": user.admin,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "PERSONAL_GENDER": user.gender,
        "TIME_ZONE": "",
        "TIME_ZONE_OFFSET": 7200,
    }


def app_info(call: Call) -> dict[str, Any]:
    """The portal's own app.info; the authorization server's is another shape."""
    portal = call.portal
    return {
        "ID": 1,
        "CODE": portal.tokens.client_id,
        "VERSION": portal.app.version,
        "STATUS": portal.switches["status"],
        "INSTALLED": portal.app.installed,
        "PAYMENT_EXPIRED": "N" if portal.switches["payment"] else "Y",
        "DAYS": None,
        "LANGUAGE_ID": call.user.language,
        "LICENSE": "en_company",
        "LICENSE_PREVIOUS": "",
        "LICENSE_TYPE": "company",
        "LICENSE_FAMILY": "company",
    }


def server_time(call: Call) -> str:
    """ISO 8601 of the server."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def scope(call: Call) -> list[str]:
    """The token's scopes, or all of the portal's."""
    return list(SERVED_SCOPES) if call.params.get("FULL") in (True, "true", "1", 1) else list(call.scopes)


def method_get(call: Call) -> dict[str, bool]:
    """Whether a method exists here and may be called with this token."""
    from_table = lookup(call.text("NAME").lower())
    available = from_table is not None and (not from_table.scope or from_table.scope in call.scopes)
    return {"isExisting": from_table is not None, "isAvailable": available}


def lookup(name: str) -> Method | None:
    """The table's row; the table is put together from this module, hence the late look."""
    return TABLE.get(name)


def feature_get(call: Call) -> dict[str, str]:
    """Tariff features: none of the extended ones."""
    if not call.text("CODE"):
        raise RestFault("CODE_EMPTY", "Code can't be empty")
    return {"value": "N"}


def app_option_get(call: Call) -> Any:
    """Options of the application, portal-wide."""
    options = call.portal.app.options
    return options.get(call.text("OPTION"), "") if call.text("OPTION") else options or []


def app_option_set(call: Call) -> bool:
    """Set options; administrators only."""
    call.need_admin()
    call.portal.app.options.update(call.params.get("OPTIONS") or {})
    return True


def user_option_get(call: Call) -> Any:
    """Options of this user."""
    return call.portal.app.user_options.get(call.user.id) or []


def user_option_set(call: Call) -> bool:
    """Set options of this user."""
    call.portal.app.user_options.setdefault(call.user.id, {}).update(call.params.get("OPTIONS") or {})
    return True


TABLE: dict[str, Method] = {}

METHODS = {
    "profile": Method("", profile),
    "app.info": Method("", app_info),
    "server.time": Method("", server_time),
    "scope": Method("", scope),
    "method.get": Method("", method_get),
    "feature.get": Method("", feature_get),
    "app.option.get": Method("", app_option_get),
    "app.option.set": Method("", app_option_set),
    "user.option.get": Method("", user_option_get),
    "user.option.set": Method("", user_option_set),
}
