"""Clicks: actions, undo and the order of the top, each carried out, read back and written down.

The rules: what was done is told even if it cannot be written down; then it has no way back, and stays in its
stored run, which will find it done. A click has one deadline, `until` (by the monotonic clock), which goes
down with it to everything that waits.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from app.desk.actions.acting import Acting, Done
from app.desk.actions.operator_actions import carry_out_everywhere
from app.desk.actions.sending import Sender
from app.desk.actions.top import MOST_TOP, PUT_ON_TOP, Top
from app.desk.actions.turns import CLICK_SECONDS, Turns
from app.desk.actions.undoing import Undoing
from app.desk.checks import action_named, check_chats, check_run, check_targets
from app.desk.kept.journal import UNDO_SOURCE, Journal
from app.desk.kept.journal_writes import Undoable
from app.desk.kept.runs import Runs
from app.desk.listing.lists import Lists
from app.desk.model import Invalid, UndoExpired
from app.openlines.actions import Action
from app.openlines.model import ActionAnswer, Dialog, Result, Undo
from app.portals.model import Operator

_LOG = logging.getLogger(__name__)


class Clicks:
    """What operators do; two clicks of one operator on the same dialog run one after the other."""

    def __init__(
        self,
        lists: Lists,
        sender: Sender,
        acting: Acting,
        top: Top,
        journal: Journal,
        runs: Runs,
        turns: Turns,
        clock: Callable[[], datetime],
    ) -> None:
        self._lists = lists
        self._sender = sender
        self._acting = acting
        self._top = top
        self._undoing = Undoing(acting, top, lists, clock)
        self._turns = turns
        self._journal = journal
        self._runs = runs
        self._clock = clock

    def act(
        self, operator: Operator, name: str, chat_ids: Sequence[int], run: str | None, source: str = "click"
    ) -> ActionAnswer:
        """Carry out one action on one or many dialogs (1 to 50; none for an operator action), each read back.

        Without a run the answer has the whole list; within a run only the dialogs acted on, until a stored
        run has nothing left. Raises `UnknownAction`, `Invalid`, and BitrixError when nothing was done.
        """
        until = time.monotonic() + CLICK_SECONDS
        action = action_named(name)
        check_targets(action, chat_ids)
        check_run(run)
        self._runs.check(operator.key, run, name, chat_ids)
        self._journal.check_run(operator.key, run, name)
        with self._turns.take(operator.key, frozenset(chat_ids) or None, until):
            done = self._carry_out(operator, action, chat_ids, until)
        self._lists.news.explain(operator, done.results, wished=action.leaves)
        recorded, undo = self._record(operator, name, source, run, done.results)
        whole = run is None or (recorded and self._settle(operator, run, done.results))
        return ActionAnswer(
            action=name,
            run=run,
            results=done.results,
            dialogs=done.known.dialogs if whole else done.touched(),
            undo=undo,
            as_of=done.known.as_of,
        )

    def undo(self, operator: Operator, undo_id: str) -> ActionAnswer:
        """Take back what one journal entry did, as far as it still can be; `undo` keeps what is left.

        Raises `UndoExpired`, and BitrixError when nothing at all was done.
        """
        until = time.monotonic() + CLICK_SECONDS
        undoes = self._journal.undoable(operator.key, undo_id, self._clock())
        if undoes is None:
            raise UndoExpired(undo_id)
        with self._turns.take(operator.key, frozenset(left[0] for left in undoes.left), until):
            action, done = self._undoing.carry_out(operator, undoes, until)
        self._lists.news.explain(operator, done.results, wished=False)
        _, undo = self._record(operator, action.name, UNDO_SOURCE, None, done.results, undoes)
        return ActionAnswer(
            action=action.name,
            run=undoes.run,
            results=done.results,
            dialogs=done.known.dialogs,
            undo=undo,
            as_of=done.known.as_of,
        )

    def set_top(self, operator: Operator, chat_ids: Sequence[int]) -> list[Dialog]:
        """Put these dialogs first in the top, in this order; returns the dialogs as they are now.

        The rest of the top follows in its own order. What was not on top before is written down as put
        there, and can be undone. Raises `Invalid`, and BitrixError when no list can be had.
        """
        until = time.monotonic() + CLICK_SECONDS
        if len(chat_ids) > MOST_TOP:
            raise Invalid("chat_ids:count")
        check_chats(chat_ids)
        with self._turns.take(operator.key, None, until):
            done = self._top.set_order(operator, chat_ids, until)
        self._record(operator, PUT_ON_TOP.name, "click", None, done.results)
        return done.known.dialogs

    def _carry_out(self, operator: Operator, action: Action, chat_ids: Sequence[int], until: float) -> Done:
        if action.kind == "operator":
            return carry_out_everywhere(self._acting, self._lists, self._sender, operator, action, until)
        if action.local:
            return self._top.carry_out(operator, action, chat_ids, until)
        return self._acting.carry_out(operator, action, chat_ids, until)

    def _record(
        self,
        operator: Operator,
        name: str,
        source: str,
        run: str | None,
        results: Sequence[Result],
        undoes: Undoable | None = None,
    ) -> tuple[bool, Undo | None]:
        """Whether the results are written down, and the way back that they have then."""
        try:
            return True, self._journal.record(
                operator.key,
                action=name,
                source=source,
                run=run,
                results=results,
                now=self._clock(),
                undoes=undoes,
            )
        except SQLAlchemyError:
            _LOG.exception("results could not be written down")
            return False, None

    def _settle(self, operator: Operator, run: str, results: Sequence[Result]) -> bool:
        """Take decided targets off a stored run; True when it has nothing left."""
        try:
            return self._runs.settle(operator.key, run, results)
        except SQLAlchemyError:
            _LOG.exception("progress of a run could not be stored")
            return False
