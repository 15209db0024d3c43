"""What happened without the operator: dialogs that left the list, and Silent that was turned off.

The rule: a dialog does not just vanish; for two minutes the list says that it left, and why if that is known.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from app.bitrix24.batch import BatchAnswer, Command
from app.desk.listing.cache_keys import cache_key
from app.openlines.leaving import asked_about, why, why_command
from app.openlines.model import Dialog, Left, LeftCode, Notice, Result
from app.portals.model import Operator
from app.storage.cache import Cache

LEFT_TIME = timedelta(minutes=2)
SILENT_OFF_TIME = timedelta(minutes=30)
MOST_QUESTIONS = 10
SILENT_OFF = "silent_auto_off"
_MOST_LEFT = 100
_STRIPES = 64
_TOLD: Mapping[str, LeftCode] = {"requeued": "requeued", "closed": "closed"}


class _Gone(msgspec.Struct, kw_only=True):
    """A dialog that left; `asked`: the portal was asked why, or there is no need to."""

    chat_id: int
    session_id: int
    client_name: str
    code: LeftCode
    at: datetime
    asked: bool = False

    def told(self) -> Left:
        """As it goes to the page."""
        return Left(
            chat_id=self.chat_id,
            session_id=self.session_id,
            client_name=self.client_name,
            code=self.code,
            at=self.at,
        )


class _KeptNews(msgspec.Struct, kw_only=True):
    """One operator's news."""

    gone: list[_Gone] = []
    silent_off: int = 0
    silent_off_at: datetime | None = None


_kept = msgspec.json.Decoder(_KeptNews)
_Change = Callable[[_KeptNews], None]


class News:
    """Keeps each operator's news in the cache, shared by the processes."""

    def __init__(self, cache: Cache, clock: Callable[[], datetime]) -> None:
        self._cache = cache
        self._clock = clock
        self._locks = tuple(threading.Lock() for _ in range(_STRIPES))

    def told(self, operator: Operator) -> tuple[list[Left], list[Notice]]:
        """The dialogs that left within two minutes, latest last, and what housekeeping did lately."""
        kept = self._load(operator)
        notices = [Notice(SILENT_OFF, "", kept.silent_off)] if kept.silent_off else []
        return [gone.told() for gone in kept.gone], notices

    def note_left(self, operator: Operator, gone: Iterable[Dialog], listed: Collection[int]) -> None:
        """These dialogs are not listed any more; those that are `listed` (again) did not leave."""
        news = [_gone(dialog, self._clock()) for dialog in gone]

        def change(kept: _KeptNews) -> None:
            fresh = {row.chat_id for row in news}
            stay = [row for row in kept.gone if row.chat_id not in listed and row.chat_id not in fresh]
            kept.gone = [*stay, *news][-_MOST_LEFT:]

        if news or self._cache.get(_key(operator)) is not None:
            self._change(operator, change)

    def questions(self, operator: Operator) -> list[Command]:
        """What to ask beside the next list: about ten dialogs at most, each once."""
        unasked = [gone for gone in self._load(operator).gone if not gone.asked]
        return [why_command(gone.chat_id) for gone in unasked[:MOST_QUESTIONS]]

    def learn(self, operator: Operator, answer: BatchAnswer) -> None:
        """Take the portal's answers to `questions` out of a batch."""
        raws = {chat: raw for key, raw in answer.results.items() if (chat := asked_about(key)) is not None}
        chats = {*raws, *(chat for key in answer.errors if (chat := asked_about(key)) is not None)}
        if not chats:
            return

        def change(kept: _KeptNews) -> None:
            for gone in kept.gone:
                gone.asked = gone.asked or gone.chat_id in chats
                if (raw := raws.get(gone.chat_id)) is not None:
                    gone.code = why(raw, gone.session_id, operator.user_id)

        self._change(operator, change)

    def explain(self, operator: Operator, results: Iterable[Result], *, wished: bool) -> None:
        """What a click taught of dialogs that left; `wished`: leaving was what the click was for."""
        codes: dict[int, LeftCode] = {}
        for row in results:
            if row.outcome == "gone" and (code := _TOLD.get(row.code or "")):
                codes[row.chat_id] = code
        passed_on = {row.chat_id for row in results if wished and row.outcome == "done"}
        if not codes and not passed_on:
            return

        def change(kept: _KeptNews) -> None:
            kept.gone = [gone for gone in kept.gone if gone.chat_id not in passed_on]
            for gone in kept.gone:
                if (code := codes.get(gone.chat_id)) is not None:
                    gone.code, gone.asked = code, True

        self._change(operator, change)

    def note_silent_off(self, operator: Operator, count: int) -> None:
        """Silent was turned off in so many dialogs of this operator."""

        def change(kept: _KeptNews) -> None:
            kept.silent_off, kept.silent_off_at = kept.silent_off + count, self._clock()

        self._change(operator, change)

    def _load(self, operator: Operator) -> _KeptNews:
        """What is still news."""
        found = self._cache.get(_key(operator))
        if found is None:
            return _KeptNews()
        kept, now = _kept.decode(found), self._clock()
        kept.gone = [gone for gone in kept.gone if now - gone.at < LEFT_TIME]
        if kept.silent_off_at is None or now - kept.silent_off_at > SILENT_OFF_TIME:
            kept.silent_off = 0
        return kept

    def _change(self, operator: Operator, change: _Change) -> None:
        key = _key(operator)
        with self._locks[hash(key) % _STRIPES]:
            kept = self._load(operator)
            change(kept)
            if kept.gone or kept.silent_off:
                self._cache.set(key, msgspec.json.encode(kept), SILENT_OFF_TIME.total_seconds())
            else:
                self._cache.delete(key)


def _gone(dialog: Dialog, now: datetime) -> _Gone:
    closing = dialog.stage == "closing"
    return _Gone(
        chat_id=dialog.chat_id,
        session_id=dialog.session_id,
        client_name=dialog.client_name,
        code="closed" if closing else "unknown",
        at=now,
        asked=closing,
    )


def _key(operator: Operator) -> str:
    return cache_key("news", operator.member_id, operator.user_id, operator.generation)
