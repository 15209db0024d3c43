"""What the desk forgets, and when. The rule: what is about clients goes first.

Each portal keeps its journal and snapshots for the days that it has set; waiting times and last texts go
after thirty days at the latest. What is silent is remembered for thirty days: it names nobody.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, Table, select

from app.desk.kept.journal import Journal
from app.desk.kept.runs import Runs
from app.desk.kept.settings import RETENTION_DAYS
from app.storage.engine import reading
from app.storage.steps import delete_in_steps
from app.storage.tables import dialog_memory, portal_settings, silent_marks, snapshots

MEMORY_DAYS = 30
RUN_TIME = timedelta(days=7)


def purge(engine: Engine, journal: Journal, runs: Runs, now: datetime) -> dict[str, int]:
    """Delete what has had its time; returns how many rows went, by table."""
    own = _own_days(engine)
    counts = _purge_portals(engine, journal, now, RETENTION_DAYS, None, tuple(own))
    for member_id, days in own.items():
        for table, count in _purge_portals(engine, journal, now, days, member_id, ()).items():
            counts[table] += count
    marks = delete_in_steps(engine, silent_marks, silent_marks.c.at < now - timedelta(days=MEMORY_DAYS))
    return {**counts, "silent_marks": marks, "runs": runs.purge(now - RUN_TIME)}


def _own_days(engine: Engine) -> Mapping[str, int]:
    """Portals that keep their rows for another time than the usual one."""
    query = select(portal_settings.c.member_id, portal_settings.c["values"])
    with reading(engine) as conn:
        days = {row[0]: row[1].get("retention_days", RETENTION_DAYS) for row in conn.execute(query)}
    return {member_id: kept for member_id, kept in days.items() if kept != RETENTION_DAYS}


def _purge_portals(
    engine: Engine, journal: Journal, now: datetime, days: int, portal: str | None, others: tuple[str, ...]
) -> dict[str, int]:
    """Delete one portal's rows, or without it those of all but `others`."""

    def of(table: Table) -> ColumnElement[bool]:
        member_id: ColumnElement[str] = table.c.member_id
        return member_id.not_in(others) if portal is None else member_id == portal

    seen = dialog_memory.c.seen_at < now - timedelta(days=min(days, MEMORY_DAYS))
    oldest = now - timedelta(days=days)
    return {
        "dialog_memory": delete_in_steps(engine, dialog_memory, of(dialog_memory), seen),
        "snapshots": delete_in_steps(engine, snapshots, of(snapshots), snapshots.c.at < oldest),
        "journal_entries": journal.purge(oldest, of),
    }
