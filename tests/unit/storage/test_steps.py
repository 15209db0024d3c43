"""Many rows go in steps: all of them, no others, and in more than one transaction."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, func, insert, select

from app.storage import steps
from app.storage.engine import reading
from app.storage.steps import STEP, delete_in_steps
from app.storage.tables import dialog_memory

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def ends(engine: Engine) -> list[object]:
    """An entry for each transaction that ended."""
    ended: list[object] = []
    event.listen(engine, "commit", ended.append)
    return ended


def fill(engine: Engine, count: int, seen_at: datetime, first: int = 0) -> None:
    rows = [
        {"member_id": f"m{number % 7}", "session_id": number, "seen_at": seen_at}
        for number in range(first, first + count)
    ]
    with engine.begin() as conn:
        conn.execute(insert(dialog_memory), rows)


def left(engine: Engine) -> int:
    with reading(engine) as conn:
        return conn.execute(select(func.count()).select_from(dialog_memory)).scalar_one()


@pytest.mark.parametrize(("count", "transactions"), [(1, 1), (99, 1), (100, 2), (250, 3)])
def test_more_rows_than_one_step_go(
    engine: Engine, ends: list[object], count: int, transactions: int
) -> None:
    fill(engine, count, NOW - timedelta(days=31))
    fill(engine, 150, NOW, first=count)
    ends.clear()
    old = dialog_memory.c.seen_at < NOW - timedelta(days=30)
    assert delete_in_steps(engine, dialog_memory, old, size=100) == count
    assert (left(engine), len(ends)) == (150, transactions)


def test_what_went_stays_gone_when_a_step_fails(
    engine: Engine, ends: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(engine, 2 * STEP + 1, NOW - timedelta(days=31))

    class Stopped:
        """The clock of the module: it stops the second pause."""

        count = 0

        def monotonic(self) -> float:
            return 0.0

        def sleep(self, _: float) -> None:
            self.count += 1
            if self.count == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(steps, "time", Stopped())
    old = dialog_memory.c.seen_at < NOW
    with pytest.raises(KeyboardInterrupt):
        delete_in_steps(engine, dialog_memory, old)
    assert left(engine) == 1
    assert delete_in_steps(engine, dialog_memory, old) == 1
