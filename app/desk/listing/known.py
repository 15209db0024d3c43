"""One operator's list: as it is worked with, and as it is kept and sent, with its dialogs in JSON.

The rule: the digest changes when anything but the moment does, and no dialog is decoded that nobody looks at.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from app.openlines.model import Dialog

SURE_SECONDS = 10.0
"""How old a list may be to say that something was so already."""


class Known(msgspec.Struct, kw_only=True):
    """A list as it was asked for at `as_of`; `flagged` are the chats whose row says silent.

    `source` is a mark of the portal's answer, empty when rows of other answers were mixed in. `doubted_at` is
    when a write was sent that no list was read behind.
    """

    as_of: datetime
    skipped: int
    flagged: list[int]
    dialogs: list[Dialog]
    source: str = ""
    doubted_at: datetime | None = None

    def by_chat(self) -> dict[int, Dialog]:
        """The dialogs by chat id."""
        return {dialog.chat_id: dialog for dialog in self.dialogs}

    @property
    def whole(self) -> bool:
        """Whether every row could be read: only then a dialog that is not here has left."""
        return self.skipped == 0

    def age(self, now: datetime) -> float:
        """Seconds since it was asked for."""
        return (now - self.as_of).total_seconds()

    def is_sure(self, now: datetime) -> bool:
        """Whether it may say that something was so already: it is new, and after any doubtful write."""
        doubtful = self.doubted_at is not None and self.as_of <= self.doubted_at
        return not doubtful and 0 <= self.age(now) <= SURE_SECONDS


class Touch(msgspec.Struct):
    """A dialog in JSON as a click left it (None: not in the list any more), and when that was known."""

    at: datetime
    dialog: bytes | None
    flagged: bool


class PackedList(msgspec.Struct, kw_only=True):
    """The same with its dialogs still in JSON, and a digest of them; `until`: they change with time then.

    `chats` are the chats of the dialogs, `touches` what clicks saw lately, by chat. `dialogs` is a view of
    what the cache holds: a list is passed on without being copied. `stamp` is another one whenever somebody
    has put or doubted the list.
    """

    as_of: datetime
    skipped: int
    flagged: list[int]
    digest: str
    dialogs: memoryview
    source: str = ""
    until: datetime | None = None
    chats: list[int] = []
    touches: dict[int, Touch] = {}
    doubted_at: datetime | None = None
    stamp: str = ""


class KeptList:
    """A list as it is kept; its dialogs are decoded when somebody looks at them.

    `replaced` is the stamp of the list whose place it took; `is_newest`: no list asked for later was there.
    """

    def __init__(
        self, packed: PackedList, known: Known | None = None, replaced: str = "", *, is_newest: bool = False
    ) -> None:
        self.packed = packed
        self.replaced = replaced
        self.is_newest = is_newest
        self._known = known

    @property
    def known(self) -> Known:
        """The list with its dialogs."""
        if self._known is None:
            self._known = unpack(self.packed)
        return self._known


class Written(NamedTuple):
    """One dialog, its JSON and a digest of that."""

    dialog: Dialog
    json: bytes
    digest: bytes


_dialogs = msgspec.json.Decoder(list[Dialog])
_encoder = msgspec.json.Encoder()


def unpack(packed: PackedList) -> Known:
    """The list with its dialogs decoded."""
    return Known(
        as_of=packed.as_of,
        skipped=packed.skipped,
        flagged=packed.flagged,
        dialogs=_dialogs.decode(packed.dialogs),
        source=packed.source,
        doubted_at=packed.doubted_at,
    )


def write(dialog: Dialog) -> Written:
    """The JSON of one dialog."""
    text = _encoder.encode(dialog)
    return Written(dialog, text, blake2b(text, digest_size=12).digest())


def pack(known: Known, written: Sequence[Written] = ()) -> PackedList:
    """The list with its dialogs in JSON and a digest, which changes when anything but `as_of` does.

    `written` are its dialogs where they are written already, in its order.
    """
    rows = written or [write(dialog) for dialog in known.dialogs]
    digest = blake2b(b"".join([row.digest for row in rows]), digest_size=12)
    digest.update(known.skipped.to_bytes(8, "big"))
    return PackedList(
        as_of=known.as_of,
        skipped=known.skipped,
        flagged=known.flagged,
        digest=digest.hexdigest(),
        dialogs=memoryview(b"[%b]" % b",".join([row.json for row in rows])),
        source=known.source,
        until=_next_change(known),
        chats=[row.chat_id for row in known.dialogs],
        doubted_at=known.doubted_at,
    )


def _next_change(known: Known) -> datetime | None:
    """When the first reply window closes that is still open."""
    return min(
        (row.reply_until for row in known.dialogs if row.reply_until and not row.reply_closed), default=None
    )
