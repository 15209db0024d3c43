"""Texts and moments as a portal prints them: texts are stripped of BB codes in lists, raw elsewhere."""

import re
from datetime import datetime

_CODES = re.compile(
    r"\[/?(?:b|i|u|s|url|user|chat|dialog|context|send|put|call|pch|icon|rating|attach|timestamp|img"
    r"|size|color|code|br|disk|quote)(?:[= ][^\]]*)?\]",
    re.IGNORECASE,
)


def plain(raw: str, *, file: bool = False) -> str:
    """The text of a listing row: BB codes gone, newlines as spaces, files as a bracket word."""
    text = _CODES.sub("", raw.replace("#BR#", " ").replace("[br]", " ").replace("[BR]", " "))
    text = " ".join(text.split("\n")).strip()
    if file:
        return f"[File] {text}".strip()
    return text or "This message was deleted."


def stamp(moment: datetime) -> str:
    """ISO 8601 with the portal's offset."""
    return moment.isoformat(timespec="seconds")
