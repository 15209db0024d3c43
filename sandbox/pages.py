"""The pages of a portal that a person sees, and the requests that their scripts make."""

from typing import Any

from flask import Flask, Response, redirect, render_template, request

from sandbox import authorize, frame, messenger, seed, switches
from sandbox.faults import KINDS, STRIKES
from sandbox.portal import Portal
from sandbox.rest_errors import RestFault
from sandbox.world import User

LANGUAGES = {
    "": "the user's own", "en": "English", "de": "Deutsch", "la": "Español", "br": "Português",
    "fr": "Français", "pl": "Polski", "ua": "Українська", "ru": "Русский", "tr": "Türkçe", "ar": "العربية",
    "ja": "日本語", "sc": "中文",
}  # fmt: skip
PAGE_ARGUMENTS = ("user", "lang", "placement", "chat", "bare")
IM_PLACES = ("IM_SIDEBAR", "IM_TEXTAREA", "IM_NAVIGATION")


def install(app: Flask, portal: Portal) -> None:
    """Add pages, scripts and the scripts' requests."""
    add_pages(app, portal)
    add_scripts(app, portal)

    @app.errorhandler(RestFault)
    def refused(fault: RestFault) -> tuple[dict[str, Any], int]:
        return fault.body(), fault.status


def cookie_name(portal: Portal) -> str:
    """Cookies of one host are shared by all its ports, so the name holds the portal's number."""
    return f"sandbox_user_{portal.number}"


def visitor(portal: Portal) -> User:
    """Who sits at the browser: the query decides, then the cookie, then the main operator."""
    wanted = request.args.get("user", type=int) or request.cookies.get(cookie_name(portal), type=int)
    user = portal.world.users.get(wanted or 0)
    return user if user and user.active and not user.connector else portal.user(None)


def remembered(portal: Portal, user: User, page: str) -> Response:
    """The page with the visitor remembered; never stored by the browser."""
    answer = Response(page, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})
    answer.set_cookie(cookie_name(portal), str(user.id), samesite="Lax")
    return answer


def page_values(portal: Portal, user: User) -> dict[str, Any]:
    """What every page shows around its content."""
    staff = [person for person in portal.world.users.values() if not person.connector and person.active]
    return {
        "portal": portal,
        "user": user,
        "staff": staff,
        "lang": request.args.get("lang", ""),
        "languages": LANGUAGES,
        "unread": messenger.unread(portal, user),
        "seeds": seed.SEEDS,
        "kinds": {kind: [target for target in STRIKES if kind in STRIKES[target]] for kind in sorted(KINDS)},
        "choices": switches.CHOICES,
        "bare": request.args.get("bare") == "1",
    }


def add_pages(app: Flask, portal: Portal) -> None:
    """Pages."""

    @app.get("/")
    @app.get("/marketplace/app/1/")
    def home() -> Response | Any:
        user, placement = visitor(portal), request.args.get("placement", "DEFAULT")
        chat_id = request.args.get("chat", type=int)
        if placement in IM_PLACES:
            return messenger_page(portal, user, placement, chat_id)
        values = page_values(portal, user)
        template, extra = app_content(portal, user, placement, chat_id)
        return remembered(portal, user, render_template(template, **values, **extra))

    @app.get("/online/")
    def online() -> Response:
        user, dialog = visitor(portal), request.args.get("IM_DIALOG", "")
        digits = dialog.removeprefix("chat")
        return messenger_page(portal, user, "", int(digits) if digits.isdigit() else None)

    @app.post("/_portal/add")
    def add() -> Any:
        if visitor(portal).admin:
            portal.app.added = True
        return redirect("/", 303)

    @app.get("/oauth/authorize/")
    def authorization() -> Response:
        wanted = request.args.get("user_id", type=int)
        return authorize.answer(portal, portal.world.users.get(wanted or 0) or visitor(portal))


def app_content(
    portal: Portal, user: User, placement: str, chat_id: int | None
) -> tuple[str, dict[str, Any]]:
    """The frame, the offer to install, or the notice that an administrator has to."""
    if not portal.app.added:
        return "offer.html", {}
    if not portal.app.installed and not user.admin:
        return "unfinished.html", {}
    lang = request.args.get("lang", "")
    options = {"dialogId": f"chat{chat_id}"} if placement != "DEFAULT" and chat_id else passed_on()
    return "app.html", {"frame": frame.hidden_form(portal, user, lang, placement, options)}


def passed_on() -> dict[str, str]:
    """The page's own parameters reach the app as PLACEMENT_OPTIONS, as `install_finished` does."""
    return {name: value for name, value in request.args.items() if name not in PAGE_ARGUMENTS}


def messenger_page(portal: Portal, user: User, placement: str, chat_id: int | None) -> Response:
    """The messenger with a chat, and the app in one of its places."""
    made = None
    if placement and portal.app.installed:
        bound = any(row["placement"] == placement for row in portal.app.placements)
        lang = request.args.get("lang", "")
        options = {"dialogId": f"chat{chat_id}"} if chat_id and placement != "IM_NAVIGATION" else {}
        made = frame.hidden_form(portal, user, lang, placement, options) if bound else None
    page = render_template(
        "messenger.html", **page_values(portal, user), frame=made, placement=placement, chat_id=chat_id
    )
    return remembered(portal, user, page)


def add_scripts(app: Flask, portal: Portal) -> None:
    """What the pages' scripts ask."""

    @app.get("/bx24.js")
    def library() -> Response:
        return app.send_static_file("bx24.js")

    @app.post("/_portal/frame")
    def frame_command() -> dict[str, Any]:
        message = request.get_json()
        owner = portal.app.sids.get(str(message.get("sid")))
        return frame.answer(portal, portal.user(owner) if owner else visitor(portal), message)

    @app.get("/_portal/unread")
    def unread() -> dict[str, int]:
        return {"unread": messenger.unread(portal, visitor(portal))}

    @app.get("/_portal/chats")
    def chat_list() -> dict[str, Any]:
        return {"chats": messenger.chats(portal, visitor(portal))}

    @app.get("/_portal/chats/<int:chat_id>")
    def chat(chat_id: int) -> dict[str, Any]:
        return messenger.one(portal, visitor(portal), chat_id)

    @app.post("/_portal/chats/<int:chat_id>/<what>")
    def chat_act(chat_id: int, what: str) -> dict[str, Any]:
        body = request.get_json(silent=True) or {}
        return messenger.act(portal, visitor(portal), chat_id, what, str(body.get("text", "")).strip())
