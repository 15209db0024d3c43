"""Why a dialog is not in an operator's list any more, asked of the portal once (page imopenlines.dialog.get).

The rule: what the portal does not tell stays unknown. It shows a chat only to those who may still see it.
"""

from typing import Any

import msgspec

from app.bitrix24.batch import Command
from app.openlines.model import LeftCode
from app.openlines.values import number, text

_PREFIX = "left"
_FIELDS = 6  # entity_data_1 up to and with the session


class _Chat(msgspec.Struct):
    owner: Any = None
    entity_data_1: Any = None


_chat = msgspec.json.Decoder(_Chat)


def why_command(chat_id: int) -> Command:
    """Ask about one chat."""
    return Command(f"{_PREFIX}{chat_id}", "imopenlines.dialog.get", {"CHAT_ID": chat_id})


def asked_about(key: str) -> int | None:
    """The chat that a command's key asks about."""
    rest = key.removeprefix(_PREFIX)
    return int(rest) if key.startswith(_PREFIX) and rest.isdecimal() else None


def why(raw: bytes | msgspec.Raw, session_id: int, my_id: int) -> LeftCode:
    """What the chat says of the session that the operator had: over, waiting again, or somebody else's."""
    try:
        chat = _chat.decode(raw)
    except msgspec.MsgspecError:
        return "unknown"
    fields = text(chat.entity_data_1, 255).split("|")
    if len(fields) < _FIELDS:
        return "unknown"
    session, owner = number(fields[5]), number(chat.owner)
    if session != session_id:
        return "closed" if session < 1_000_000_000 else "unknown"  # a damaged chat holds a time there
    if owner <= 0:
        return "requeued"
    if owner != my_id:
        return "taken"
    return "closed" if fields[4] == "Y" else "unknown"
