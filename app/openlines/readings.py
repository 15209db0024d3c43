"""What was read of the rows of a list, to be used again while a row comes again byte by byte.

The rule: a row that changed in anything has another mark and is read anew, and so are all rows when what
they were read with (the person, the names of lines, the portal's address) is another.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from app.openlines.model import Dialog, Person


class Sight(NamedTuple):
    """Whose list it is, the portal's origin, and the names of lines by id: what every row is read with."""

    me: Person
    origin: str
    lines: Mapping[int, str]


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What one row says. `dialog` is None (`chat_id` 0) when the row is no open dialog, `employee` is whom
    it names, `timed` says that it may change with time.

    Names come from other rows too: `people` are the owner and the last author, `called` their names then.
    """

    dialog: Dialog | None = None
    chat_id: int = 0
    skipped: bool = False
    timed: bool = False
    author_id: int = 0
    began: datetime | None = None
    employee: tuple[int, str] | None = None
    people: tuple[int, int] = (0, 0)
    called: tuple[str | None, str | None] = (None, None)

    def fits(self, names: Mapping[int, str]) -> bool:
        """Whether the people of this row are called the same today."""
        owner, author = self.people
        return (names.get(owner), names.get(author)) == self.called

    def at(self, now: datetime) -> "Reading":
        """The same at another moment: time changes only whether the time to reply is over."""
        dialog = self.dialog
        if dialog is None or dialog.reply_until is None or dialog.reply_closed == (dialog.reply_until <= now):
            return self
        moved = msgspec.structs.replace(dialog, reply_closed=not dialog.reply_closed)
        return msgspec.structs.replace(self, dialog=moved)


class Readings(NamedTuple):
    """The readings of one list by mark, and the names of employees that it told."""

    sight: Sight | None
    names: Mapping[int, str]
    by_mark: dict[int, Reading]


NO_READINGS = Readings(None, {}, {})
