"""The list that is known of each operator, shared by the operator's tabs and clicks, and by processes.

The rule: a list may be older than a click that was read back since; what such a click saw wins over it. So
it is kept with the list for a while, where every process finds it. (Two that write within the same
millisecond are not told apart: the later list stays.)
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_hex

import msgspec

from app.desk.listing.cache_keys import cache_key
from app.desk.listing.known import KeptList, Known, PackedList, Touch, Written, pack, unpack, write
from app.desk.listing.news import News
from app.openlines.model import Dialog
from app.portals.model import Operator
from app.storage.cache import Cache

KEPT_SECONDS = 900.0
_TOUCH_SECONDS = 30.0
_STRIPES = 64
_packed = msgspec.msgpack.Decoder(PackedList)
_packer = msgspec.msgpack.Encoder()
_dialogs = msgspec.json.Decoder(list[Dialog])
_dialog = msgspec.json.Decoder(Dialog)

_STEP = timedelta(seconds=60)
"""Lists that follow each other within it tell of every message that an operator would want to know of."""

_SKEW = timedelta(seconds=60)
"""How far the clocks of our machines may be apart."""


class KnownLists:
    """Keeps the newest list of each operator for a quarter of an hour."""

    def __init__(self, cache: Cache, clock: Callable[[], datetime], news: News | None = None) -> None:
        self._cache = cache
        self._clock = clock
        self._news = news or News(cache, clock)
        self._locks = tuple(threading.Lock() for _ in range(_STRIPES))

    def get(self, operator: Operator) -> Known | None:
        """The newest list, of any age up to the time that lists are kept."""
        packed = self.packed(operator)
        return None if packed is None else unpack(packed)

    def packed(self, operator: Operator) -> PackedList | None:
        """The same without decoding its dialogs. One from the future was kept before a clock was set back."""
        found = self._cache.get(_key(operator))
        kept = None if found is None else _packed.decode(found)
        return kept if kept is not None and kept.as_of <= self._clock() + _SKEW else None

    def put(
        self,
        operator: Operator,
        known: Known,
        touched: Iterable[int] = (),
        written: Sequence[Written] = (),
    ) -> KeptList:
        """Keep a list that was just read (or changed here) and return what is known now.

        `touched` are the chats that were acted on in the same request before the list was read: of them
        this list knows best. A list that was asked for earlier than the one that is kept adds only them.
        `written` are its dialogs where their JSON is known already, in its order.
        """
        key = _key(operator)
        with self._lock(key):
            former = self.packed(operator)
            touches = _touches(former, known, list(touched), self._clock())
            newer = unpack(former) if former is not None and former.as_of > known.as_of else known
            result = _overlaid(newer, touches)
            result.doubted_at = None if former is None else former.doubted_at
            packed = pack(result, written if result is known else ())
            packed.touches = touches
            packed.stamp = token_hex(8)
            self._cache.set(key, _packer.encode(packed), KEPT_SECONDS)
        if former is not None and packed.skipped <= former.skipped:  # else they may be there, and unreadable
            listed = set(packed.chats)
            self._news.note_left(operator, _vanished(former, listed), listed)
        return KeptList(packed, result, "" if former is None else former.stamp, is_newest=newer is known)

    def stamp(self, operator: Operator) -> str:
        """The stamp of the newest list; empty when there is none, or when it is so old that much may have
        been said since that no list of this operator shows.
        """
        kept = self.packed(operator)
        return kept.stamp if kept is not None and self._clock() - kept.as_of <= _STEP else ""

    def renew(self, operator: Operator, source: str, as_of: datetime) -> KeptList | None:
        """The portal gave the same answer again: keep the list as of now, undecoded. None: it is another."""
        key = _key(operator)
        with self._lock(key):
            kept = self.packed(operator)
            if kept is None or kept.source != source or kept.as_of > as_of:
                return None
            if kept.until is not None and kept.until <= self._clock():
                return None
            kept.as_of = as_of
            self._cache.set(key, _packer.encode(kept), KEPT_SECONDS)
        return KeptList(kept)

    def doubt(self, operator: Operator) -> None:
        """A write was sent and no list came back: what is kept, and asked for until now, may be wrong."""
        key = _key(operator)
        with self._lock(key):
            kept = self.packed(operator)
            if kept is not None:
                kept.doubted_at, kept.stamp = self._clock(), token_hex(8)
                self._cache.set(key, _packer.encode(kept), KEPT_SECONDS)

    def _lock(self, key: str) -> threading.Lock:
        return self._locks[hash(key) % _STRIPES]


def _touches(
    former: PackedList | None, known: Known, touched: Collection[int], now: datetime
) -> dict[int, Touch]:
    """What clicks saw that some list may still be older than, the newest being this one's."""
    oldest = now - timedelta(seconds=_TOUCH_SECONDS)
    kept = former.touches.items() if former is not None else ()
    touches = {chat: touch for chat, touch in kept if touch.at > oldest}
    if touched:
        rows, flagged = known.by_chat(), set(known.flagged)
        touches |= {chat: Touch(now, _json(rows.get(chat)), chat in flagged) for chat in touched}
    return touches


def _json(dialog: Dialog | None) -> bytes | None:
    return None if dialog is None else write(dialog).json


def _overlaid(known: Known, touches: Mapping[int, Touch]) -> Known:
    """The list with the rows that later clicks saw; rows that they saw leave are left out."""
    later = {chat: touch for chat, touch in touches.items() if touch.at > known.as_of}
    if not later:
        return known
    dialogs, flagged = [], set(known.flagged)
    for dialog in known.dialogs:
        touch = later.get(dialog.chat_id)
        if touch is None:
            dialogs.append(dialog)
            continue
        flagged.discard(dialog.chat_id)
        if touch.dialog is not None:
            dialogs.append(_dialog.decode(touch.dialog))
            flagged.update({dialog.chat_id} if touch.flagged else ())
    return Known(as_of=known.as_of, skipped=known.skipped, flagged=sorted(flagged), dialogs=dialogs)


def _vanished(former: PackedList, listed: Collection[int]) -> list[Dialog]:
    """The dialogs of a former list that are not listed now; decodes nothing when all are."""
    gone = set(former.chats).difference(listed)
    return [row for row in _dialogs.decode(former.dialogs) if row.chat_id in gone] if gone else []


def _key(operator: Operator) -> str:
    """The generation is part of it: an uninstallation makes older lists unreachable at once."""
    return cache_key("list", operator.member_id, operator.user_id, operator.generation)
