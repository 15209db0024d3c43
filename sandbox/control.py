"""The control API under /_sandbox: tests and the control panel move the portal with it. JSON in and out."""

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Flask, Response, abort, request

from sandbox import acts, lifecycle, opening, seed, switches
from sandbox.portal import Portal
from sandbox.world import User


def install(app: Flask, own: Portal, portals: Sequence[Portal]) -> None:
    """Add the control routes to a portal's site; `?portal=<n>` addresses another portal of the process."""
    api = Blueprint("control", "sandbox.control", url_prefix="/_sandbox")

    def portal() -> Portal:
        number = request.args.get("portal", type=int)
        if number is None:
            return own
        return portals[number - 1] if 0 < number <= len(portals) else abort(404)

    add_world_routes(api, portal)
    add_app_routes(api, portal)
    add_trouble_routes(api, portal)
    app.register_blueprint(api)

    @app.errorhandler(ValueError)
    def refused(error: ValueError) -> tuple[dict[str, str], int]:
        return {"error": str(error)}, 422

    @app.errorhandler(KeyError)
    def unknown(error: KeyError) -> tuple[dict[str, str], int]:
        return {"error": f"There is no {error} here."}, 422


def payload() -> dict[str, Any]:
    """The JSON body, or nothing."""
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def truth_value(value: Any) -> bool:
    """1, true, "1" and the like."""
    return str(value).lower() in ("1", "true", "y", "yes", "on")


def chosen_user(portal: Portal, value: Any, *, admin: bool = False) -> User:
    """The user of a request; without one the main operator, or an administrator. Raises KeyError."""
    if value not in (None, ""):
        return portal.user(int(value))
    if admin:
        return next(user for user in portal.world.users.values() if user.admin and user.active)
    return portal.user(None)


def add_world_routes(api: Blueprint, portal: Any) -> None:
    """Reset, happenings, what is really so."""

    @api.post("/reset")
    def reset() -> dict[str, Any]:
        wanted, target = payload(), portal()
        name = str(wanted.get("seed", "contact_centre"))
        if name not in seed.SEEDS:
            raise ValueError(f"seed must be one of {', '.join(seed.SEEDS)}")
        if wanted.get("app_url"):
            target.app_url = str(wanted["app_url"]).rstrip("/")
        installed = wanted.get("installed", False)
        installed = None if installed == "keep" else truth_value(installed)
        target.reset(name, int(wanted.get("dialogs", 200)), installed=installed)
        return {"ok": True, "seed": name, "main_user": target.world.main_user}

    @api.post("/act")
    def act() -> dict[str, Any]:
        return acts.perform(portal(), payload())

    @api.get("/truth")
    def truth() -> Response:
        return listed(acts.truth(portal(), request.args.get("user_id", type=int)))

    @api.get("/users")
    def users() -> Response:
        people = [user for user in portal().world.users.values() if not user.connector]
        return listed(
            [{"id": u.id, "name": u.full_name, "admin": u.admin, "language": u.language} for u in people]
        )


def add_app_routes(api: Blueprint, portal: Any) -> None:
    """Opening, installing, removing, and what the frame said."""

    @api.get("/open")
    def open_app() -> dict[str, Any]:
        target, args = portal(), request.args
        options = json.loads(args.get("options") or "{}")
        user = chosen_user(target, args.get("user_id"))
        return opening.form(
            target, user, lang=args.get("lang", ""), placement=args.get("placement") or "DEFAULT",
            options=options, handler=handler(target, args.get("page", "")),
            client_id=args.get("client_id", ""),
        )  # fmt: skip

    @api.post("/install")
    def install_app() -> dict[str, Any]:
        target = portal()
        lifecycle.finish_install(target, chosen_user(target, payload().get("user_id"), admin=True))
        return {"ok": True}

    @api.post("/uninstall")
    def uninstall_app() -> dict[str, Any]:
        lifecycle.uninstall(portal(), clean=truth_value(payload().get("clean", 0)))
        return {"ok": True}

    @api.get("/app")
    def app_row() -> dict[str, Any]:
        target = portal()
        row = target.app
        return {
            "added": row.added,
            "installed": row.installed,
            "version": row.version,
            "handlers": row.handlers,
            "placements": row.placements,
            "application_token": target.application_token,
            "member_id": target.member_id,
            "app_url": target.app_url,
            "deliveries": list(target.deliveries),
        }

    @api.get("/frame_messages")
    def frame_messages() -> Response:
        return listed(list(portal().frame_messages))

    @api.post("/expire_tokens")
    def expire_tokens() -> dict[str, int]:
        target, user_id = portal(), payload().get("user_id")
        return {"expired": target.tokens.expire(target.number, None if user_id is None else int(user_id))}


def handler(target: Portal, page: str) -> str:
    """An address that was asked for by name (`app`, `install`) instead of by the portal's own choice."""
    return target.page_url(page) if page in ("app", "install") else ""


def add_trouble_routes(api: Blueprint, portal: Any) -> None:
    """Switches, faults, requests."""

    @api.route("/switches", methods=["GET", "POST"])
    def switch() -> dict[str, Any]:
        target = portal()
        if request.method == "POST":
            switches.change(target.switches, payload())
        return dict(target.switches)

    @api.get("/faults")
    def faults() -> Response:
        return listed([fault.spec() for fault in portal().faults.orders])

    @api.post("/faults")
    def add_fault() -> dict[str, Any]:
        return dict(portal().faults.add(payload()).spec())

    @api.delete("/faults")
    def no_faults() -> dict[str, Any]:
        portal().faults.clear(request.args.get("number", type=int))
        return {"ok": True}

    @api.get("/requests")
    def requests() -> Response:
        since = request.args.get("since", 0, type=int)
        return listed([row for row in portal().record.all() if row["n"] > since])

    @api.delete("/requests")
    def no_requests() -> dict[str, Any]:
        portal().record.clear()
        return {"ok": True}


def listed(rows: list[Any]) -> Response:
    """A JSON array."""
    return Response(json.dumps(rows, default=str), content_type="application/json")
