"""The desk's page: what it starts from, for the frame and for a window of its own."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from flask import Response

from app.desk.actions.turns import CLICK_SECONDS
from app.desk.checks import MOST_TARGETS
from app.desk.service import Start
from app.openlines.actions import ACTIONS
from app.openlines.model import Listing
from app.portals.model import Operator
from app.web.errors import ErrorBody
from app.web.language import language, speak, wording
from app.web.pages import page
from app.web.services import services
from app.web.version import VERSION

POLLING = {"visible_seconds": 15}
# Inside a script element these could end it or, as line ends, break it.
_UNSAFE = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def desk_page(
    operator: Operator,
    token: str,
    *,
    portal_origin: str,
    listing: Listing | None,
    error: ErrorBody | None,
    in_frame: bool,
    chat_id: int | None = None,
    card: bool = False,
) -> Response:
    """Render the desk, or the card of one dialog, with its first list as data."""
    start = services().desk.start(operator)
    preferences = start.settings.effective
    if preferences["language"]:
        speak(preferences["language"])
    boot = {
        **_basis(operator, start),
        "listing": wording().listing(listing) if listing else None,
        "error": error,
        "focus_chat_id": chat_id,
        "in_frame": in_frame,
        "portal_origin": portal_origin,
        "words": services().words.subset(language(), "desk.", "error.", *(["card."] if card else [])),
    }
    return page(
        "card.html" if card else "desk.html",
        theme=str(preferences.get("theme", "auto")),
        session_token=token,
        boot_json=msgspec.json.encode(boot).decode().translate(_UNSAFE),
        in_frame=in_frame,
        chat_id=chat_id,
    )


def _basis(operator: Operator, start: Start) -> dict[str, Any]:
    """What every page of this operator starts from, wherever it stands."""
    return {
        "operator": {"user_id": operator.user_id, "name": operator.name, "is_admin": operator.is_admin},
        "preferences": start.settings.effective,
        "settings": start.settings,
        "views": start.views,
        "run": start.run,
        "version": VERSION,
        "polling": POLLING,
        "language": language(),
        "actions": list(ACTIONS),
        "limits": {"per_request": MOST_TARGETS, "click_seconds": CLICK_SECONDS},
        "now": datetime.now(UTC),
    }
