"""Chat objects and what may be done to a chat as such (scopes im and imopenlines)."""

from typing import Any

from sandbox import access, cards, packed
from sandbox.methods.call import Call, Method, dialog_chat_id
from sandbox.methods.messages import readable
from sandbox.rest_errors import RestFault
from sandbox.world import Chat


def openline_dialog(call: Call) -> dict[str, Any]:
    """imopenlines.dialog.get by CHAT_ID, DIALOG_ID, SESSION_ID or USER_CODE, in that order."""
    chat = find(call)
    if chat is None or chat.kind != "lines" or not access.has_access(chat, call.user):
        raise RestFault("ACCESS_ERROR", "You do not have access to the specified dialog")
    return cards.chat_object(chat, call.user.id)


def find(call: Call) -> Chat | None:
    """The chat that the first given parameter names."""
    chats = call.world.chats
    if call.number("CHAT_ID"):
        return chats.get(call.number("CHAT_ID"))
    if call.text("DIALOG_ID"):
        return chats.get(dialog_chat_id(call.text("DIALOG_ID")))
    if call.number("SESSION_ID"):
        session = call.world.sessions.get(call.number("SESSION_ID"))
        return chats.get(session.chat_id) if session else None
    code = call.text("USER_CODE").removeprefix("imol|")
    return next((chat for chat in chats.values() if chat.connector and packed.entity_id(chat) == code), None)


def im_dialog(call: Call) -> dict[str, Any]:
    """im.dialog.get."""
    return cards.chat_object(readable(call), call.user.id)


def im_chat(call: Call) -> Any:
    """im.chat.get: the chat id of an entity, or null."""
    chat = next((c for c in call.world.chats.values() if packed.entity_id(c) == call.text("ENTITY_ID")), None)
    return {"ID": str(chat.id)} if chat and call.text("ENTITY_TYPE") == "LINES" else None


def mute(call: Call) -> bool:
    """im.chat.mute: refused for open lines since October 2025."""
    chat_id = call.number("CHAT_ID") or dialog_chat_id(call.text("DIALOG_ID"))
    if not chat_id:
        missing = "DIALOG_ID_EMPTY" if "DIALOG_ID" in call.params else "CHAT_ID_EMPTY"
        raise RestFault(missing, "Chat ID can't be empty")
    chat = call.world.chats.get(chat_id)
    if chat is not None and chat.kind == "lines" and call.switch("mute_lines") == "forbidden":
        raise RestFault("ACCESS_ERROR", "You do not have permission to mute this chat", 403)
    if chat is None or call.user.id not in chat.members:
        return False
    on = call.text("ACTION", call.text("MUTE", "Y")) != "N"
    (chat.muted.add if on else chat.muted.discard)(call.user.id)
    return True


METHODS = {
    "imopenlines.dialog.get": Method("imopenlines", openline_dialog),
    "im.dialog.get": Method("im", im_dialog),
    "im.chat.get": Method("im", im_chat),
    "im.chat.mute": Method("im", mute),
}
