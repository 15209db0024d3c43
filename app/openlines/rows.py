"""Rows of a portal's dialog list, as tolerant as portals are careless: a row never breaks the list.

Pages im.recent.get and im.recent.list. Numbers come as strings, empty maps as `[]`, missing values as
false or null, and a queue row that could not be formatted is a plain null.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from app.bitrix24.errors import BadAnswer

MarkedRow = tuple[int, msgspec.Raw]
"""A row as it came, with a mark of its bytes: SipHash under this process's own random key, 64 bits."""

_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


class Unreadable:
    """What stands for a row that is none."""


UNREADABLE = Unreadable()
MOST_ROWS = 10_000
"""Of one list; an operator has 1,000 dialogs at most."""

_PIECE = 64 * 1024
_DENSE = 120_000
"""Commas above which a list is counted before it is taken apart: 1,000 rows of a portal hold about 96,000."""


class RowMessage(msgspec.Struct):
    """The last message; `author_id` 0 is the portal itself."""

    text: Any = None
    author_id: Any = None
    date: Any = None
    file: Any = None


class RowChat(msgspec.Struct):
    """The chat; the packed `entity_*` strings hold most of what a dialog is."""

    id: Any = None
    name: Any = None
    owner: Any = None
    type: Any = None
    entity_type: Any = None
    entity_id: Any = None
    entity_data_1: Any = None
    entity_data_2: Any = None
    entity_data_3: Any = None
    message_type: Any = None


class RowSession(msgspec.Struct):
    """`lines` of a row: despite its name this is the open-line session, not the line."""

    id: Any = None
    status: Any = None
    date_create: Any = None


class RowUser(msgspec.Struct):
    """The author of the last message: the client only when `connector` says so."""

    id: Any = None
    name: Any = None
    connector: Any = None


class Row(msgspec.Struct):
    """One row as it came; everything else in it is ignored."""

    chat: RowChat | list[Any] | bool | None = None
    id: Any = None
    chat_id: Any = None
    type: Any = None
    title: Any = None
    message: RowMessage | list[Any] | bool | None = None
    counter: Any = None
    date_update: Any = None
    lines: RowSession | list[Any] | bool | None = None
    user: RowUser | list[Any] | bool | None = None


class _Anything(msgspec.Struct, gc=False):
    """An object, of which nothing is kept."""


class _Page(msgspec.Struct):
    """The answer of im.recent.list; the rest of it says nothing about the rows."""

    items: msgspec.Raw


_raw_rows = msgspec.json.Decoder(list[msgspec.Raw])
_counted = msgspec.json.Decoder(list[_Anything | bool | int | float | None])
_one_row: msgspec.json.Decoder[Row | None] = msgspec.json.Decoder(Row | None)
_keyed_rows = msgspec.json.Decoder(dict[str, msgspec.Raw])
_page = msgspec.json.Decoder(_Page)


def mark_rows(pages: Iterable[bytes | msgspec.Raw]) -> list[MarkedRow]:
    """The rows of all pages of a list (mostly one). Raises `BadAnswer` when an answer is no list."""
    return [(hash(bytes(row)), row) for page in pages for row in split_rows(page)]


def split_rows(raw: bytes | msgspec.Raw) -> list[msgspec.Raw]:
    """The rows of a list answer, each still undecoded; 10,000 at most.

    Takes a bare array, a map with numeric keys (what PHP makes of an array with holes) and the page of
    im.recent.list. Raises `BadAnswer` when it is none of them, or longer: each row costs memory of its own.
    """
    rows = _split(raw)
    if len(rows) > MOST_ROWS:
        raise BadAnswer("the list of dialogs is too long")
    return rows


def _split(raw: bytes | msgspec.Raw) -> list[msgspec.Raw]:
    dense = _commas(raw) > _DENSE
    try:
        if dense and len(_counted.decode(raw)) > MOST_ROWS:
            raise BadAnswer("the list of dialogs is too long")
        return _raw_rows.decode(raw)
    except _UNREADABLE:
        pass
    try:
        return split_rows(_page.decode(raw).items)
    except _UNREADABLE:
        pass
    try:
        keyed = _keyed_rows.decode(b"" if dense else raw)
    except _UNREADABLE:
        raise BadAnswer("the list of dialogs is no list") from None
    if not all(key.isdecimal() for key in keyed):
        raise BadAnswer("the list of dialogs is no list")
    return list(keyed.values())


def _commas(raw: bytes | msgspec.Raw) -> int:
    """How many there are, counted without a copy of it all."""
    view = memoryview(raw)
    return sum(bytes(view[at : at + _PIECE]).count(b",") for at in range(0, len(view), _PIECE))


def decode_row(raw: msgspec.Raw) -> Row | Unreadable | None:
    """One row; None where the portal wrote null."""
    try:
        return _one_row.decode(raw)
    except _UNREADABLE:
        return UNREADABLE
