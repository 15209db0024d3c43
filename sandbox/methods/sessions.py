"""imopenlines.session.*: parameter names must be upper case exactly, and `true` is no proof."""

from typing import Any

from sandbox import access, cards, lines, packed, queues
from sandbox import world as w
from sandbox.methods.call import Call, Method
from sandbox.rest_errors import RestFault
from sandbox.text import stamp
from sandbox.world import Chat, Message, Session


def chat_id(call: Call) -> int:
    """CHAT_ID or its own complaint."""
    number = call.number("CHAT_ID")
    if not number:
        raise RestFault("CHAT_ID_EMPTY", "Chat ID can't be empty")
    return number


def open_session(call: Call) -> dict[str, str]:
    """session.open: the chat id as a string."""
    code = call.text("USER_CODE").removeprefix("imol|")
    chat = next((c for c in call.world.chats.values() if c.connector and packed.entity_id(c) == code), None)
    if chat is None or not access.has_access(chat, call.user):
        raise RestFault("ACCESS_DENIED", "Access denied")
    return {"chatId": str(chat.id)}


def start(call: Call) -> bool:
    """session.start: an outgoing session with the caller, or joining the running one."""
    chat = access.find_chat(call.world, call.number("CHAT_ID"))
    if access.is_open(chat.session):
        access.attach(chat, call.user.id)
        return True
    call.world.open_session(chat, call.user.id, w.ANSWER)
    chat.owner = call.user.id
    access.attach(chat, call.user.id)
    call.world.tell("ONSESSIONSTART", chat, None)
    return True


def join(call: Call) -> bool:
    """session.join: a member more, and a system message."""
    chat = access.check_access(call.world, call.number("CHAT_ID"), call.user)
    if call.user.id not in chat.members:
        access.attach(chat, call.user.id)
        call.world.say(chat, 0, f"{call.user.full_name} joined the conversation")
    return True


def intercept(call: Call) -> bool:
    """session.intercept: true without effect where nobody or the caller is responsible."""
    chat = call.world.chats.get(chat_id(call))
    if chat is None or chat.kind != "lines" or not access.has_access(chat, call.user):
        raise RestFault("OPERATOR_WRONG", "Operator is wrong")
    if chat.owner in (0, call.user.id) or chat.session is None:
        return True
    lines.answer(call.world, chat, call.user)
    return True


def history(call: Call) -> dict[str, Any]:
    """session.history.get by SESSION_ID or the last session of CHAT_ID."""
    if not call.number("SESSION_ID") and not call.number("CHAT_ID"):
        raise RestFault("MISSING_REQUIRED_PARAM", "SESSION_ID or CHAT_ID is required")
    session = find_session(call)
    if session is None:
        raise RestFault("INVALID_SESSION_ID", "Session ID is wrong")
    chat = call.world.chats[session.chat_id]
    said = [message for message in chat.messages if message.session_id == session.id]
    if not said or not (call.user.admin or session.operator_id == call.user.id):
        raise RestFault("ACCESS_DENIED", "You do not have access to the session")
    return history_object(call, chat, session, said)


def find_session(call: Call) -> Session | None:
    """The session asked for."""
    if call.number("SESSION_ID"):
        return call.world.sessions.get(call.number("SESSION_ID"))
    chat = call.world.chats.get(call.number("CHAT_ID"))
    return chat.session if chat else None


def history_object(call: Call, chat: Chat, session: Session, said: list[Message]) -> dict[str, Any]:
    """What was said in one session. Keys run together in lower case, ids as strings."""
    users = {m.author_id for m in said} | ({chat.client_id} if chat.client_id else set())
    known = {number: call.world.users[number] for number in users if number in call.world.users}
    return {
        "chatId": chat.id,
        "sessionId": session.id,
        "canJoin": "Y",
        "canVoteHead": "N",
        "sessionVoteHead": session.vote,
        "sessionCommentHead": session.comment,
        "userId": chat.dialog_id,
        "message": {str(message.id): history_message(message) for message in said},
        "usersMessage": {chat.dialog_id: [message.id for message in reversed(said)]},
        "users": {str(number): cards.user_card(user) for number, user in known.items()} or [],
        "openlines": {"canvoteashead": {str(session.line_id): False}},
        "userInGroup": [],
        "woUserInGroup": [],
        "chat": {str(chat.id): cards.chat_core(chat, call.user.id)},
        "userBlockChat": {str(chat.id): []},
        "userInChat": {str(chat.id): sorted(chat.members)},
        "files": [],
    }


def history_message(message: Message) -> dict[str, Any]:
    """One message of the history."""
    return {
        "id": str(message.id),
        "chatid": str(message.chat_id),
        "senderid": str(message.author_id),
        "recipientid": f"chat{message.chat_id}",
        "date": stamp(message.date),
        "text": message.text,
        "textlegacy": message.text.replace("\n", "<br />"),
        "params": [],
    }


def message_start(call: Call) -> bool:
    """message.session.start: a new session with one message of the old one; true whatever happens."""
    chat = access.check_access(call.world, chat_id(call), call.user)
    found = next((message for message in chat.messages if message.id == call.number("MESSAGE_ID")), None)
    if found is not None:
        lines.close(call.world, chat)
        call.world.open_session(chat, call.user.id, w.ANSWER)
        chat.owner = call.user.id
        access.attach(chat, call.user.id)
        call.world.say(chat, found.author_id, found.text)
    return True


def create_lead(call: Call) -> bool:
    """crm.lead.create: true at once when the chat has an entity already."""
    chat = access.check_access(call.world, chat_id(call), call.user)
    if chat.crm_id:
        return True
    if not access.is_open(chat.session):
        queues.reopen(call.world, chat)
    if chat.owner != call.user.id:
        raise RestFault("ERROR_USER_NOT_OPERATOR", "User is not the operator")
    chat.crm_type, chat.crm_id, chat.crm = "LEAD", 5000 + chat.id, {"LEAD": 5000 + chat.id}
    return True


def head_vote(call: Call) -> bool:
    """session.head.vote: above 5 counts as 0, and a missing COMMENT wipes the old one."""
    if not call.number("SESSION_ID"):
        raise RestFault("EMPTY_SESSION_ID", "Session ID can't be empty")
    if "RATING" not in call.params and "COMMENT" not in call.params:
        raise RestFault("EMPTY_VOTE_PARAMS", "Vote parameters can't be empty")
    session = call.world.sessions.get(call.number("SESSION_ID"))
    if session is None or not call.user.admin:
        raise RestFault("ACCESS_DENIED", "You do not have access to vote")
    rating = call.number("RATING", session.vote)
    session.vote = rating if 0 < rating <= 5 else 0
    session.comment = call.text("COMMENT")
    return True


METHODS = {
    "imopenlines.session.open": Method("imopenlines", open_session, upper=False),
    "imopenlines.session.start": Method("imopenlines", start, upper=False),
    "imopenlines.session.join": Method("imopenlines", join, upper=False),
    "imopenlines.session.intercept": Method("imopenlines", intercept, upper=False),
    "imopenlines.session.history.get": Method("imopenlines", history, upper=False),
    "imopenlines.message.session.start": Method("imopenlines", message_start, upper=False),
    "imopenlines.crm.lead.create": Method("imopenlines", create_lead, upper=False),
    "imopenlines.session.head.vote": Method("imopenlines", head_vote, upper=False),
}
