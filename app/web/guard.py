"""Who may call a route. Every route carries a mark; the app does not start with one that has none.

The operator comes from the verified browser session, never from the body or the address.
"""

from flask import Flask, g, request

from app.portals.model import Operator
from app.web.access import MARK, unmarked
from app.web.failures import Forbidden, InvalidRequest, SessionExpired
from app.web.services import services
from app.web.session import session_operator


def operator() -> Operator:
    """The operator of this request; only in views marked with `operator_required`."""
    found: Operator = g.operator
    return found


def install_guard(app: Flask, app_origin: str) -> None:
    """Check marks now, and sessions before each request."""
    if names := unmarked(app):
        raise RuntimeError(f"routes without an access mark: {', '.join(names)}")

    @app.before_request
    def check() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if getattr(view, MARK, "public") == "public":
            return
        refuse_foreign(app_origin)
        found = session_operator(services().sessions)
        if found is None:
            raise SessionExpired
        if "\0" in request.path:
            raise InvalidRequest("path")
        crowd = services().crowd
        crowd.enter(found.member_id)
        g.crowded = found.member_id
        g.operator = found

    @app.teardown_request
    def leave(_: BaseException | None) -> None:
        if (member_id := g.pop("crowded", None)) is not None:
            services().crowd.leave(member_id)


def refuse_foreign(app_origin: str) -> None:
    """Refuse a request that a browser marks as another site's (the header token alone already stops it)."""
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if (origin is not None and origin != app_origin) or site not in ("same-origin", "none"):
        raise Forbidden("foreign_origin")
