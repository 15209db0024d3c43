"""Silent mode: whom to believe. Some portals keep it for the whole chat and tell it in the list, newer ones
keep it for each person and tell nobody, leaving a meaningless old value in the list.

Which kind a portal is, is learnt from writes: `chat`, `personal`, or `unknown` until then. While a write that
no list shows speaks against `chat` it is `doubted`: portals change their kind with an update.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from app.openlines.model import Dialog

DOUBTS = 2
"""So many writes in a row that no list shows teach that the portal keeps silent mode to each person."""


class Mark(msgspec.Struct, frozen=True):
    """What this operator last set here for one open-line session, and when.

    `unseen`: it was turned on, and no list has shown that yet.
    """

    silent: bool
    at: datetime
    unseen: bool = False


def doubted(scope: str, doubts: int) -> str:
    """The scope as lists are to be read: `chat` becomes `doubted` while there are doubts."""
    return "doubted" if scope == "chat" and doubts else scope


def tells(scope: str) -> bool:
    """Whether lists of such a portal tell silent mode, as far as it is known."""
    return scope == "chat"


def tells_of(scope: str, *, flagged: bool, wanted: bool) -> bool:
    """Whether a list tells of this write: while it is not known to, a row that says "on" counts."""
    return tells(scope) or (scope != "personal" and flagged and wanted)


class Silence(NamedTuple):
    """The three silent fields of a dialog."""

    silent: bool | None
    source: Literal["portal", "here"] | None
    since: datetime | None


_NOBODY_KNOWS = Silence(None, None, None)


def silence(flag: bool, mark: Mark | None, scope: str) -> Silence:
    """What to say of a dialog whose row says `Y` (`flag`) or not, and for whose session we have a mark.

    A doubted list's "off" is not believed against a mark that no list has shown: clients may be spared what
    the operator writes.
    """
    believed = scope == "chat" or (scope == "doubted" and not (mark is not None and mark.unseen))
    if believed or (scope != "personal" and flag):
        return Silence(flag, "portal", mark.at if flag and mark is not None and mark.silent else None)
    if mark is None:
        return _NOBODY_KNOWS
    return Silence(mark.silent, "here", mark.at if mark.silent else None)


def apply(
    dialogs: Iterable[Dialog], flagged: Collection[int], marks: Mapping[int, Mark], scope: str
) -> list[Dialog]:
    """The dialogs with their silent fields. `flagged` chats say `Y`, `marks` go by session id."""
    flags = set(flagged)
    return [
        _silenced(dialog, silence(dialog.chat_id in flags, marks.get(dialog.session_id), scope))
        for dialog in dialogs
    ]


def _silenced(dialog: Dialog, found: Silence) -> Dialog:
    if (dialog.silent, dialog.silent_source, dialog.silent_since) == found:
        return dialog
    return msgspec.structs.replace(
        dialog, silent=found.silent, silent_source=found.source, silent_since=found.since
    )


def lesson(*, wanted: bool, before: bool | None, after: bool) -> bool | None:
    """What one accepted write teaches: True the list tells, False it does not, None nothing.

    Only a change says something: a row that showed the wished value all along may be a relic.
    """
    if after is not wanted:
        return False
    return True if before is not None and before is not wanted else None


def learnt(scope: str, doubts: int, lessons: Sequence[bool | None]) -> tuple[str, int]:
    """What is known of a portal after these lessons: its scope, and how many doubts speak against it.

    One list that told is proof; that none did may be chance, so it takes `DOUBTS` in a row.
    """
    if True in lessons:
        return "chat", 0
    if scope == "personal":
        return scope, 0
    doubts += lessons.count(False)
    return ("personal", 0) if doubts >= DOUBTS else (scope, doubts)
