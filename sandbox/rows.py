"""Rows of the two listings: own chats, offered chats, conversations with colleagues (page im.recent.get)."""

from typing import Any

from sandbox.cards import PERMISSIONS, chat_core, user_card
from sandbox.text import plain, stamp
from sandbox.world import Chat, Message, World


def last_message(message: Message | None, chat: Chat) -> dict[str, Any]:
    """The `message` of a row: stripped text and the author's id."""
    if message is None:
        return {"id": 0, "text": plain(""), "file": False, "author_id": 0, "attach": False,
                "date": stamp(chat.updated), "status": "received"}  # fmt: skip
    return {
        "id": message.id,
        "text": plain(message.text, file=message.file),
        "file": {"id": message.id, "type": "image", "name": "photo.jpg"} if message.file else False,
        "author_id": message.author_id,
        "attach": False,
        "date": stamp(message.date),
        "status": "received",
        "uuid": None,
    }


def session_part(chat: Chat) -> dict[str, Any]:
    """The `lines` of a row: the *session's* id, status and creation."""
    if chat.session is None:
        return {"id": 0, "status": 0, "date_create": stamp(chat.updated)}
    return {
        "id": chat.session.id,
        "status": chat.session.status,
        "date_create": stamp(chat.session.created),
    }


def own_row(world: World, chat: Chat, user_id: int, *, counters: bool = True) -> dict[str, Any]:
    """A row of a chat where the user is a member."""
    recent = chat.recent[user_id]
    message = chat.messages[-1] if chat.messages else None
    core = chat_core(chat, user_id)
    row: dict[str, Any] = {
        "id": chat.dialog_id,
        "chat_id": chat.id,
        "type": "chat",
        "avatar": {"url": "", "color": chat.color},
        "title": chat.title,
        "message": {**last_message(message, chat), **({"sticker": None} if message else {})},
        "counter": recent.counter,
        "last_id": recent.last_id,
        "pinned": recent.pinned,
        "unread": recent.unread,
        "has_reminder": False,
        "date_update": stamp(chat.updated),
        "date_last_activity": stamp(chat.updated),
        "chat": core
        | {
            "parent_chat_id": 0,
            "parent_message_id": 0,
            "contains_collaber": False,
            "role": "OWNER" if chat.owner == user_id else "MEMBER",
            "text_field_enabled": True,
            "background_id": None,
            "entity_link": {"type": core["entity_type"], "url": "", "id": core["entity_id"]},
            "permissions": PERMISSIONS,
            "public": "",
        },
        "user": user_card(world.users.get(message.author_id) if message else None),
        "options": [],
    }
    if chat.kind == "lines":
        row["lines"] = session_part(chat)
    if not counters:
        del row["counter"]
    return changed(row, chat.odd)


def changed(row: dict[str, Any], odd: dict[str, Any]) -> dict[str, Any]:
    """The row with what a seed wants otherwise, key by key."""
    maps = {key for key in odd if isinstance(odd[key], dict) and isinstance(row.get(key), dict)}
    return row | odd | {key: changed(row[key], odd[key]) for key in maps}


def queue_row(chat: Chat, user_id: int) -> dict[str, Any]:
    """A row of a chat that is only offered: fewer keys, counter always 1, no author card."""
    return {
        "id": chat.dialog_id,
        "chat_id": chat.id,
        "type": "chat",
        "avatar": {"url": "", "color": chat.color},
        "title": chat.title,
        "message": last_message(chat.messages[-1] if chat.messages else None, chat),
        "counter": 1,
        "pinned": False,
        "unread": False,
        "has_reminder": False,
        "date_update": stamp(chat.updated),
        "chat": {**chat_core(chat, user_id), "manager_list": [0]},
        "lines": session_part(chat),
        "user": {"id": 0},
    }


def private_row(world: World, chat: Chat, user_id: int) -> dict[str, Any]:
    """A row of a conversation with one colleague: its id is the colleague's."""
    other = next((member for member in sorted(chat.members) if member != user_id), 0)
    row = own_row(world, chat, user_id)
    del row["chat"]
    person = world.users.get(other)
    return row | {"id": other, "type": "user", "title": person.full_name if person else "",
                  "user": user_card(person)}  # fmt: skip
