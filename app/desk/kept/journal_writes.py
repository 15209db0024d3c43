"""Writing the journal's rows: one entry for all requests of a run, one result for each dialog in it.

The rule: what an undo could still take back is never overwritten by a later look at it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe

from sqlalchemy import Connection, delete, select, update

from app.desk.kept.journal_rows import fold, is_undoable, left_of, own_entries
from app.openlines.actions import ACTIONS
from app.openlines.model import Result
from app.openlines.outcomes import carried_out
from app.portals.model import OperatorKey
from app.storage.engine import upsert
from app.storage.tables import journal_entries, journal_results

UNDO_TIME = timedelta(hours=24)
_NAME_LENGTH = 255
_entry = journal_entries.c
_result = journal_results.c


@dataclass(frozen=True, slots=True)
class Undoable:
    """What is left to take back of one entry: (chat_id, session_id, client_name) each."""

    entry_id: int
    public_id: str
    run: str | None
    action: str
    left: tuple[tuple[int, int, str], ...]


def find_or_make(
    conn: Connection,
    key: OperatorKey,
    action: str,
    source: str,
    run: str | None,
    now: datetime,
    undoes: Undoable | None,
) -> int:
    """The entry of this run, or a new one; two first requests of one run meet in the unique index."""
    public_id = token_urlsafe(12)
    undo_until = None if undoes or not ACTIONS[action].inverse else now + UNDO_TIME
    row = {
        "public_id": public_id,
        "member_id": key.member_id,
        "user_id": key.user_id,
        "run": f"undo:{undoes.public_id}" if undoes else run,
        "action": action,
        "source": source,
        "undoes": undoes.public_id if undoes else None,
        "at": now,
        "undo_until": undo_until,
    }
    chosen = select(_entry.id)
    if row["run"] is None:
        conn.execute(journal_entries.insert().values(row))
        made: int = conn.execute(chosen.where(_entry.public_id == public_id)).scalar_one()
        return made
    upsert(conn, journal_entries, row, ["member_id", "user_id", "run"], keep=[*row])
    found: int = conn.execute(chosen.where(*own_entries(key), _entry.run == row["run"])).scalar_one()
    return found


def write_results(
    conn: Connection, key: OperatorKey, entry_id: int, results: Iterable[Result], now: datetime
) -> None:
    """Results of a repeated request replace earlier ones, but never one that an undo would take back."""
    kept = {(row.session_id, row.chat_id) for row in conn.execute(left_of(entry_id))}
    rows = {
        (result.session_id, result.chat_id): {
            "entry_id": entry_id,
            "session_id": result.session_id,
            "chat_id": result.chat_id,
            "member_id": key.member_id,
            "client_name": result.client_name[:_NAME_LENGTH],
            "name_folded": fold(result.client_name[:_NAME_LENGTH]),
            "outcome": result.outcome,
            "code": result.code and result.code[:64],
            "at": now,
            "undone": False,
        }
        for result in results
    }
    fresh = [row for place, row in rows.items() if place not in kept]
    chats = [row["chat_id"] for row in fresh]
    conn.execute(
        delete(journal_results).where(
            _result.entry_id == entry_id, _result.chat_id.in_(chats), ~is_undoable()
        )
    )
    upsert(conn, journal_results, fresh, ["entry_id", "session_id", "chat_id"])


def mark_undone(conn: Connection, undoes: Undoable, results: Iterable[Result]) -> None:
    """What was taken back, was so already or has left the list needs no undo; the rest keeps its own."""
    sessions = {chat_id: session_id for chat_id, session_id, _ in undoes.left}
    settled = [
        result.chat_id
        for result in results
        if result.chat_id in sessions
        and (result.outcome in ("already", "gone") or carried_out(result.outcome, result.code))
    ]
    if settled:
        conn.execute(
            update(journal_results)
            .where(_result.entry_id == undoes.entry_id, _result.chat_id.in_(settled))
            .values(undone=True)
        )
