"""The packed texts of an open-line chat, where the portal keeps its state (page im.dialog.get)."""

from typing import Any

from sandbox import world as w
from sandbox.world import Chat

SESSION_FIELD = 5


def entity_id(chat: Chat) -> str:
    """`connector|line|external chat|client`."""
    return f"{chat.connector}|{chat.line_id}|{chat.external}|{chat.client_id}"


def entity_data_1(chat: Chat) -> str:
    """The ten packed fields; the fourth is the pin, the sixth the session."""
    if chat.data_1 is not None:
        return chat.data_1
    session = chat.session
    live = session is not None and session.status < 60
    parts: list[Any] = [
        "Y" if chat.crm_id else "N",
        chat.crm_type,
        chat.crm_id,
        "Y" if session and live and session.pause else "N",
        "Y" if session and live and session.wait_action else "N",
        (chat.session_field or session.id) if session and live else 0,
        int((session.created if session else chat.created).timestamp()),
        chat.moved_line,
        chat.reply_block,
        chat.reply_reason,
    ]
    return "|".join(str(part) for part in parts)


def rewrite(chat: Chat) -> None:
    """Writing one field writes all ten, and the session's is the time where it was missing (undocumented)."""
    if chat.data_1 is not None and chat.data_1.count("|") < SESSION_FIELD:
        chat.session_field = int(w.now().timestamp())
    chat.data_1 = None


def entity_data_2(chat: Chat) -> str:
    """`LEAD|0|COMPANY|0|CONTACT|88|DEAL|0`."""
    return "|".join(f"{kind}|{chat.crm.get(kind, 0)}" for kind in ("LEAD", "COMPANY", "CONTACT", "DEAL"))
