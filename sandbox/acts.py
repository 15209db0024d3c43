"""What happens at a portal without the app: clients write, colleagues close, people leave. And the truth."""

from collections.abc import Callable
from typing import Any

from sandbox import access, lifecycle, lines, queues
from sandbox.portal import Portal
from sandbox.world import Chat, World


def chat_of(world: World, wanted: dict[str, Any]) -> Chat:
    """The chat that is meant, or the newest open one of the user; raises ValueError where there is none."""
    if wanted.get("chat_id"):
        return world.chats[int(wanted["chat_id"])]
    user_id = int(wanted.get("user_id") or world.main_user)
    mine = [
        c
        for c in world.chats.values()
        if c.kind == "lines" and c.owner == user_id and access.is_open(c.session)
    ]
    if not mine:
        raise ValueError(f"{world.users[user_id].full_name} has no open dialog: choose one, or another user.")
    return max(mine, key=lambda chat: chat.id)


def client_message(portal: Portal, wanted: dict[str, Any]) -> dict[str, Any]:
    """The client of a chat writes."""
    chat = chat_of(portal.world, wanted)
    lines.client_message(portal.world, chat, str(wanted.get("text") or "Are you still there?"))
    return {"chat_id": chat.id}


def operator_message(portal: Portal, wanted: dict[str, Any]) -> dict[str, Any]:
    """The chat's operator (or a named one) writes."""
    chat = chat_of(portal.world, wanted)
    author = int(wanted.get("user_id") or chat.owner or portal.world.main_user)
    lines.operator_message(portal.world, chat, author, str(wanted.get("text") or "One moment, please."))
    return {"chat_id": chat.id}


def queue_dialog(portal: Portal, wanted: dict[str, Any]) -> dict[str, Any]:
    """A new client comes to a line; `user_id` alone gets the offer if given."""
    world = portal.world
    line_id = int(wanted.get("line_id") or min(world.lines))
    name = str(wanted.get("name") or "Green Guest #17")
    chat = queues.queue_dialog(world, line_id, name, str(wanted.get("text") or "Anybody here?"))
    if wanted.get("user_id"):
        chat.offered = [int(wanted["user_id"])]
    return {"chat_id": chat.id}


def close(portal: Portal, wanted: dict[str, Any]) -> dict[str, Any]:
    """A dialog is closed by somebody else."""
    chat = chat_of(portal.world, wanted)
    lines.close(portal.world, chat)
    return {"chat_id": chat.id}


def requeue(portal: Portal, wanted: dict[str, Any]) -> dict[str, Any]:
    """The queue takes a dialog back."""
    chat = chat_of(portal.world, wanted)
    queues.requeue(portal.world, chat)
    return {"chat_id": chat.id}


def take(portal: Portal, wanted: dict[str, Any]) -> dict[str, Any]:
    """Somebody answers (or intercepts) the dialog."""
    chat = chat_of(portal.world, wanted)
    lines.answer(portal.world, chat, portal.user(int(wanted["user_id"])))
    return {"chat_id": chat.id}


def pin(portal: Portal, wanted: dict[str, Any], *, on: bool = True) -> dict[str, Any]:
    """The dialog's operator pins it in the portal itself."""
    chat = chat_of(portal.world, wanted)
    lines.switch_pin(portal.world, chat, portal.user(chat.owner), on)
    return {"chat_id": chat.id}


def silence(portal: Portal, wanted: dict[str, Any], *, on: bool = True) -> dict[str, Any]:
    """Hidden mode is switched in the portal itself."""
    chat = chat_of(portal.world, wanted)
    user = portal.user(int(wanted.get("user_id") or chat.owner))
    lines.set_silent(portal.world, chat, user, on, portal.switches["silent_scope"])
    return {"chat_id": chat.id}


def set_available(portal: Portal, wanted: dict[str, Any], *, available: bool) -> dict[str, Any]:
    """An operator leaves or comes back."""
    user = portal.user(int(wanted.get("user_id") or portal.world.main_user))
    return {"requeued": queues.set_available(portal.world, user, available)}


def dismiss(portal: Portal, wanted: dict[str, Any], *, active: bool = False) -> dict[str, Any]:
    """An employee is dismissed (or hired back)."""
    portal.user(int(wanted["user_id"])).active = active
    return {}


def admit(portal: Portal, wanted: dict[str, Any], *, admitted: bool = True) -> dict[str, Any]:
    """The administrator lets a user into the app, or does not."""
    portal.user(int(wanted["user_id"])).admitted = admitted
    return {}


def bump(portal: Portal, wanted: dict[str, Any]) -> dict[str, Any]:
    """A newer version of the app arrives."""
    admin = next(user for user in portal.world.users.values() if user.admin)
    return lifecycle.bump_version(portal, admin)


def rotate_application_token(portal: Portal, wanted: dict[str, Any]) -> dict[str, Any]:
    """The portal proves its events by another token from now on, as with another secret of the app."""
    portal.app.token_number += 1
    return {}


ACTS: dict[str, Callable[[Portal, dict[str, Any]], dict[str, Any]]] = {
    "client_message": client_message,
    "operator_message": operator_message,
    "queue_dialog": queue_dialog,
    "close": close,
    "requeue": requeue,
    "take": take,
    "pin": pin,
    "unpin": lambda portal, wanted: pin(portal, wanted, on=False),
    "silence": silence,
    "unsilence": lambda portal, wanted: silence(portal, wanted, on=False),
    "set_offline": lambda portal, wanted: set_available(portal, wanted, available=False),
    "set_online": lambda portal, wanted: set_available(portal, wanted, available=True),
    "dismiss": dismiss,
    "hire": lambda portal, wanted: dismiss(portal, wanted, active=True),
    "admit": admit,
    "expel": lambda portal, wanted: admit(portal, wanted, admitted=False),
    "bump_version": bump,
    "rotate_application_token": rotate_application_token,
}


def perform(portal: Portal, wanted: dict[str, Any]) -> dict[str, Any]:
    """Carry out `what`; raises ValueError for an unknown one."""
    act = ACTS.get(str(wanted.get("what")))
    if act is None:
        raise ValueError(f"what must be one of {', '.join(ACTS)}")
    with portal.lock:
        return {"ok": True, **act(portal, wanted)}


def truth(portal: Portal, user_id: int | None) -> list[dict[str, Any]]:
    """What is really so, for one user (owned, joined, offered) or of all open-line chats."""
    with portal.lock:
        chats = [chat for chat in portal.world.chats.values() if chat.kind == "lines"]
        return [
            fact(portal.world, chat, user_id) for chat in chats if user_id is None or concerns(chat, user_id)
        ]


def concerns(chat: Chat, user_id: int) -> bool:
    """Whether the chat is the user's business."""
    return user_id in chat.members or user_id in chat.offered or chat.owner == user_id


def fact(world: World, chat: Chat, user_id: int | None) -> dict[str, Any]:
    """One chat as it is."""
    session = chat.session
    recent = chat.recent.get(user_id or 0)
    watchers = [user_id] if user_id else [user for user, number in world.personal_silent if number == chat.id]
    return {
        "chat_id": chat.id,
        "session_id": session.id if session else 0,
        "status": session.status if session else 0,
        "pinned": bool(session and session.pause),
        "silent": chat.silent == "Y" or any((user, chat.id) in world.personal_silent for user in watchers),
        "owner": chat.owner,
        "operator_id": session.operator_id if session else 0,
        "line_id": chat.moved_line or chat.line_id,
        "title": chat.title,
        "offered": list(chat.offered),
        "members": sorted(chat.members),
        "listed": bool(recent and not recent.hidden) or (user_id or 0) in chat.offered,
        "top": bool(recent and recent.pinned),
        "messages": len(chat.messages),
    }
