"""Snapshots of "my desk": what they keep, and what restoring one would take."""

from dataclasses import replace

import pytest

from app.desk.kept.snapshots import MOST_SNAPSHOTS
from app.desk.model import NotKept, TooMany
from app.portals.model import Operator
from tests.unit.desk.conftest import DAVID, Room


def test_a_snapshot_says_what_to_pin_to_order_and_what_is_missing(room: Room, maria: Operator) -> None:
    john, answered, last = (room.chat(maria, name) for name in ("John Smith", "Answered Client", "File Last"))
    before = {row.chat_id for row in room.dialogs(maria).values() if row.mine and row.pinned}
    room.desk.clicks.act(maria, "pin", [john, last], None)
    room.desk.clicks.set_top(maria, [answered, john])
    made = room.desk.snapshots.take(maria, " Friday ")
    assert (made.name, made.pinned, made.top) == ("Friday", len(before) + 2, 2)
    assert room.desk.snapshots.load(maria) == [made]
    same = room.desk.snapshots.compare(maria, made.id)
    assert (same.pin, same.top, same.missing) == ([], [answered, john], [])
    room.desk.clicks.act(maria, "unpin", [john], None)
    room.desk.clicks.set_top(maria, [])
    room.sandbox.act("close", chat_id=last)
    room.clock.pass_by(seconds=10)
    later = room.desk.snapshots.compare(maria, made.id)
    assert later.pin == [john]
    assert later.top == [answered, john]
    assert [(row.chat_id, row.client_name) for row in later.missing] == [(last, "File Last")]
    room.desk.clicks.act(maria, "pin", later.pin, None)
    assert [row.top_rank for row in room.desk.clicks.set_top(maria, later.top) if row.chat_id == john] == [2]
    assert room.desk.snapshots.compare(maria, made.id).pin == []


def test_what_is_a_colleagues_now_cannot_be_pinned(room: Room, maria: Operator) -> None:
    john = room.chat(maria, "John Smith")
    room.desk.clicks.act(maria, "pin", [john], None)
    made = room.desk.snapshots.take(maria, "Before")
    room.sandbox.act("take", chat_id=john, user_id=DAVID)
    room.clock.pass_by(seconds=10)
    after = room.desk.snapshots.compare(maria, made.id)
    assert john not in after.pin
    assert john in {row.chat_id for row in after.missing}


def test_snapshots_are_personal(room: Room, maria: Operator) -> None:
    made = room.desk.snapshots.take(maria, "Mine")
    for stranger in (replace(maria, user_id=DAVID), replace(maria, member_id="other")):
        assert room.desk.snapshots.load(stranger) == []
        with pytest.raises(NotKept):
            room.desk.snapshots.compare(stranger, made.id)
        with pytest.raises(NotKept):
            room.desk.snapshots.delete(stranger, made.id)
    room.desk.snapshots.delete(maria, made.id)
    assert room.desk.snapshots.load(maria) == []


def test_there_is_room_for_so_many(room: Room, maria: Operator) -> None:
    for number in range(MOST_SNAPSHOTS):
        room.clock.pass_by(seconds=1)
        room.desk.snapshots.take(maria, f"Number {number}")
    with pytest.raises(TooMany):
        room.desk.snapshots.take(maria, "One more")
    found = room.desk.snapshots.load(maria)
    assert found[0].name == f"Number {MOST_SNAPSHOTS - 1}"
    room.desk.snapshots.delete(maria, found[0].id)
    assert room.desk.snapshots.take(maria, "One more").name == "One more"
