"""Taking back what an entry did: only what was done, and by open-line session, since a chat lives on.

A dialog whose session has ended, or that is not in the list any more, cannot be taken back and says so.
"""

import time
from collections.abc import Callable
from datetime import datetime

from app.desk.actions.acting import Acting, Done
from app.desk.actions.results import UNREADABLE
from app.desk.actions.top import Top
from app.desk.kept.journal_writes import Undoable
from app.desk.listing.ages import MISSING_SECONDS, TRUSTED_SECONDS
from app.desk.listing.known import Known
from app.desk.listing.lists import Lists
from app.openlines.actions import ACTIONS, Action
from app.openlines.model import Result
from app.openlines.outcomes import Verdict
from app.portals.model import Operator


class Undoing:
    """Carries out the inverse of entries."""

    def __init__(self, acting: Acting, top: Top, lists: Lists, clock: Callable[[], datetime]) -> None:
        self._acting = acting
        self._top = top
        self._lists = lists
        self._clock = clock

    def carry_out(self, operator: Operator, undoes: Undoable, until: float) -> tuple[Action, Done]:
        """Do the inverse to what is left; the caller holds the turn, until `until` at most.

        Raises BitrixError if nothing was done. The results keep the chat ids of the entry.
        """
        action = ACTIONS[ACTIONS[undoes.action].inverse or ""]
        known = self._list(operator, undoes, action, until - time.monotonic())
        sessions = {dialog.session_id: dialog.chat_id for dialog in known.dialogs if dialog.session_id}
        found = {chat_id: sessions.get(session_id) for chat_id, session_id, _ in undoes.left}
        here = [now for now in found.values() if now is not None]
        done = Done([], known)
        if here and action.local:
            done = self._top.carry_out(operator, action, here, until, back=True)
        elif here:
            done = self._acting.carry_out(operator, action, here, until)
        by_chat = {result.chat_id: result for result in done.results}
        results = [
            by_chat.get(found[chat_id] or 0) or _absent(known, chat_id, session_id, name)
            for chat_id, session_id, name in undoes.left
        ]
        return action, Done(results, done.known)

    def _list(self, operator: Operator, undoes: Undoable, action: Action, seconds: float) -> Known:
        """A list that is fresh enough to say which sessions are still there; any will do for what is ours."""
        known = self._lists.known.get(operator)
        listed = {dialog.session_id for dialog in known.dialogs} if known else set()
        limit = TRUSTED_SECONDS if listed.issuperset(left[1] for left in undoes.left) else MISSING_SECONDS
        if known is not None and 0 <= known.age(self._clock()) <= limit:
            return known
        if action.local:
            return self._lists.get(operator, max_age=limit, seconds=seconds).known
        return self._lists.read(operator, seconds=seconds)


def _absent(known: Known, chat_id: int, session_id: int, name: str) -> Result:
    """It has left the list, or nobody can tell: then the way back stays."""
    outcome, code = Verdict("gone", "unknown") if known.whole else Verdict("failed", UNREADABLE)
    return Result(chat_id=chat_id, session_id=session_id, client_name=name, outcome=outcome, code=code)
