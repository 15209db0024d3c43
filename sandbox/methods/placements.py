"""placement.bind and its family, with the option checks of the messenger's places."""

import re
from typing import Any

from sandbox.methods.call import Call, Method
from sandbox.methods.checks import check_handler
from sandbox.rest_errors import RestFault

PLACES = (
    "IM_CONTEXT_MENU", "IM_NAVIGATION", "IM_SIDEBAR", "IM_TEXTAREA", "IMMOBILE_CONTEXT_MENU",
    "LEFT_MENU", "PAGE_BACKGROUND_WORKER", "REST_APP_URI", "USER_PROFILE_MENU", "USER_PROFILE_TOOLBAR",
)  # fmt: skip
WITH_ICON = ("IM_NAVIGATION", "IM_SIDEBAR", "IM_TEXTAREA")
CONTEXTS = {"ALL", "USER", "CHAT", "LINES", "CRM"}
COLORS = frozenset(
    {"RED", "GREEN", "MINT", "LIGHT_BLUE", "DARK_BLUE", "PURPLE", "AQUA", "PINK", "LIME", "BROWN", "AZURE"}
    | {"KHAKI", "SAND", "ORANGE", "MARENGO", "GRAY", "GRAPHITE"}
)


def refuse(code: str) -> RestFault:
    """Option errors come with HTTP 200."""
    return RestFault(code, code.replace("_", " ").capitalize(), 200)


def check_options(place: str, options: Any) -> dict[str, Any]:
    """The messenger's rules for OPTIONS; raises RestFault (HTTP 200)."""
    given = options if isinstance(options, dict) else {}
    if not place.startswith("IM_"):
        return given
    icon = str(given.get("iconName", ""))
    if place in WITH_ICON and not icon:
        raise refuse("EMPTY_ERROR_ICON_NAME")
    if icon and not re.fullmatch(r"[A-Za-z -]{1,50}", icon):
        raise refuse("INVALID_ERROR_ICON_NAME")
    if given.get("extranet", "N") not in ("Y", "N"):
        raise refuse("INVALID_ERROR_EXTRANET")
    if not set(str(given.get("context", "ALL")).split(";")) <= CONTEXTS:
        raise refuse("INVALID_ERROR_CONTEXT")
    if given.get("role", "USER") not in ("USER", "ADMIN"):
        raise refuse("INVALID_ERROR_ROLE")
    if given.get("color", "RED") not in COLORS:
        raise refuse("INVALID_ERROR_COLOR")
    for name in ("width", "height"):
        if not re.fullmatch(r"\d+", str(given.get(name, 100))):
            raise refuse(f"INVALID_ERROR_{name.upper()}")
    return given


def bind(call: Call) -> bool:
    """Bind a handler to a place; administrators only."""
    call.need_admin()
    place, handler = call.text("PLACEMENT").upper(), call.text("HANDLER")
    if not place:
        raise RestFault("ERROR_ARGUMENT", "Argument 'PLACEMENT' is null or empty", argument="PLACEMENT")
    if place not in PLACES:
        raise RestFault("ERROR_PLACEMENT_NOT_FOUND", "Placement not found")
    check_handler(handler)
    options = check_options(place, call.params.get("OPTIONS"))
    rows = call.portal.app.placements
    if any((row["placement"], row["handler"]) == (place, handler) for row in rows):
        raise RestFault("ERROR_CORE", "Unable to set placement handler: Handler already binded")
    titles = call.params.get("LANG_ALL")
    titles = titles if isinstance(titles, dict) else {}
    rows.append(
        {
            "id": len(rows) + 1,
            "placement": place,
            "userId": 0,
            "handler": handler,
            "options": options or [],
            "title": "" if titles else call.text("TITLE"),
            "description": "" if titles else call.text("DESCRIPTION"),
            "langAll": titles or [],
        }
    )
    return True


def unbind(call: Call) -> dict[str, int]:
    """Unbind one handler or all of a place; each is counted twice, as portals are known to do."""
    call.need_admin()
    place, handler = call.text("PLACEMENT").upper(), call.text("HANDLER")
    if not place:
        raise RestFault("ERROR_ARGUMENT", "Argument 'PLACEMENT' is null or empty", argument="PLACEMENT")
    before = call.portal.app.placements
    kept = [row for row in before if row["placement"] != place or handler not in ("", row["handler"])]
    call.portal.app.placements = kept
    return {"count": 2 * (len(before) - len(kept))}


def get(call: Call) -> list[dict[str, Any]]:
    """The application's placements."""
    return [dict(row) for row in call.portal.app.placements]


def list_places(call: Call) -> list[str]:
    """The codes that exist."""
    return list(PLACES)


METHODS = {
    "placement.bind": Method("placement", bind),
    "placement.unbind": Method("placement", unbind),
    "placement.get": Method("placement", get),
    "placement.list": Method("placement", list_places),
}
