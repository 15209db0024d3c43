"""Open-line events in both shapes: what the portals' code sends, and what the documentation shows."""

from typing import Any

from sandbox import deliver
from sandbox.portal import Portal
from sandbox.text import stamp
from sandbox.world import Chat, Message

ADD, START, FINISH = "ONOPENLINEMESSAGEADD", "ONSESSIONSTART", "ONSESSIONFINISH"


def announce(portal: Portal, event: str, chat: Chat, message: Message | None) -> None:
    """Fire an event of a dialog, if the switch lets it; only an operator's own message comes with tokens."""
    shape = portal.switches["line_events"]
    if shape == "off":
        return
    if event == ADD and message is not None:
        data = incoming(chat, message) if message.author_id == chat.client_id else outgoing(chat, message)
    else:
        data = session_part(portal, chat, shape)
    if shape == "docs" and "DATA" in data:
        data = {**data, "DATA": [data["DATA"]]}
    author = portal.world.users.get(message.author_id) if message else None
    deliver.fire(portal, event, data, author.id if author and not author.connector else None)


def connector(chat: Chat) -> dict[str, Any]:
    """The outside of the dialog."""
    return {
        "connector_id": chat.connector,
        "line_id": chat.line_id,
        "chat_id": chat.external,
        "user_id": chat.client_id,
    }


def incoming(chat: Chat, message: Message) -> dict[str, Any]:
    """A client's message: the ids of chat and message are the connector's, not the portal's."""
    body = {
        "id": f"ext-{message.id}",
        "date": int(message.date.timestamp()),
        "text": message.text,
        "files": [],
        "user_id": chat.client_id,
    }
    return {"DATA": {"connector": connector(chat), "chat": {"id": chat.external}, "message": body, "ref": []}}


def outgoing(chat: Chat, message: Message) -> dict[str, Any]:
    """An operator's message: here the ids are the portal's."""
    body = {"id": message.id, "chat_id": chat.id, "user_id": message.author_id, "text": message.text}
    data = {"connector": connector(chat), "message": body, "no_session": "N"}
    return {"CONNECTOR": chat.connector, "LINE": chat.line_id, "DATA": data}


def session_part(portal: Portal, chat: Chat, shape: str) -> dict[str, Any]:
    """Start or end of a session: the code knows no session id, the documentation shows one."""
    session, line = chat.session, portal.world.lines.get(chat.line_id)
    if shape == "docs" and session is not None:
        closed = session.status >= 60
        part = {"id": session.id, "closed": closed, "close_term": stamp(chat.updated)}
        data = {"connector": connector(chat), "session": part, "chat": {"id": chat.id}}
        return {"DATA": {**data, "user": {"id": chat.client_id}}}
    about = {"id": chat.line_id, "name": line.name if line else ""}
    return {"DATA": {"connector": connector(chat), "chat": {"chat_id": chat.id}, "line": about}}
