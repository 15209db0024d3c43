"""Rows that come again are not read again; a row that changed in anything is, and all in another light."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from app.openlines.dialogs import Seen, read_rows
from app.openlines.model import Person
from app.openlines.readings import NO_READINGS, Readings
from app.openlines.rows import mark_rows
from tests.unit.openlines.test_rows import LINES, ME, NOW, row

COLLEAGUE = {"id": 31, "name": "David Okafor", "connector": False}


@dataclass
class Light:
    """What rows are read with."""

    me: Person = ME
    lines: dict[int, str] = field(default_factory=lambda: dict(LINES))
    origin: str = "https://p.example"
    now: datetime = NOW

    def read(self, rows: list[Any], former: Readings = NO_READINGS) -> Seen:
        marked = mark_rows([json.dumps(rows).encode()])
        return read_rows(
            marked, me=self.me, lines=self.lines, origin=self.origin, now=self.now, former=former
        )


def facts(seen: Seen) -> tuple[Any, ...]:
    return seen.dialogs, seen.skipped, seen.by_chat


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every single value of a row."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*way, name))
    else:
        yield way


def changed(base: dict[str, Any], way: tuple[Any, ...]) -> dict[str, Any]:
    copy = deepcopy(base)
    holder = copy
    for name in way[:-1]:
        holder = holder[name]
    old = holder[way[-1]]
    holder[way[-1]] = not old if isinstance(old, bool) else old + 1 if isinstance(old, int) else f"{old}0"
    return copy


@pytest.mark.parametrize("way", list(places(row())), ids=lambda way: ".".join(way))
def test_a_row_that_changed_in_one_value_is_read_anew(way: tuple[Any, ...]) -> None:
    light, rows = Light(), [row(1), row(20), row(30)]
    before = light.read(rows)
    rows[1] = changed(rows[1], way)
    after = light.read(rows, before.readings)
    assert facts(after) == facts(light.read(rows))
    same = [dialog for dialog in after.dialogs if any(dialog is old for old in before.dialogs)]
    assert rows[1]["chat_id"] not in [dialog.chat_id for dialog in same]


def test_the_rows_that_did_not_change_are_the_same_objects() -> None:
    light = Light()
    before = light.read([row(1), row(2), row(3)])
    after = light.read([row(3), row(2, counter=7), row(1)], before.readings)
    assert after.dialogs[0] is before.dialogs[2]
    assert after.dialogs[1] is not before.dialogs[1]
    assert after.dialogs[2] is before.dialogs[0]


def test_what_is_served_for_a_mark_is_what_was_read_of_it() -> None:
    """The control: were a reading wrong, it would be served for its row, and for no other."""
    light = Light()
    before = light.read([row(1), row(2)])
    mark = next(iter(before.readings.by_mark))
    wrong = msgspec.structs.replace(before.dialogs[0], title="wrong")
    before.readings.by_mark[mark] = msgspec.structs.replace(before.readings.by_mark[mark], dialog=wrong)
    assert light.read([row(1), row(2)], before.readings).dialogs[0].title == "wrong"
    again = light.read([row(1, counter=3), row(2)], before.readings)
    assert [dialog.title for dialog in again.dialogs] == ["Maria Lopez - Telegram"] * 2


@pytest.mark.parametrize(
    "other",
    [
        Light(me=Person(31, "David Okafor")),
        Light(me=Person(27, "Maria")),
        Light(lines={2: "Web store"}),
        Light(lines={**LINES, 3: "Telegram shop"}),
        Light(origin="https://q.example"),
    ],
)
def test_another_light_shows_every_row_anew(other: Light) -> None:
    rows = [row(1), row(2, chat__owner=31), row(3, chat__owner=0)]
    before = Light().read(rows)
    assert facts(other.read(rows, before.readings)) == facts(other.read(rows))
    assert facts(other.read(rows)) != facts(before)


def test_a_name_that_another_row_tells_reaches_rows_that_did_not_change() -> None:
    light = Light()
    first = light.read([row(1, chat__owner=31), row(2)])
    assert first.dialogs[0].responsible == Person(31, None)
    second = light.read([row(1, chat__owner=31), row(2, user=COLLEAGUE)], first.readings)
    assert second.dialogs[0].responsible == Person(31, "David Okafor")
    third = light.read([row(1, chat__owner=31), row(2)], second.readings)
    assert third.dialogs[0].responsible == Person(31, None)


def test_a_name_is_still_told_by_a_row_that_did_not_change() -> None:
    light = Light()
    first = light.read([row(1, user=COLLEAGUE)])
    second = light.read([row(1, user=COLLEAGUE), row(2, chat__owner=31)], first.readings)
    assert second.dialogs[1].responsible == Person(31, "David Okafor")


def test_time_closes_the_reply_window_of_a_row_that_did_not_change() -> None:
    until = int(NOW.timestamp()) + 60
    rows = [row(1, chat__entity_data_1=f"N|NONE|0|N|N|1|1|0|{until}|0"), row(2)]
    before = Light().read(rows)
    after = Light(now=NOW + timedelta(seconds=61)).read(rows, before.readings)
    assert [dialog.reply_closed for dialog in before.dialogs] == [False, False]
    assert [dialog.reply_closed for dialog in after.dialogs] == [True, False]
    back = Light().read(rows, after.readings)
    assert facts(back) == facts(before)


def test_rows_that_cannot_be_read_are_counted_each_time() -> None:
    rows = [row(1), 5, 5, None, {"chat": 7}, row(1)]
    before = Light().read(rows)
    after = Light().read(rows, before.readings)
    assert (before.skipped, after.skipped) == (3, 3)
    assert facts(after) == facts(before)


def test_only_the_newest_list_is_kept() -> None:
    light = Light()
    seen = light.read([row(number) for number in range(1, 9)])
    seen = light.read([row(9), row(1)], seen.readings)
    assert len(seen.readings.by_mark) == 2
