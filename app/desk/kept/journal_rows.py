"""Reading the journal's rows: entries with their results, and what of them an undo could still take back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from app.openlines.model import Entry, Outcome, Person, Result, Undo
from app.openlines.outcomes import carried_out
from app.portals.model import OperatorKey
from app.storage.tables import journal_entries, journal_results, operator_tokens

MOST_RESULTS = 5000
"""How many results one page of the journal carries, beyond its first entry."""

_FOLDED = 512
_entry = journal_entries.c
_result = journal_results.c


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for: `text` in clients' names, outcomes and codes, and entries of one `action`.

    `outcomes` as (action or None for any, outcome) and `codes` are results whose words hold the text.
    """

    text: str = ""
    action: str | None = None
    outcomes: Collection[tuple[str | None, str]] = ()
    codes: Collection[str] = ()

    def fits(self, action: str, result: Result) -> bool:
        """Whether one result is what was looked for."""
        text = fold(self.text)
        return (
            text in fold(result.client_name)
            or text in (result.outcome, fold(result.code or ""))
            or not {(None, result.outcome), (action, result.outcome)}.isdisjoint(self.outcomes)
            or (result.code or "").lower() in self.codes
        )


EVERYTHING = Search()


def fold(name: str) -> str:
    """A name as it is searched for: databases fold the letters of their own alphabets only."""
    return name.casefold()[:_FOLDED]


def found_by(search: Search) -> list[ColumnElement[bool]]:
    """The conditions on entries."""
    conditions = [] if search.action is None else [_entry.action == search.action]
    if search.text:
        found = select(_result.entry_id).where(_result.entry_id == _entry.id, matches(search))
        conditions.append(found.exists())
    return conditions


def matches(search: Search) -> ColumnElement[bool]:
    """`Search.fits` as a condition on results and their entries."""
    text = fold(search.text)
    code = func.lower(func.coalesce(_result.code, ""))
    return or_(
        _result.name_folded.contains(text, autoescape=True),
        _result.outcome == text,
        code.in_({text, *search.codes}),
        *(
            and_(_result.outcome == outcome, *(() if action is None else (_entry.action == action,)))
            for action, outcome in search.outcomes
        ),
    )


def own_entries(key: OperatorKey) -> tuple[Any, Any]:
    """Only this operator's entries."""
    return _entry.member_id == key.member_id, _entry.user_id == key.user_id


def is_older(key: OperatorKey, public_id: str) -> ColumnElement[bool]:
    """Entries that came before this one."""
    known = select(_entry.id).where(*own_entries(key), _entry.public_id == public_id)
    return _entry.id < known.scalar_subquery()


def is_undoable() -> ColumnElement[bool]:
    """Results that were carried out and not taken back (see `outcomes.carried_out`)."""
    untold = and_(_result.outcome == "unconfirmed", func.coalesce(_result.code, "") == "not_told")
    return and_(or_(_result.outcome == "done", untold), _result.undone.is_(False))


def left_of(entry_id: int) -> Any:
    """The results of an entry that an undo could take back: chat_id, session_id, client_name."""
    return (
        select(_result.chat_id, _result.session_id, _result.client_name)
        .where(_result.entry_id == entry_id, is_undoable())
        .order_by(_result.at, _result.chat_id)
    )


def undo_of_entry(conn: Connection, entry_id: int, now: datetime) -> Undo | None:
    """The way back of an entry, while there is one."""
    entry = conn.execute(
        select(_entry.public_id, _entry.undo_until).where(_entry.id == entry_id, _entry.undo_until > now)
    ).first()
    count = conn.execute(select(func.count()).select_from(left_of(entry_id).subquery())).scalar() or 0
    return Undo(entry.public_id, count, entry.undo_until) if entry is not None and count else None


def undo_of_run(conn: Connection, key: OperatorKey, run: str, now: datetime) -> Undo | None:
    """The way back of a whole run."""
    entry_id = conn.execute(select(_entry.id).where(*own_entries(key), _entry.run == run)).scalar()
    return None if entry_id is None else undo_of_entry(conn, entry_id, now)


def not_too_many(conn: Connection, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """As many entries as `MOST_RESULTS` allow, but at least one: a bulk run may have thousands."""
    query = select(_result.entry_id, func.count()).where(_result.entry_id.in_([row.id for row in rows]))
    counts: dict[int, int] = dict(conn.execute(query.group_by(_result.entry_id)).all())
    total = 0
    for index, row in enumerate(rows):
        total += counts.get(row.id, 0)
        if index and total > MOST_RESULTS:
            return rows[:index]
    return rows


def entries_of(
    conn: Connection, rows: Sequence[Row[Any]], key: OperatorKey, now: datetime, chat_id: int | None = None
) -> list[Entry]:
    """Entries with their results; with `chat_id` only the results of that dialog."""
    query = select(journal_results).where(_result.entry_id.in_([row.id for row in rows]))
    if chat_id is not None:
        query = query.where(_result.chat_id == chat_id)
    results: dict[int, list[Row[Any]]] = {}
    for found in conn.execute(query.order_by(_result.at, _result.chat_id)):
        results.setdefault(found.entry_id, []).append(found)
    names = _names(conn, key.member_id, {row.user_id for row in rows if row.user_id != key.user_id})
    return [_make_entry(row, results.get(row.id, []), key, now, names, chat_id is None) for row in rows]


def _make_entry(
    row: Row[Any],
    results: Sequence[Row[Any]],
    key: OperatorKey,
    now: datetime,
    names: dict[int, str],
    whole: bool,
) -> Entry:
    mine = row.user_id == key.user_id
    left = sum(1 for found in results if not found.undone and carried_out(found.outcome, found.code))
    undoable = mine and whole and left > 0 and row.undo_until is not None and row.undo_until > now
    return Entry(
        id=row.public_id,
        run=row.run if mine and row.undoes is None else None,
        at=row.at,
        action=row.action,
        source=row.source,
        results=[_make_result(found) for found in results],
        undo=Undo(row.public_id, left, row.undo_until) if undoable else None,
        by=None if mine else Person(row.user_id, names.get(row.user_id)),
        undoes=row.undoes if mine else None,
    )


def _make_result(row: Row[Any]) -> Result:
    outcome: Outcome = row.outcome
    return Result(
        chat_id=row.chat_id,
        session_id=row.session_id,
        client_name=row.client_name,
        outcome=outcome,
        code=row.code,
    )


def _names(conn: Connection, member_id: str, user_ids: set[int]) -> dict[int, str]:
    if not user_ids:
        return {}
    columns = operator_tokens.c
    query = select(columns.user_id, columns.name).where(
        columns.member_id == member_id, columns.user_id.in_(user_ids), columns.name != ""
    )
    return dict(conn.execute(query).all())
