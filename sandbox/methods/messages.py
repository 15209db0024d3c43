"""Messages of a chat, read without marking anything as read (scope im)."""

from typing import Any

from sandbox import access, cards
from sandbox.methods.call import Call, Method, dialog_chat_id
from sandbox.rest_errors import RestFault
from sandbox.world import Chat


def readable(call: Call) -> Chat:
    """The chat of DIALOG_ID, if the user may look into it."""
    dialog_id = call.text("DIALOG_ID")
    if not dialog_id:
        raise RestFault("DIALOG_ID_EMPTY", "Dialog ID can't be empty")
    chat = call.world.chats.get(dialog_chat_id(dialog_id))
    if chat is None or not access.has_access(chat, call.user):
        raise RestFault("ACCESS_ERROR", "You do not have access to the specified dialog", 403)
    return chat


def get(call: Call) -> dict[str, Any]:
    """im.dialog.messages.get: newest first; LAST_ID goes back, FIRST_ID forward; at most 50."""
    chat = readable(call)
    limit = min(call.number("LIMIT", 20), 50)
    limit = limit if limit > 0 else 20
    messages = sorted(chat.messages, key=lambda message: message.id)
    if "FIRST_ID" in call.params:
        page = [message for message in messages if message.id > call.number("FIRST_ID")][:limit]
    else:
        last = call.number("LAST_ID")
        page = [message for message in messages if not last or message.id < last][-limit:][::-1]
    authors = {message.author_id for message in page} - {0}
    return {
        "chat_id": chat.id,
        "messages": [cards.message_object(message) for message in page],
        "users": [cards.user_card(call.world.users[a]) for a in sorted(authors) if a in call.world.users],
        "files": [file_object(call, message.id) for message in page if message.file],
    }


def file_object(call: Call, number: int) -> dict[str, Any]:
    """An attached file."""
    return {"id": number, "name": "photo.jpg", "type": "image", "extension": "jpg", "size": 48213,
            "urlShow": f"{call.portal.origin}/bitrix/file/{number}"}  # fmt: skip


def read(call: Call) -> Any:
    """im.dialog.read: marks as read up to a message; false for a line chat without an owner."""
    chat = readable(call)
    recent = chat.recent.get(call.user.id)
    if recent is None or (chat.kind == "lines" and not chat.owner):
        return False
    newest = chat.messages[-1].id if chat.messages else 0
    recent.last_id = call.number("MESSAGE_ID", call.number("LAST_ID", newest))
    unread = [m for m in chat.messages if m.id > recent.last_id and m.author_id == chat.client_id]
    recent.counter = len(unread)
    return {
        "dialogId": chat.dialog_id,
        "chatId": chat.id,
        "lastId": recent.last_id,
        "counter": recent.counter,
    }


def read_all(call: Call) -> bool:
    """im.dialog.read.all: every chat of the user, not only open lines."""
    for chat in call.world.chats.values():
        recent = chat.recent.get(call.user.id)
        if recent is not None:
            recent.counter, recent.unread = 0, False
            recent.last_id = chat.messages[-1].id if chat.messages else 0
    return True


METHODS = {
    "im.dialog.messages.get": Method("im", get),
    "im.dialog.read": Method("im", read),
    "im.dialog.read.all": Method("im", read_all),
}
