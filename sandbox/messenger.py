"""The portal's own messenger, as JSON for its pages: the operator's chats, one chat, the native actions."""

from typing import Any

from sandbox import access, lines, queues
from sandbox.portal import Portal
from sandbox.rest_errors import RestFault
from sandbox.text import plain, stamp
from sandbox.world import Chat, Message, User, World


def chats(portal: Portal, user: User) -> list[dict[str, Any]]:
    """The user's chats, offers first, then by activity."""
    with portal.lock:
        mine = [chat for chat in portal.world.chats.values() if shown(chat, user)]
        mine.sort(key=lambda chat: (user.id not in chat.offered, -chat.updated.timestamp(), -chat.id))
        return [brief(portal.world, chat, user) for chat in mine]


def shown(chat: Chat, user: User) -> bool:
    """Whether the chat is in the user's list."""
    recent = chat.recent.get(user.id)
    return user.id in chat.offered or (recent is not None and not recent.hidden)


def title_of(world: World, chat: Chat, user: User) -> str:
    """A private chat is called like the other person."""
    other = next((member for member in chat.members if member != user.id), 0)
    return world.users[other].full_name if chat.kind == "private" and other else chat.title


def brief(world: World, chat: Chat, user: User) -> dict[str, Any]:
    """One row of the messenger."""
    recent, session = chat.recent.get(user.id), chat.session
    last = chat.messages[-1] if chat.messages else None
    return {
        "chat_id": chat.id,
        "title": title_of(world, chat, user),
        "text": plain(last.text, file=last.file) if last else "",
        "at": stamp(chat.updated),
        "counter": 1 if user.id in chat.offered else recent.counter if recent else 0,
        "color": chat.color,
        "kind": chat.kind,
        "connector": chat.connector,
        "offered": user.id in chat.offered,
        "mine": chat.owner == user.id,
        "pinned": bool(session and session.pause),
        "status": session.status if session else None,
    }


def one(portal: Portal, user: User, chat_id: int) -> dict[str, Any]:
    """A chat with its messages; raises KeyError, or RestFault without access."""
    with portal.lock:
        world = portal.world
        chat = world.chats[chat_id]
        if not access.has_access(chat, user):
            raise RestFault("ACCESS_ERROR", "No access", 403)
        session, line = chat.session, world.lines.get(chat.moved_line or chat.line_id)
        owner = world.users.get(chat.owner)
        return brief(world, chat, user) | {
            "session_id": session.id if session else None,
            "line": line.name if line else "",
            "owner": owner.full_name if owner else "",
            "silent": chat.silent == "Y" or (user.id, chat.id) in world.personal_silent,
            "open": access.is_open(session),
            "messages": [message(world, chat, user, item) for item in chat.messages[-60:]],
        }


def message(world: World, chat: Chat, user: User, item: Message) -> dict[str, Any]:
    """One message for the eye."""
    author = world.users.get(item.author_id)
    side = "system" if author is None else "client" if author.connector else "operator"
    return {
        "id": item.id,
        "side": "me" if item.author_id == user.id else side,
        "author": author.full_name if author else "",
        "text": plain(item.text, file=item.file),
        "at": stamp(item.date),
        "hidden": item.hidden,
    }


def act(portal: Portal, user: User, chat_id: int, what: str, text: str) -> dict[str, Any]:
    """What the buttons of the native messenger do; raises ValueError for an unknown one."""
    with portal.lock:
        world, chat = portal.world, portal.world.chats[chat_id]
        if what == "send" and text:
            lines.operator_message(world, chat, user.id, text)
        elif what == "read":
            read(chat, user)
        elif what == "answer" and user.id in chat.offered:
            lines.answer(world, chat, user)
        elif what == "skip":
            queues.skip(world, chat, user)
        elif what == "finish" and chat.owner == user.id:
            lines.finish(world, chat)
        elif what in ("pin", "unpin") and chat.owner == user.id:
            lines.switch_pin(world, chat, user, what == "pin")
        elif what in ("silence", "unsilence"):
            lines.set_silent(world, chat, user, what == "silence", portal.switches["silent_scope"])
        else:
            raise ValueError(f"cannot {what} here")
    return {"ok": True}


def read(chat: Chat, user: User) -> None:
    """Looking at a chat in the messenger marks it as read, as the portal does."""
    recent = chat.recent.get(user.id)
    if recent:
        recent.counter, recent.last_id = 0, chat.messages[-1].id if chat.messages else 0


def unread(portal: Portal, user: User) -> int:
    """The badge of the messenger in the menu: chats with something new."""
    return sum(1 for row in chats(portal, user) if row["counter"])
