"""Journal and runs: one entry for one run, colleagues by name, and nothing of anybody else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.desk.kept.journal import Journal
from app.desk.kept.runs import MOST_RUNS
from app.desk.model import Invalid, UnknownRun
from app.openlines.model import Outcome, Result
from app.portals.model import Operator, OperatorKey
from app.storage.engine import reading
from app.storage.tables import journal_results
from tests.unit.desk.conftest import DAVID, Room, outcomes


def result(chat_id: int, outcome: Outcome = "done", code: str | None = None) -> Result:
    return Result(chat_id=chat_id, session_id=chat_id, client_name="A", outcome=outcome, code=code)


def test_the_requests_of_a_run_are_one_entry_with_one_way_back(room: Room, maria: Operator) -> None:
    dialogs = room.dialogs(maria)
    chats = [dialogs[name].chat_id for name in ("John Smith", "System Last", "File Last")]
    run = room.desk.records.start_run(maria, "pin", chats)
    assert (run.total, run.left, run.undo) == (3, chats, None)
    first = room.desk.clicks.act(maria, "pin", chats[:2], run.run)
    assert [d.chat_id for d in first.dialogs] == chats[:2] or len(first.dialogs) == 2
    assert room.desk.records.run(maria, run.run).left == chats[2:]
    last = room.desk.clicks.act(maria, "pin", chats[2:], run.run)
    assert len(last.dialogs) == len(dialogs)
    assert last.undo is not None
    assert last.undo.count == 3
    [entry] = room.desk.records.journal(maria)
    assert (entry.run, len(entry.results), entry.undo) == (run.run, 3, last.undo)
    undone = room.desk.clicks.undo(maria, last.undo.id)
    assert outcomes(undone) == [("done", None)] * 3
    assert [entry.source for entry in room.desk.records.journal(maria)] == ["undo", "click"]
    assert room.desk.records.run(maria, run.run).undo is None


def test_a_run_is_one_persons_and_one_actions(room: Room, maria: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    run = room.desk.records.start_run(maria, "pin", [chat_id])
    with pytest.raises(Invalid):
        room.desk.clicks.act(maria, "unpin", [chat_id], run.run)
    with pytest.raises(UnknownRun):
        room.desk.records.run(replace(maria, user_id=DAVID), run.run)
    with pytest.raises(UnknownRun):
        room.desk.records.run(replace(maria, member_id="other"), run.run)
    with pytest.raises(Invalid):
        room.desk.records.start_run(maria, "pin_all", [chat_id])
    with pytest.raises(Invalid):
        room.desk.records.start_run(maria, "pin", list(range(1, 5002)))
    assert room.desk.records.start_run(maria, "pin", list(range(1, 5001))).total == 5000


def test_the_targets_of_a_stored_run_are_fixed(room: Room, maria: Operator) -> None:
    """Or its undo would take back more than was decided on."""
    inside, outside = (room.chat(maria, name) for name in ("John Smith", "Maria Lopez"))
    run = room.desk.records.start_run(maria, "pin", [inside])
    room.portal_requests()
    room.sandbox.forget()
    with pytest.raises(Invalid, match="run:chat_ids"):
        room.desk.clicks.act(maria, "pin", [inside, outside], run.run)
    assert room.portal_requests() == []
    answer = room.desk.clicks.act(maria, "pin", [inside], run.run)
    assert (answer.undo and answer.undo.count) == 1
    again = room.desk.clicks.act(maria, "pin", [inside], run.run)
    assert [result.outcome for result in again.results] == ["already"], "what is decided may come again"
    free = room.desk.clicks.act(maria, "pin", [outside], "a-run-of-the-page")
    assert [result.outcome for result in free.results] == ["already"]


def test_what_failed_stays_in_its_run(room: Room, maria: Operator) -> None:
    chats = [room.chat(maria, name) for name in ("John Smith", "Joined Client")]
    run = room.desk.records.start_run(maria, "pin", [*chats, 999_999])
    room.desk.clicks.act(maria, "pin", [*chats, 999_999], run.run)
    assert room.desk.records.run(maria, run.run).left == []
    store = room.desk._runs
    again = store.start(maria.key, "pin", chats, room.clock())
    assert not store.settle(maria.key, again, [result(chats[0], "failed"), result(chats[1])])
    assert store.load(maria.key, again)[2] == [chats[0]]


def test_a_later_look_never_takes_a_way_back_away(room: Room) -> None:
    journal, key, now = Journal(room.engine), OperatorKey("m1", 5), room.clock()

    def record(*results: Result) -> int:
        undo = journal.record(key, action="pin", source="click", run="r1", results=results, now=now)
        return undo.count if undo else 0

    assert record(result(1), result(2, "unconfirmed", "timeout")) == 1
    assert record(result(1, "already"), result(2, "already")) == 1
    assert record(result(3, "failed", "not_reached")) == 1
    [entry] = journal.own(key, before=None, limit=10, now=now)
    assert [(r.chat_id, r.outcome) for r in entry.results] == [(1, "done"), (2, "already")]


def test_colleagues_see_a_shared_dialogs_history_by_name(room: Room, maria: Operator) -> None:
    david = room.open(DAVID)
    shared, own = room.chat(maria, "Joined Client"), room.chat(maria, "John Smith")
    room.dialogs(david)
    room.desk.clicks.act(david, "pin", [shared], None)
    room.desk.clicks.act(maria, "pin", [own], None)
    [entry] = room.desk.records.journal(maria, chat_id=shared)
    assert entry.by is not None
    assert (entry.by.user_id, entry.by.name) == (DAVID, "David Okafor")
    assert entry.undo is None
    assert [e.results[0].chat_id for e in room.desk.records.journal(maria)] == [own]
    assert room.desk.records.journal(david, chat_id=own) == []
    assert room.desk.records.journal(replace(maria, member_id="other"), chat_id=shared) == []
    assert len(room.desk.records.journal(maria, chat_id=own)) == 1


def test_pages_of_the_journal(room: Room) -> None:
    journal, key = Journal(room.engine), OperatorKey("m1", 5)
    for chat_id in range(1, 6):
        journal.record(
            key, action="pin", source="click", run=None, results=[result(chat_id)], now=room.clock()
        )
    first = journal.own(key, before=None, limit=2, now=room.clock())
    second = journal.own(key, before=first[-1].id, limit=2, now=room.clock())
    assert [entry.results[0].chat_id for entry in first + second] == [5, 4, 3, 2]
    stranger = OperatorKey("m1", 6)
    assert journal.own(stranger, before=None, limit=9, now=room.clock()) == []
    assert journal.own(stranger, before=first[-1].id, limit=9, now=room.clock()) == []


def test_old_rows_go(room: Room, maria: Operator) -> None:
    room.desk.clicks.act(maria, "pin", [room.chat(maria, "John Smith")], None)
    room.desk.records.start_run(maria, "pin", [1, 2])
    assert set(room.desk.housekeeping(room.clock()).values()) == {0}
    gone = room.desk.housekeeping(room.clock() + timedelta(days=120))
    assert gone["journal_entries"] == gone["runs"] == 1
    assert gone["dialog_memory"] > 0
    with reading(room.engine) as conn:
        assert conn.execute(select(func.count()).select_from(journal_results)).scalar() == 0


def test_preferences_are_merged_bounded_and_personal(room: Room, maria: Operator) -> None:
    room.desk.settings.merge(maria.key, {"theme": "dark", "density": "compact"})
    room.desk.settings.merge(maria.key, {"theme": None, "view": "waiting"})
    assert room.desk.settings.own(maria.key) == {"density": "compact", "view": "waiting"}
    assert room.desk.settings.own(replace(maria, user_id=DAVID).key) == {}
    with pytest.raises(Invalid):
        room.desk.settings.merge(maria.key, {"big": "x" * 5000})
    with pytest.raises(Invalid):
        room.desk.settings.merge(maria.key, {f"k{number}": 1 for number in range(40)})


def test_only_the_newest_runs_are_kept(room: Room, maria: Operator) -> None:
    made = []
    for _ in range(MOST_RUNS + 2):
        room.clock.pass_by(seconds=1)
        made.append(room.desk.records.start_run(maria, "pin", [1, 2]).run)
    for run in made[:2]:
        with pytest.raises(UnknownRun):
            room.desk.records.run(maria, run)
    assert room.desk.records.run(maria, made[2]).left == [1, 2]
