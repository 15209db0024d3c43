"""The journal: what every click left behind, and what of it can be taken back.

The rules: all requests of one run are one entry; a result once done is never overwritten by a later look at
it; an operator sees the own entries, and of colleagues only what they did to a dialog that both can see.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Table, select

from app.desk.kept.journal_rows import (
    EVERYTHING,
    Search,
    entries_of,
    found_by,
    is_older,
    left_of,
    not_too_many,
    own_entries,
    undo_of_entry,
    undo_of_run,
)
from app.desk.kept.journal_writes import Undoable, find_or_make, mark_undone, write_results
from app.desk.model import Invalid
from app.openlines.actions import are_one_deed
from app.openlines.model import Entry, Result, Undo
from app.portals.model import OperatorKey
from app.storage.engine import reading
from app.storage.repeats import repeated
from app.storage.steps import STEP, delete_in_steps
from app.storage.tables import journal_entries, journal_results

UNDO_SOURCE = "undo"
_UNTRIED = ("not_reached",)
_entry = journal_entries.c
_result = journal_results.c


class Journal:
    """SQL of the journal. Every method names the operator."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def check_run(self, key: OperatorKey, run: str | None, action: str) -> None:
        """Raise `Invalid` when this run was used for another action."""
        if run is None:
            return
        query = select(_entry.action).where(*own_entries(key), _entry.run == run)
        with reading(self._engine) as conn:
            used = conn.execute(query).scalar()
        if used is not None and not are_one_deed(used, action):
            raise Invalid("run:action")

    def record(
        self,
        key: OperatorKey,
        *,
        action: str,
        source: str,
        run: str | None,
        results: Sequence[Result],
        now: datetime,
        undoes: Undoable | None = None,
    ) -> Undo | None:
        """Write the results of one request down; returns the way back that the entry has now."""
        rows = [result for result in results if result.code not in _UNTRIED]
        if not rows and undoes is None:
            return None if run is None else self.undo_of(key, run, now)

        def write() -> Undo | None:
            with self._engine.begin() as conn:
                if undoes is not None and not rows:
                    return undo_of_entry(conn, undoes.entry_id, now)
                entry_id = find_or_make(conn, key, action, source, run, now, undoes)
                write_results(conn, key, entry_id, rows, now)
                if undoes is not None:
                    mark_undone(conn, undoes, results)
                    return undo_of_entry(conn, undoes.entry_id, now)
                return undo_of_entry(conn, entry_id, now)

        return repeated(write)

    def undoable(self, key: OperatorKey, public_id: str, now: datetime) -> Undoable | None:
        """What an undo of this entry has to do; None when there is nothing (any more)."""
        with reading(self._engine) as conn:
            entry = conn.execute(
                select(_entry.id, _entry.action, _entry.run).where(
                    *own_entries(key), _entry.public_id == public_id, _entry.undo_until > now
                )
            ).first()
            left = [] if entry is None else conn.execute(left_of(entry.id)).all()
        if entry is None or not left:
            return None
        targets = tuple((chat_id, session_id, name) for chat_id, session_id, name in left)
        return Undoable(entry.id, public_id, entry.run, entry.action, targets)

    def undo_of(self, key: OperatorKey, run: str, now: datetime) -> Undo | None:
        """The way back of a whole run."""
        with reading(self._engine) as conn:
            return undo_of_run(conn, key, run, now)

    def own(
        self,
        key: OperatorKey,
        *,
        before: str | None,
        limit: int,
        now: datetime,
        search: Search = EVERYTHING,
    ) -> list[Entry]:
        """The operator's entries that the search finds, newest first, with all their results."""
        query = select(journal_entries).where(*own_entries(key), *found_by(search))
        query = query.order_by(_entry.id.desc()).limit(limit)
        if before is not None:
            query = query.where(is_older(key, before))
        with reading(self._engine) as conn:
            rows = not_too_many(conn, conn.execute(query).all())
            return entries_of(conn, rows, key, now)

    def has_older(self, key: OperatorKey, before: str, search: Search = EVERYTHING) -> bool:
        """Whether the operator has entries older than this one that the search finds."""
        query = select(_entry.id).where(*own_entries(key), *found_by(search), is_older(key, before)).limit(1)
        with reading(self._engine) as conn:
            return conn.execute(query).first() is not None

    def of_dialog(
        self,
        key: OperatorKey,
        chat_id: int,
        *,
        before: str | None,
        limit: int,
        now: datetime,
        everybody: bool,
    ) -> list[Entry]:
        """Entries about one dialog, each with only its result; `everybody`: colleagues' too, by name."""
        query = (
            select(journal_entries)
            .join(journal_results, _result.entry_id == _entry.id)
            .where(
                _result.member_id == key.member_id,
                _result.chat_id == chat_id,
                _entry.member_id == key.member_id,
                *(() if everybody else (_entry.user_id == key.user_id,)),
            )
            .group_by(*journal_entries.c)
            .order_by(_entry.id.desc())
            .limit(limit)
        )
        if before is not None:
            older = select(_entry.id).where(_entry.member_id == key.member_id, _entry.public_id == before)
            query = query.where(_entry.id < older.scalar_subquery())
        with reading(self._engine) as conn:
            return entries_of(conn, conn.execute(query).all(), key, now, chat_id)

    def purge(self, before: datetime, of: Callable[[Table], ColumnElement[bool]]) -> int:
        """Delete entries older than this moment of the portals that `of` chooses; returns how many."""
        old = select(_entry.id).where(_entry.at < before, of(journal_entries)).limit(STEP)
        count = 0
        while True:
            with reading(self._engine) as conn:
                ids = conn.execute(old).scalars().all()
            delete_in_steps(self._engine, journal_results, _result.entry_id.in_(ids))
            count += delete_in_steps(self._engine, journal_entries, _entry.id.in_(ids))
            if len(ids) < STEP:
                return count
