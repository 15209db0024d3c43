"""The last messages of a dialog, for its panel (page im.dialog.messages.get). Marks nothing as read."""

from typing import Any

import msgspec

from app.bitrix24.batch import Command
from app.openlines.model import Author, Dialog, Message
from app.openlines.values import formatted, identity, moment, number, plain, text

KEY = "messages"
MOST = 20


class _Message(msgspec.Struct):
    id: Any = None
    author_id: Any = None
    date: Any = None
    text: Any = None


class _User(msgspec.Struct):
    id: Any = None
    name: Any = None
    connector: Any = None


class _History(msgspec.Struct):
    messages: list[_Message | None] | dict[str, _Message | None] = []
    users: list[_User | None] | dict[str, _User | None] = []


_history = msgspec.json.Decoder(_History)


def messages_command(chat_id: int) -> Command:
    """The newest messages of a chat."""
    return Command(KEY, "im.dialog.messages.get", {"DIALOG_ID": f"chat{chat_id}", "LIMIT": MOST})


def read_messages(raw: bytes | msgspec.Raw, dialog: Dialog, my_id: int) -> list[Message]:
    """The messages, oldest first; empty when the answer cannot be read. Texts are plain, not HTML."""
    try:
        history = _history.decode(raw)
    except (msgspec.MsgspecError, ValueError):
        return []
    users = {number(user.id): user for user in _values(history.users) if user is not None}
    found = [
        _message(message, users, dialog, my_id)
        for message in _values(history.messages)
        if message is not None
    ]
    return sorted((message for message in found if message), key=lambda message: message.id)


def _values(items: list[Any] | dict[str, Any]) -> list[Any]:
    return list(items.values()) if isinstance(items, dict) else items


def _message(message: _Message, users: dict[int, _User], dialog: Dialog, my_id: int) -> Message | None:
    message_id, at = identity(message.id), moment(message.date)
    if not message_id or at is None:
        return None
    author_id = number(message.author_id)
    user = users.get(author_id, _User())
    return Message(
        id=message_id,
        at=at,
        author=_author(author_id, user, dialog, my_id),
        author_name=(text(user.name, 255) or None) if author_id > 0 else None,
        text=plain(message.text),
        bb=formatted(message.text),
    )


def _author(author_id: int, user: _User, dialog: Dialog, my_id: int) -> Author:
    if author_id <= 0:
        return "system"
    if author_id == my_id:
        return "me"
    return "client" if user.connector is True or author_id == dialog.client_user_id else "operator"
