"""Putting what we know on the dialogs of a list: top, silent marks, waiting times, last human texts.

The rule: a list that the portal gave is never lost because our own database does not answer.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.desk.listing.details import (
    Details,
    apply_ranks,
    load_details,
    load_marks,
    load_ranks,
    note_unseen,
)
from app.desk.listing.former import Former, Formers, ListKey, Step, dress_rows, known_details, read_anew
from app.desk.listing.known import KeptList, Known
from app.desk.listing.memories import Memories
from app.openlines.dialogs import Seen
from app.openlines.memory import Memory
from app.openlines.model import Dialog
from app.openlines.silence import apply as apply_silence
from app.portals.model import Operator
from app.storage.engine import reading

_LOG = logging.getLogger(__name__)
News = Mapping[int, Memory]


class Dressing:
    """What of an operator's last list is as it was is not put on again (`formers`)."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], *, alone: bool) -> None:
        self._engine = engine
        self._clock = clock
        self._alone = alone
        self.formers = Formers(clock)
        self.memories = Memories(engine, alone=alone)

    def former(self, operator: Operator) -> Former:
        """What was made of the operator's last list."""
        return self.formers.get(list_key(operator))

    def step(self, operator: Operator, stamp: str) -> Step:
        """Where everything stands, `stamp` being that of the operator's kept list."""
        return Step(stamp, self.memories.version(operator.member_id))

    def dress(
        self, operator: Operator, seen: Seen, former: Former, scope: str, step: Step | None
    ) -> tuple[Former, News] | None:
        """The list with what we know, and what is new to remember; None: nothing can be read.

        `scope` is what is known of silent mode on the portal. While everything stands where it stood when the
        `former` list was kept (`step`), and no other process is there, that list knows as much of its dialogs
        as the database.
        """
        anew = read_anew(former, seen)
        in_step = self._alone and step is not None and step.stamp != "" and step == former.step
        details = known_details(former, anew) if in_step else None
        if details is None:
            details = self._details(operator, [bare.session_id for bare in anew if bare.session_id > 0])
        if details is None:
            return None
        details = self._settle(operator, seen, details)
        return dress_rows(former, seen, details, scope, operator.user_id, self._clock())

    def keep(self, operator: Operator, made: Former, news: News, kept: KeptList, step: Step) -> None:
        """Remember what is new, and start from this when the operator's next list is dressed.

        A list that another one overtook has nothing new to tell.
        """
        version = self.memories.note(operator.member_id, news if kept.is_newest else {}, step.version)
        now = None
        if version is not None and kept.is_newest and kept.replaced == step.stamp:
            now = Step(kept.packed.stamp, version)
        self.formers.put(list_key(operator), made._replace(step=now))

    def forget(self, member_id: str) -> None:
        """Let go of what is known of a portal's dialogs."""
        self.formers.forget(member_id)
        self.memories.forget(member_id)

    def _details(self, operator: Operator, session_ids: list[int]) -> Details | None:
        waiting = self.memories.waiting(operator.member_id, session_ids)
        try:
            with reading(self._engine) as conn:
                stored = load_details(conn, operator.key, session_ids)
        except SQLAlchemyError:
            _LOG.exception("what is known of dialogs could not be read")
            return None
        return Details(stored.marks, stored.ranks, stored.memories | waiting)

    def _settle(self, operator: Operator, seen: Seen, details: Details) -> Details:
        """A list that shows a mark at last is believed from now on, also when it says "off" one day."""
        unseen = {session_id for session_id, mark in details.marks.items() if mark.unseen}
        shown = {row.session_id for row in seen.dialogs if row.silent and row.session_id in unseen}
        if not shown:
            return details
        try:
            with self._engine.begin() as conn:
                note_unseen(conn, operator.key, shown, False)
        except SQLAlchemyError:
            _LOG.exception("that a list shows a silent mark could not be stored")
        settled = {session_id: replace(details.marks[session_id], unseen=False) for session_id in shown}
        return Details(details.marks | settled, details.ranks, details.memories)

    def mark(self, operator: Operator, seen: Seen, scope: str) -> list[Dialog] | None:
        """The dialogs with nothing but their silent state; None: nothing can be read."""
        try:
            with reading(self._engine) as conn:
                marks = load_marks(conn, operator.key)
        except SQLAlchemyError:
            _LOG.exception("silent marks could not be read")
            return None
        flagged = {dialog.chat_id for dialog in seen.dialogs if dialog.silent}
        return apply_silence(seen.dialogs, flagged, marks, scope)

    def redress(self, operator: Operator, known: Known, scope: str) -> None:
        """Put top and silent marks on a known list again, in place, after they changed here."""
        try:
            with reading(self._engine) as conn:
                ranks, marks = load_ranks(conn, operator.key), load_marks(conn, operator.key)
        except SQLAlchemyError:
            _LOG.exception("top and silent marks could not be read")
            known.source = ""
        else:
            known.dialogs = apply_silence(apply_ranks(known.dialogs, ranks), known.flagged, marks, scope)


def list_key(operator: Operator) -> ListKey:
    """What tells one operator's list from all others; an uninstallation makes it another."""
    return operator.member_id, operator.user_id, operator.generation
