"""The packed strings of a chat: every field that a portal hides in them is read here and nowhere else.

`entity_id` is `connector|line|chat there|client's user id`; `entity_data_1` holds ten fields, of which the
fourth (PAUSE) says that the dialog stays with its operator; `entity_data_2` names bound CRM entities.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from app.openlines.model import CrmLink
from app.openlines.values import number, unix_moment

_EMPTY_DATA_1 = ("N", "NONE", "0", "N", "N", "0", "0", "0", "0", "0")
_NO_SESSION_ABOVE = 1_000_000_000  # a damaged chat holds a unix time where its session id should be
_CRM_TYPES = {"LEAD": "lead", "DEAL": "deal", "CONTACT": "contact", "COMPANY": "company"}
_NO_REASON = ("", "0")


class Packed(NamedTuple):
    """What the packed strings of a chat say. `line_id` is where it is now, `born_line` where it began."""

    connector: str
    born_line: int
    line_id: int
    client_id: int
    session_id: int
    pinned: bool
    blocked: datetime | None
    reason: str | None
    crm: tuple[CrmLink, ...]


@lru_cache(maxsize=8192)
def unpack(entity_id: str, data_1: str, data_2: str) -> Packed:
    """Read the packed strings; they seldom change, and lists repeat them from poll to poll."""
    code, data = entity_id.split("|"), _data_1(data_1)
    born_line = number(code[1]) if len(code) > 1 else 0
    session_id, blocked = number(data[5]), unix_moment(data[8])
    return Packed(
        connector=code[0],
        born_line=born_line,
        line_id=number(data[7]) or born_line,
        client_id=_client_id(code),
        session_id=session_id if 0 < session_id < _NO_SESSION_ABOVE else 0,
        pinned=data[3] == "Y",
        blocked=blocked,
        reason=None if blocked is None or data[9] in _NO_REASON else data[9],
        crm=tuple(_crm(data_2, data)),
    )


def _data_1(packed: str) -> tuple[str, ...]:
    """The ten fields; legacy chats have fewer of them, or none."""
    fields = tuple(packed.split("|")) if packed else ()
    return fields if len(fields) >= 10 else fields + _EMPTY_DATA_1[len(fields) :]


def _client_id(code: list[str]) -> int:
    """The fourth field; the third one belongs to the other system and may hold pipes of its own."""
    return number(code[-1]) if len(code) > 3 else 0


def _crm(packed: str, data: tuple[str, ...]) -> list[CrmLink]:
    """Bound CRM entities, from key and value pairs; older chats tell just one, in `entity_data_1`."""
    fields = packed.split("|")
    links = _links(zip(fields[::2], fields[1::2], strict=False))
    return links or (_links([(data[1], data[2])]) if data[2] != "0" else [])


def _links(pairs: Iterable[tuple[str, str]]) -> list[CrmLink]:
    found = []
    for kind, value in pairs:
        if value != "0" and (name := _CRM_TYPES.get(kind.upper())) and (entity_id := number(value)) > 0:
            found.append(CrmLink(name, entity_id))
    return found
