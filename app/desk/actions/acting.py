"""Carrying out an action on dialogs: what is sent, and in which parts.

The rules: a write that may open a new session goes only to dialogs that were listed within the last minute;
nothing is sent twice; what the time of one request does not reach comes back as `failed`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from app.bitrix24.batch import MAX_COMMANDS, Command
from app.desk.actions.pace import Pace
from app.desk.actions.results import NOT_REACHED, absent, key_of, make_result, results_of, stop_code
from app.desk.actions.sending import Sender, Sent
from app.desk.actions.silent import SilentWrites
from app.desk.actions.turns import CLICK_SECONDS
from app.desk.listing.ages import MISSING_SECONDS, TRUSTED_SECONDS
from app.desk.listing.known import Known
from app.desk.listing.lists import Lists
from app.desk.threads import Threads
from app.openlines.actions import Action
from app.openlines.model import Dialog, Result
from app.openlines.outcomes import Verdict
from app.openlines.silence import tells
from app.portals.model import Operator

SHARE_SECONDS = 6.0
"""No further batch is started that is expected to end later than this after its click began."""

LANDING_SECONDS = 0.5
"""How long after the click's end a batch that flies beside another is waited for; each ends before."""

NOT_OFFERED = "not_offered"
"""Our code for taking or declining a dialog that does not wait in the queue (any more)."""


@dataclass(frozen=True, slots=True)
class Done:
    """Results in the order of the targets, and the list as it is known now."""

    results: list[Result]
    known: Known

    def touched(self) -> list[Dialog]:
        """The dialogs that were acted on, as they are now."""
        chats = {result.chat_id for result in self.results}
        return [dialog for dialog in self.known.dialogs if dialog.chat_id in chats]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is known before anything is sent. `sure`: `known` is fresh enough for `already`.

    `until` is the click's end, by the monotonic clock.
    """

    known: Known
    older: Mapping[int, Dialog]
    rows: Mapping[int, Dialog]
    sure: bool
    look_first: bool
    until: float


class Acting:
    """Carries out dialog actions; all that it keeps between requests is the pace of portals.

    `silent_writes(operator, dialogs, silent=…, flagged=…, key=…)` makes a `SilentWrites`.
    """

    def __init__(
        self,
        lists: Lists,
        sender: Sender,
        silent_writes: Callable[..., SilentWrites],
        threads: Threads,
        clock: Callable[[], datetime],
    ) -> None:
        self._lists = lists
        self._sender = sender
        self._silent_writes = silent_writes
        self._threads = threads
        self._clock = clock
        self.pace = Pace(time.monotonic)

    def carry_out(self, operator: Operator, action: Action, chat_ids: Sequence[int], until: float) -> Done:
        """Carry out a dialog action; the caller holds the turn, until `until` at most (monotonic clock).

        Raises BitrixError when nothing was done, PortalBusy also when no time is left to send anything.
        """
        targets = list(dict.fromkeys(chat_ids))
        plan = self._plan(operator, action, targets, until)
        results: dict[int, Result] = {}
        waiting: list[Dialog] = []
        for chat_id in targets:
            dialog = plan.rows.get(chat_id)
            if dialog is None:
                results[chat_id] = absent(action, plan.known, chat_id, plan.older.get(chat_id))
            elif plan.sure and action.wanted(dialog):
                results[chat_id] = make_result(chat_id, dialog, dialog, Verdict("already"))
            elif not action.fits(dialog):
                verdict = Verdict("already") if action.wanted(dialog) else Verdict("refused", NOT_OFFERED)
                results[chat_id] = make_result(chat_id, dialog, dialog, verdict)
            else:
                waiting.append(dialog)
        known = self._send_all(operator, action, waiting, plan, results)
        return Done([results[chat_id] for chat_id in targets], known)

    def sure_list(self, operator: Operator, until: float) -> Known:
        """A list that may say what was so before. Raises BitrixError."""
        known = self._lists.known.get(operator)
        if known is not None and known.is_sure(self._clock()):
            return known
        return self._lists.read(operator, seconds=until - time.monotonic())

    def _plan(self, operator: Operator, action: Action, chat_ids: Sequence[int], until: float) -> _Plan:
        """Decide by the list that is known, or by one read now where that will not do for this action."""
        older = self._lists.known.get(operator)
        known = older
        if known is None or self._is_too_old(known, action, chat_ids):
            known = self._lists.read(operator, seconds=until - time.monotonic())
        now, rows = self._clock(), known.by_chat()
        sure = known.is_sure(now) and (not action.silent or tells(self._lists.asking.scope(operator)))
        doubtful = any(chat in rows and action.wanted(rows[chat]) for chat in chat_ids)
        look_first = not 0 <= known.age(now) <= TRUSTED_SECONDS or (doubtful and not sure)
        return _Plan(known, older.by_chat() if older else {}, rows, sure, look_first, until)

    def _is_too_old(self, known: Known, action: Action, chat_ids: Sequence[int]) -> bool:
        age = known.age(self._clock())
        if not 0 <= age <= TRUSTED_SECONDS and action.creates_session:
            return True
        if 0 <= age <= MISSING_SECONDS:
            return False
        return not {row.chat_id for row in known.dialogs if action.fits(row)}.issuperset(chat_ids)

    def _send_all(
        self,
        operator: Operator,
        action: Action,
        waiting: list[Dialog],
        plan: _Plan,
        results: dict[int, Result],
    ) -> Known:
        """Send in waves of one or two batches until all are done, the time is up or the portal stops us."""
        known, stopped = plan.known, None
        sent_before = False
        while waiting and stopped is None:
            spent = CLICK_SECONDS - (plan.until - time.monotonic()) if sent_before else None
            parts = self._parts(operator, action, waiting, spent)
            if not parts:
                break
            wave, sent_before = self._wave(operator, action, parts, plan), True
            refusals = [sent.refused for _, sent in wave if sent.refused is not None]
            if not results and len(refusals) == len(wave):
                raise refusals[0]
            scope = self._lists.asking.scope(operator) if action.silent else ""
            for part, sent in wave:
                results.update(results_of(action, part, sent, sure=plan.sure, scope=scope))
                known = sent.known or known
                stopped = stopped or stop_code(sent)
            waiting = [row for row in waiting if row.chat_id not in results]
        failed = Verdict("failed", stopped or NOT_REACHED)
        results.update({row.chat_id: make_result(row.chat_id, row, row, failed) for row in waiting})
        return self._lists.known.get(operator) or known

    def _parts(
        self, operator: Operator, action: Action, waiting: list[Dialog], spent: float | None
    ) -> list[list[Dialog]]:
        """The batches of the next wave; none when they would end too late after `spent` seconds of a click.

        The first wave (`spent` None) always goes.
        """
        portal, method = operator.member_id, action.method
        room = MAX_COMMANDS - 2 * len(self._lists.asking.commands(operator))
        size = self.pace.size(portal, method, len(waiting), room)
        if spent is not None and spent + self.pace.expected(portal, method, size) > SHARE_SECONDS:
            return []
        width = self.pace.width(portal, method)
        return [part for part in (waiting[:size], waiting[size : size * width]) if part]

    def _wave(
        self, operator: Operator, action: Action, parts: list[list[Dialog]], plan: _Plan
    ) -> list[tuple[list[Dialog], Sent]]:
        """One batch, or two side by side where a thread is free for it."""
        began = time.monotonic()
        beside = [
            self._threads.start(operator.member_id, partial(self._batch, operator, action, part, plan))
            for part in parts[1:]
        ]
        parts = [parts[0], *(part for part, other in zip(parts[1:], beside, strict=True) if other)]
        wave = [self._batch(operator, action, parts[0], plan)]
        wave += [self._landed(other, plan.until) for other in beside if other]
        seconds = [sent.answer.seconds for sent in wave if sent.answer is not None]
        if len(seconds) > 1:
            self.pace.note_pair(operator.member_id, time.monotonic() - began, max(seconds))
        return list(zip(parts, wave, strict=True))

    def _landed(self, other: Future[Sent], until: float) -> Sent:
        try:
            return other.result(timeout=max(0.0, until - time.monotonic()) + LANDING_SECONDS)
        except TooLate:
            return Sent(self._clock(), timed_out=True)

    def _batch(self, operator: Operator, action: Action, part: list[Dialog], plan: _Plan) -> Sent:
        writes = [Command(key_of(row.chat_id), *action.command(row.chat_id)) for row in part]
        silent = self._silent(operator, action, part, plan) if action.silent else None
        touched = [row.chat_id for row in part]
        sent = self._sender.send(
            operator, writes, plan.until, touched=touched, look_first=plan.look_first, silent=silent
        )
        if sent.answer is not None:
            self.pace.note(operator.member_id, action.method, len(part), sent.answer.seconds)
        elif sent.timed_out:
            self.pace.note_timeout(operator.member_id, action.method, len(part))
        return sent

    def _silent(self, operator: Operator, action: Action, part: list[Dialog], plan: _Plan) -> SilentWrites:
        recent = 0 <= plan.known.age(self._clock()) <= TRUSTED_SECONDS
        flagged = plan.known.flagged if recent else None
        return self._silent_writes(operator, part, silent=action.on, flagged=flagged, key=key_of)
