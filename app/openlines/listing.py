"""The commands that read an operator's dialogs, and what their answers say.

One im.recent.get with ONLY_OPENLINES is the whole list; other parameters are ignored beside it, and it has
no pages. im.recent.list is for portals that refuse it: there the filter is ours, 200 rows are a page, and
its offset counts chats of every kind, so that only the page itself tells whether another one follows.
"""

from typing import Any

import msgspec

from app.bitrix24.batch import Command
from app.openlines.values import number, text

PAGE_ROWS = 200
MOST_PAGES = 25
"""How many pages of the fallback are asked for at most: 5,000 chats of all kinds."""

LINES = Command(
    "lines",
    "imopenlines.config.list.get",
    {"PARAMS": {"select": ["ID", "LINE_NAME", "ACTIVE"], "limit": PAGE_ROWS}},
)


_LONGEST_LINES = 1024 * 1024
"""Bytes of the answer about 200 lines, were each told with all of its settings."""


class _Line(msgspec.Struct):
    id: Any = msgspec.field(name="ID", default=None)
    name: Any = msgspec.field(name="LINE_NAME", default=None)


class _End(msgspec.Struct):
    has_more: Any = msgspec.field(name="hasMore", default=None)
    has_more_pages: Any = msgspec.field(name="hasMorePages", default=None)


_ends = msgspec.json.Decoder(_End)
_lines = msgspec.json.Decoder(list[_Line])
_line_map = msgspec.json.Decoder(dict[str, _Line])


def list_commands(key: str, *, fallback: bool = False, first: int = 0, pages: int = 1) -> list[Command]:
    """The commands of a list (pages im.recent.get, im.recent.list); their keys start with `key`.

    Without `fallback` one command under `key` itself; with it `pages` pages of 200 rows from page `first`,
    under `key`, `key`1, `key`2, …
    """
    if not fallback:
        return [Command(key, "im.recent.get", {"ONLY_OPENLINES": "Y"})]
    return [_page(f"{key}{page or ''}", page) for page in range(first, first + pages)]


def has_more(raw: bytes | msgspec.Raw) -> bool:
    """Whether another page follows this one (page im.recent.list: the database filled the limit)."""
    try:
        told = _ends.decode(raw)
    except msgspec.MsgspecError:
        return False
    return told.has_more is True or told.has_more_pages is True


def _page(key: str, page: int) -> Command:
    """Queue chats are appended to every page unless told otherwise: the first one is enough."""
    params = {
        "SKIP_CHAT": "Y",
        "SKIP_DIALOG": "Y",
        "LIMIT": PAGE_ROWS,
        "OFFSET": page * PAGE_ROWS,
        "SKIP_UNDISTRIBUTED_OPENLINES": "Y" if page else "N",
    }
    return Command(key, "im.recent.list", params)


def read_lines(raw: bytes | msgspec.Raw) -> dict[int, str]:
    """Names of lines by id (page imopenlines.config.list.get); empty when the answer says nothing useful."""
    if len(memoryview(raw)) > _LONGEST_LINES:
        return {}
    try:
        lines = _lines.decode(raw)
    except msgspec.MsgspecError:
        try:
            lines = list(_line_map.decode(raw).values())
        except msgspec.MsgspecError:
            return {}
    return {number(line.id): text(line.name, 255) for line in lines if number(line.id) > 0}
