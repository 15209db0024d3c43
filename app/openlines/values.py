"""Single values as portals write them, made plain; nothing here raises.

Numbers may be strings, dates carry the portal's offset, `false`, `null` and `[]` all mean "nothing".
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

_LARGEST = 2**63 - 1
_LARGEST_ID = 2**53 - 1
_NUMBER = re.compile(r"-?[0-9]{1,20}")

_CODES = (
    "b|i|u|s|url|user|chat|dialog|context|send|put|call|pch|rating|attach|timestamp|size|color|code|disk|font"
    "|quote|list|table|tr|td|icon|img"
)
_BREAK = re.compile(r"\[br\s*/?\]|#br#", re.IGNORECASE)
# Clients write these texts: no pattern looks past the next bracket, or many of them would cost a square.
_IMAGE = re.compile(r"\[img[^\[\]]*\][^\[\]]*\[/img\]", re.IGNORECASE)
_ICON = re.compile(r"\[icon=([^\[\]]*)\]", re.IGNORECASE)
_TITLE = re.compile(r"\stitle=(.*)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(rf"\[/?(?:{_CODES})(?:=[^\[\]]*|\s[^\[\]]*)?\]", re.IGNORECASE)
_KEPT = re.compile(r"\[/?(?:[bius]|url)\]|\[url=[^\[\]\s]+\]", re.IGNORECASE)


def number(value: Any) -> int:
    """A whole number from whatever a portal wrote; 0 when it is none, or none that a database takes."""
    if type(value) is int:
        found = value
    elif isinstance(value, str) and _NUMBER.fullmatch(value):
        found = int(value)
    else:
        found = int(value) if isinstance(value, bool | float) and float(value).is_integer() else 0
    return found if -_LARGEST <= found <= _LARGEST else 0


def identity(value: Any) -> int:
    """The id of something; 0 when it is none: a flag, or a number that the page would round."""
    found = 0 if isinstance(value, bool) else number(value)
    return found if 0 < found <= _LARGEST_ID else 0


def text(value: Any, limit: int = 500) -> str:
    """A text of at most `limit` characters without NUL, which PostgreSQL refuses; empty if there is none."""
    if not isinstance(value, str):
        return ""
    whole: str = value.replace("\0", "") if "\0" in value else value
    return whole if len(whole) <= limit else whole[:limit]


def moment(value: Any) -> datetime | None:
    """An ISO 8601 date as aware UTC; a date without an offset counts as UTC."""
    return _parsed(value) if isinstance(value, str) and len(value) < 40 else None


@lru_cache(maxsize=8192)
def _parsed(value: str) -> datetime | None:
    """Lists repeat the same dates from poll to poll."""
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def unix_moment(value: Any) -> datetime | None:
    """Unix seconds as aware UTC; None for 0 and for what cannot be a date."""
    seconds = number(value)
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 253_402_300_800 else None


def plain(value: Any, limit: int = 4000) -> str:
    """A message without its BB codes. The result is text, not HTML: whoever shows it escapes it.

    Only known codes are taken out, so that "[sic]" stays what a client wrote.
    """
    stripped = _BREAK.sub("\n", text(value, limit))
    return _TAG.sub("", _without_pictures(stripped)).strip()


def formatted(value: Any, limit: int = 4000) -> str | None:
    """A message that keeps its BB codes for bold, italic, underlined, struck out and links; None without any.

    The result is text with these codes, not HTML. The other codes are taken out as `plain` does.
    """
    whole = text(value, limit)
    if not _KEPT.search(whole):
        return None
    stripped = _without_pictures(_BREAK.sub("\n", whole))
    return _TAG.sub(lambda found: found[0] if _KEPT.fullmatch(found[0]) else "", stripped).strip()


def _without_pictures(message: str) -> str:
    """Images go, icons leave their titles."""
    return _ICON.sub(_title, _IMAGE.sub("", message))


def _title(icon: re.Match[str]) -> str:
    found = _TITLE.search(icon[1])
    return found[1] if found else ""
