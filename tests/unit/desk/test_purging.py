"""More that is overdue than goes in one step goes all the same, and nothing that is not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, insert, select

from app.desk.kept.housekeeping import purge
from app.desk.kept.journal import Journal
from app.desk.kept.runs import Runs
from app.storage.engine import reading
from app.storage.steps import STEP
from app.storage.tables import (
    dialog_memory,
    journal_entries,
    journal_results,
    run_targets,
    runs,
    silent_marks,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)
OLD = NOW - timedelta(days=120)
OVERDUE = STEP + 50
MINE = {"member_id": "m1", "user_id": 27}
KEPT = (journal_entries, journal_results, dialog_memory, silent_marks, runs, run_targets)


def rows_of(number: int, at: datetime) -> Iterator[tuple[Any, dict[str, Any]]]:
    """What one click left behind, in each table."""
    result = {
        "entry_id": number,
        "member_id": "m1",
        "session_id": 1,
        "client_name": "Olga",
        "outcome": "done",
    }
    entry = {"id": number, "public_id": f"e{number}", "action": "pin", "source": "click", "at": at}
    mark = {"session_id": number, "chat_id": number, "silent": True, "at": at}
    yield journal_entries, MINE | entry
    for chat_id in (1, 2):
        yield journal_results, result | {"chat_id": chat_id, "at": at, "undone": False}
    yield dialog_memory, {"member_id": "m1", "session_id": number, "seen_at": at}
    yield silent_marks, MINE | mark
    yield runs, MINE | {"run": f"r{number}", "action": "pin", "total": 1, "created_at": at}
    yield run_targets, MINE | {"run": f"r{number}", "chat_id": 1, "position": 0, "done": False}


def fill(engine: Engine, numbers: range, at: datetime) -> None:
    together: dict[Any, list[dict[str, Any]]] = {table: [] for table in KEPT}
    for number in numbers:
        for table, row in rows_of(number, at):
            together[table].append(row)
    with engine.begin() as conn:
        for table, rows in together.items():
            conn.execute(insert(table), rows)


def test_what_is_overdue_goes_in_steps(engine: Engine) -> None:
    fill(engine, range(1, OVERDUE + 1), OLD)
    fill(engine, range(OVERDUE + 1, OVERDUE + 4), NOW)
    longest: list[int] = []
    event.listen(engine, "after_cursor_execute", lambda *given: longest.append(given[1].rowcount))
    gone = purge(engine, Journal(engine), Runs(engine), NOW)
    assert gone == {
        "dialog_memory": OVERDUE,
        "snapshots": 0,
        "journal_entries": OVERDUE,
        "silent_marks": OVERDUE,
        "runs": OVERDUE,
    }
    assert max(longest) == STEP, "no statement is longer"
    with reading(engine) as conn:
        left = [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in KEPT]
    assert left == [3, 6, 3, 3, 3, 3]


@pytest.mark.parametrize("results", [3 * STEP])
def test_an_entry_of_very_many_results_goes_in_steps_too(engine: Engine, results: int) -> None:
    fill(engine, range(1, 2), OLD)
    more = dict([*rows_of(1, OLD)][2][1])
    with engine.begin() as conn:
        conn.execute(insert(journal_results), [more | {"chat_id": 3 + number} for number in range(results)])
    assert purge(engine, Journal(engine), Runs(engine), NOW)["journal_entries"] == 1
    with reading(engine) as conn:
        assert conn.execute(select(func.count()).select_from(journal_results)).scalar_one() == 0
