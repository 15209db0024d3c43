"""The list that is known: what a click saw wins over older lists, whichever comes last; turns and flights."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from app.bitrix24.errors import TimedOut
from app.desk.actions.pace import BATCH_SECONDS, Pace
from app.desk.listing.flights import Flights
from app.desk.listing.known import Known
from app.desk.listing.known_lists import KnownLists
from app.portals.model import Operator
from app.storage.cache import MemoryCache
from tests.unit.openlines.test_outcomes import dialog

T0 = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ME = Operator("m1", 27, "Maria", "en", "p.example", 1)


class Times:
    """A clock that says what a test sets."""

    now = T0

    def __call__(self) -> datetime:
        return self.now

    def at(self, second: float) -> datetime:
        self.now = T0 + timedelta(seconds=second)
        return self.now


def listed(second: float, **pins: bool) -> Known:
    rows: list[Any] = [
        dialog(chat_id=int(name[1:]), session_id=int(name[1:]), pinned=on) for name, on in pins.items()
    ]
    return Known(as_of=T0 + timedelta(seconds=second), skipped=0, flagged=[], dialogs=rows)


def pins(known: Known | None) -> dict[int, bool]:
    assert known is not None
    return {row.chat_id: row.pinned for row in known.dialogs}


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def lists(times: Times) -> KnownLists:
    return KnownLists(MemoryCache(), times)


def test_a_poll_asked_before_a_click_does_not_undo_it(lists: KnownLists, times: Times) -> None:
    times.at(3)
    lists.put(ME, listed(2, c1=True, c2=False), touched=[1])
    times.at(4)
    lists.put(ME, listed(1, c1=False, c2=False))
    assert pins(lists.get(ME)) == {1: True, 2: False}
    times.at(5)
    lists.put(ME, listed(2.5, c1=False, c2=True))
    assert pins(lists.get(ME)) == {1: True, 2: True}
    times.at(7)
    lists.put(ME, listed(6, c1=False, c2=True))
    assert pins(lists.get(ME)) == {1: False, 2: True}


def test_an_earlier_click_that_ends_later_adds_only_its_own_row(lists: KnownLists, times: Times) -> None:
    times.at(5)
    lists.put(ME, listed(2, c1=False, c2=True), touched=[2])
    times.at(6)
    lists.put(ME, listed(1, c1=True, c2=False), touched=[1])
    assert pins(lists.get(ME)) == {1: True, 2: True}


def test_a_row_that_a_click_saw_leave_stays_away(lists: KnownLists, times: Times) -> None:
    times.at(5)
    lists.put(ME, listed(4, c2=True), touched=[1])
    lists.put(ME, listed(3, c1=True, c2=True))
    assert pins(lists.get(ME)) == {2: True}


def test_a_list_from_before_a_clock_was_set_back_is_not_believed(lists: KnownLists, times: Times) -> None:
    times.at(3600)
    lists.put(ME, listed(3600, c1=True), touched=[1])
    times.at(0)
    assert lists.get(ME) is None
    lists.put(ME, listed(0, c1=False))
    assert pins(lists.get(ME)) == {1: False}
    times.at(-30)
    assert pins(lists.get(ME)) == {1: False}, "clocks of several machines may be a little apart"


def test_lists_are_kept_by_person_portal_and_installation(lists: KnownLists) -> None:
    lists.put(ME, listed(0, c1=True))
    for other in (
        Operator("m2", 27, "", "en", "", 1),
        Operator("m1", 28, "", "en", "", 1),
        Operator("m1", 27, "", "en", "", 2),
    ):
        assert lists.get(other) is None
    assert lists.get(ME) is not None


def test_the_same_answer_again_is_only_newer(lists: KnownLists, times: Times) -> None:
    known = listed(0, c1=True)
    known.source = "a"
    lists.put(ME, known)
    assert lists.renew(ME, "a", times.at(5))
    kept = lists.packed(ME)
    assert kept is not None
    assert kept.as_of == T0 + timedelta(seconds=5)
    assert not lists.renew(ME, "b", times.at(6))
    assert not lists.renew(ME, "a", T0)
    known.dialogs = [msgspec.structs.replace(known.dialogs[0], reply_until=T0 + timedelta(seconds=60))]
    known.as_of = times.at(7)
    lists.put(ME, known)
    assert lists.renew(ME, "a", times.at(50))
    assert not lists.renew(ME, "a", times.at(61))


def test_a_flight_is_shared_with_its_error() -> None:
    flights: Flights[int] = Flights()
    began, runs = threading.Barrier(4), []

    def work() -> int:
        runs.append(1)
        time.sleep(0.2)
        raise TimedOut("slow")

    def join(_: int) -> str:
        began.wait()
        try:
            return str(flights.run("k", work))
        except TimedOut:
            return "timed out"

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(join, range(4))) == ["timed out"] * 4
    assert len(runs) == 1
    assert flights.run("k", lambda: 5) == 5


def test_the_pace_of_a_portal() -> None:
    pace = Pace(lambda: 0.0)
    assert pace.size("p", "m", 50, 48) == 10
    assert pace.width("p", "m") == 1
    pace.note("p", "m", 10, 0.11)
    assert (pace.size("p", "m", 50, 48), pace.width("p", "m")) == (25, 2)
    assert pace.size("p", "m", 3, 48) == 3
    assert pace.size("p", "m", 50, 20) == 17
    pace.note("q", "m", 10, 4.565)
    assert pace.size("q", "m", 40, 48) == 10
    assert pace.expected("q", "m", 12) <= BATCH_SECONDS
    pace.note_pair("q", wall=9.0, longest=4.5)
    assert pace.width("q", "m") == 1
    pace.note_pair("q", wall=5.0, longest=4.5)
    assert pace.width("q", "m") == 2
    pace.note_timeout("q", "m", 10)
    assert pace.size("q", "m", 40, 48) < 5
