"""Writes of silent mode: what they leave behind here, and what they teach about the portal.

The rule: an accepted write is remembered even where no list will ever show it; it may matter that clients
do not see what an operator writes.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.bitrix24.batch import BatchAnswer
from app.desk.listing.details import note_unseen, save_marks
from app.openlines.dialogs import Seen
from app.openlines.model import Dialog
from app.openlines.silence import learnt, lesson
from app.portals.model import Operator
from app.portals.stores.capabilities import CapabilityStore

_LOG = logging.getLogger(__name__)


class SilentWrites:
    """The silent commands of one batch. `flagged` are the chats that a recent list showed silent before."""

    def __init__(
        self,
        engine: Engine,
        capabilities: CapabilityStore,
        clock: Callable[[], datetime],
        operator: Operator,
        dialogs: Sequence[Dialog],
        *,
        silent: bool,
        flagged: Collection[int] | None,
        key: Callable[[int], str],
    ) -> None:
        self._engine = engine
        self._capabilities = capabilities
        self._clock = clock
        self._operator = operator
        self._dialogs = dialogs
        self._silent = silent
        self._flagged = flagged
        self._key = key
        self._accepted: list[Dialog] = []
        self._is_stored = True

    def accepted(self, answer: BatchAnswer) -> None:
        """Remember which dialogs the portal took the write for."""
        self._accepted = [dialog for dialog in self._dialogs if self._key(dialog.chat_id) in answer.results]
        try:
            with self._engine.begin() as conn:
                save_marks(conn, self._operator.key, self._accepted, self._silent, self._clock())
        except SQLAlchemyError:
            self._is_stored = False
            _LOG.exception("silent marks could not be stored")

    def learn(self, seen: Seen, flagged: Collection[int]) -> None:
        """Compare the list behind the writes with what was written. Only open sessions count.

        A database that was waited for in vain just before is not waited for again: somebody waits for us.
        """
        if not self._is_stored:
            return
        try:
            self._learn(seen, flagged)
        except SQLAlchemyError:
            _LOG.exception("what writes taught of silent mode could not be stored")

    def _learn(self, seen: Seen, flagged: Collection[int]) -> None:
        sessions = {dialog.chat_id: dialog.session_id for dialog in seen.dialogs}
        listed = [row for row in self._accepted if sessions.get(row.chat_id) == row.session_id]
        lessons = [
            lesson(wanted=self._silent, before=self._before(dialog), after=dialog.chat_id in flagged)
            for dialog in listed
        ]
        unseen = [row.session_id for row in listed if self._silent and row.chat_id not in flagged]
        if unseen:
            with self._engine.begin() as conn:
                note_unseen(conn, self._operator.key, unseen, True)
        self._capabilities.learn_silent(
            self._operator.member_id, lambda scope, doubts: learnt(scope, doubts, lessons)
        )

    def _before(self, dialog: Dialog) -> bool | None:
        return None if self._flagged is None else dialog.chat_id in self._flagged
