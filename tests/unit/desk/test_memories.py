"""What lists tell of sessions is written behind them, together, and is known before it is written."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Select, event, insert, literal, select
from sqlalchemy.exc import OperationalError

from app.desk.listing import memories as module
from app.desk.listing.memories import Memories
from app.openlines.memory import Memory
from app.portals.model import Operator
from app.storage.tables import dialog_memory, installations
from tests.unit.desk.conftest import Room, make_room

T0 = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEPT = ("silent_marks", "top_dialogs", "dialog_memory")


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


def said(text: str) -> Memory:
    return Memory(T0, human_text=text)


def stored(engine: Engine, member_id: str) -> dict[int, str | None]:
    query = select(dialog_memory.c.session_id, dialog_memory.c.human_text)
    with engine.connect() as conn:
        rows = conn.execute(query.where(dialog_memory.c.member_id == member_id))
        return {row.session_id: row.human_text for row in rows}


@pytest.fixture
def kept(room: Room, maria: Operator, monkeypatch: pytest.MonkeyPatch) -> Memories:
    """Memories beside an installed portal; the first note is written at once, what follows waits."""
    monkeypatch.setattr(module, "WRITE_SECONDS", 3600.0)
    memories = Memories(room.engine, alone=True)
    memories.note(maria.member_id, {1: said("first")}, 0)
    assert stored(room.engine, maria.member_id)[1] == "first"
    return memories


def test_what_waits_is_known_and_written_by_the_next_who_is_due(
    kept: Memories, room: Room, maria: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.note(maria.member_id, {1: said("second"), 2: said("other")}, 1)
    assert stored(room.engine, maria.member_id)[1] == "first"
    assert kept.waiting(maria.member_id, [1, 3]) == {1: said("second")}
    assert kept.waiting("another portal", [1]) == {}
    monkeypatch.setattr(module, "WRITE_SECONDS", 0.0)
    kept.write()
    assert stored(room.engine, maria.member_id).items() >= {1: "second", 2: "other"}.items()
    kept.note(maria.member_id, {1: said("third")}, 2)
    assert stored(room.engine, maria.member_id)[1] == "third"
    assert kept.waiting(maria.member_id, [1, 2]) == {}


def test_beside_other_processes_everything_is_written_at_once(
    kept: Memories, room: Room, maria: Operator
) -> None:
    Memories(room.engine, alone=False).note(maria.member_id, {1: said("at once")}, 0)
    assert stored(room.engine, maria.member_id)[1] == "at once"


def test_who_comes_between_makes_another_version(kept: Memories, maria: Operator) -> None:
    version = kept.version(maria.member_id)
    assert kept.note(maria.member_id, {}, version) == version
    now = kept.note(maria.member_id, {1: said("mine")}, version)
    assert now == kept.version(maria.member_id) != version
    assert kept.note(maria.member_id, {1: said("later, from before")}, version) is None


def outage(*_: object) -> None:
    raise OperationalError("", {}, Exception("locked"))


def test_what_is_being_written_is_known_and_never_overwrites_what_came_later(
    kept: Memories, room: Room, maria: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(conn: Connection, member_id: str, memories: dict[int, Memory]) -> None:
        assert kept.waiting(member_id, [1, 2]) == {1: said("earlier"), 2: said("other")}
        kept.note(member_id, {1: said("later")}, 0)
        outage()

    kept.note(maria.member_id, {1: said("earlier"), 2: said("other")}, 1)
    with monkeypatch.context() as patch:
        patch.setattr(module, "save_memories", slow)
        kept.write()
    assert stored(room.engine, maria.member_id)[1] == "first"
    kept.write()
    assert stored(room.engine, maria.member_id).items() >= {1: "later", 2: "other"}.items()


def test_values_that_no_database_takes_hold_up_nobody_else(
    kept: Memories, room: Room, maria: Operator
) -> None:
    kept.note("a portal", {1: said("of a portal that is not installed")}, 0)
    kept.note(maria.member_id, {7: said("fine")}, 1)
    with room.engine.begin() as conn:
        conn.execute(insert(installations).from_select(*another(maria.member_id)))
    kept.note("0 comes first", {2**63: said("beyond 64 bits")}, 0)
    kept.write()
    assert stored(room.engine, maria.member_id)[7] == "fine"
    assert kept.waiting("0 comes first", [2**63]) == {}


def another(member_id: str) -> tuple[list[str], Select[Any]]:
    """The same installation under another id."""
    names = [column.name for column in installations.c]
    row = [literal("0 comes first") if name == "member_id" else installations.c[name] for name in names]
    return names, select(*row).where(installations.c.member_id == member_id)


def test_only_so_much_waits(
    kept: Memories, room: Room, maria: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    monkeypatch.setattr(module, "save_memories", outage)
    kept.note("an older one", {1: said("goes first")}, 0)
    kept.note(maria.member_id, {1: said("one of two"), 2: said("the other")}, 1)
    assert kept.waiting("an older one", [1]) == {}
    kept.write()
    assert len(kept.waiting(maria.member_id, [1, 2])) == 2
    kept.note(maria.member_id, {3: said("too many")}, 2)
    assert kept.waiting(maria.member_id, [1, 2, 3]) == {}


@pytest.mark.parametrize("leave", ["uninstalled", "forgotten", "forgotten while written", "stays"])
def test_nothing_is_written_of_a_portal_that_has_left(
    kept: Memories, room: Room, maria: Operator, leave: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaving(*_: object) -> None:
        kept.forget(maria.member_id)
        outage()

    kept.note(maria.member_id, {5: said("late")}, 1)
    if leave == "uninstalled":
        room.portals.installations.uninstall(maria.member_id, clean=True)
    if leave == "forgotten":
        kept.forget(maria.member_id)
    if leave == "forgotten while written":
        with monkeypatch.context() as patch:
            patch.setattr(module, "save_memories", leaving)
            kept.write()
    kept.write()
    assert (5 in stored(room.engine, maria.member_id)) is (leave == "stays")


def test_the_last_write_waits_for_the_one_under_way(
    kept: Memories, room: Room, maria: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.note(maria.member_id, {1: said("while another writes")}, 1)
    assert kept._writing.acquire()
    kept.write()
    assert stored(room.engine, maria.member_id)[1] == "first"
    threading.Timer(0.3, kept._writing.release).start()
    kept.write(patience=10)
    assert stored(room.engine, maria.member_id)[1] == "while another writes"


def test_a_desk_that_closes_leaves_nothing_behind(room: Room, maria: Operator) -> None:
    session_id = next(
        row.session_id for row in room.dialogs(maria).values() if row.client_name == "John Smith"
    )
    text = "Written while nobody looked"
    room.sandbox.act("client_message", chat_id=room.chat(maria, "John Smith"), text=text)
    room.dialogs(maria)
    assert stored(room.engine, maria.member_id)[session_id] != text
    room.desk.close()
    assert stored(room.engine, maria.member_id)[session_id] == text


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The statements about what we know of dialogs that were sent meanwhile."""
    seen: list[str] = []

    def note(conn: object, cursor: object, statement: str, *_: object) -> None:
        if any(table in statement for table in KEPT):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def write_to(room: Room, maria: Operator, text: str) -> None:
    room.sandbox.act("client_message", chat_id=room.chat(maria, "John Smith"), text=text)


def test_a_poll_right_behind_another_asks_the_database_nothing(room: Room, maria: Operator) -> None:
    room.dialogs(maria)
    for number in range(3):
        write_to(room, maria, f"message {number}")
        with statements(room.engine) as sent:
            row = room.dialogs(maria)["John Smith"]
        assert row.last_message is not None
        assert row.last_message.text == f"message {number}"
        assert sent == []


@pytest.mark.parametrize(
    "case", ["after a click", "after a minute", "with a new dialog", "unsure", "after a colleague's list"]
)
def test_a_poll_asks_when_anything_else_may_have_happened(room: Room, maria: Operator, case: str) -> None:
    chat_id = room.chat(maria, "Maria Lopez")
    room.dialogs(maria)
    if case == "after a click":
        room.desk.clicks.act(maria, "top", [chat_id], None)
    if case == "after a minute":
        room.clock.pass_by(seconds=61)
    if case == "with a new dialog":
        room.sandbox.act("queue_dialog")
    if case == "unsure":
        room.desk._lists.known.doubt(maria)
    write_to(room, maria, "and then")
    if case == "after a colleague's list":
        room.desk._lists.dressing.memories.note(maria.member_id, {9999: said("hi")}, 0)
    with statements(room.engine) as sent:
        room.dialogs(maria)
    assert any("SELECT" in statement for statement in sent)


def test_two_processes_in_turn_show_what_each_other_did(room: Room, maria: Operator) -> None:
    room, other = (make_room(room.engine, room.sandbox, room.clock, room.cache) for _ in range(2))
    room.dialogs(maria)
    other.dialogs(maria)
    chat_id = room.chat(maria, "John Smith")
    other.desk.clicks.act(maria, "top", [chat_id], None)
    write_to(room, maria, "one")
    assert room.dialogs(maria)["John Smith"].top
    other.desk.clicks.act(maria, "untop", [chat_id], None)
    write_to(room, maria, "two")
    assert not room.dialogs(maria)["John Smith"].top
    room.desk.close()
    other.desk.close()


def test_a_list_that_another_one_overtook_is_not_built_upon(room: Room, maria: Operator) -> None:
    """A click is written down and listed while a slower poll is being dressed with what was known before."""
    chat_id = room.chat(maria, "John Smith")
    room.dialogs(maria)
    write_to(room, maria, "one")
    lists = room.desk._lists
    dress = lists.dressing.dress

    def slowly(*given: object, **more: object) -> object:
        made = dress(*given, **more)  # type: ignore[arg-type]
        lists.dressing.dress = dress  # type: ignore[method-assign]
        room.desk.clicks.act(maria, "top", [chat_id], None)
        return made

    lists.dressing.dress = slowly  # type: ignore[method-assign, assignment]
    room.dialogs(maria)
    room.clock.pass_by(seconds=31)
    write_to(room, maria, "two")
    assert room.dialogs(maria)["John Smith"].top
