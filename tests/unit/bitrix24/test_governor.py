"""The governor: never past the portal's own limits, clicks before background, and honest waiting times."""

import threading
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bitrix24.buckets import FallbackBuckets, MemoryBuckets
from app.bitrix24.errors import PortalBusy
from app.bitrix24.governor import Governor


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def governor(clock: Clock) -> Governor:
    return Governor(MemoryBuckets(clock), clock=clock, sleep=clock.sleep)


def ask(governor: Governor, portal: str = "p", priority: str = "interactive") -> bool:
    try:
        with governor.slot(portal, priority):  # type: ignore[arg-type]
            return True
    except PortalBusy:
        return False


class LeakyPortal:
    """The portal's own bucket as the documentation describes it: drains in whole steps each second."""

    def __init__(self, clock: Clock, rate: float = 2.0, burst: int = 50) -> None:
        self._clock, self._rate, self._burst = clock, rate, burst
        self._level, self._drained = 0.0, clock.now

    def accepts(self) -> bool:
        steps = int(self._clock.now - self._drained)
        self._drained += steps
        self._level = max(0.0, self._level - steps * self._rate)
        self._level += 1
        return self._level <= self._burst


def test_a_burst_is_free_and_then_it_waits(governor: Governor, clock: Clock) -> None:
    began = clock.now
    for _ in range(40):
        assert ask(governor)
    assert clock.now == began
    for _ in range(20):
        assert ask(governor)
    assert clock.now > began + 5


def test_the_portal_never_has_to_refuse_and_is_well_used(governor: Governor, clock: Clock) -> None:
    portal = LeakyPortal(clock)
    began, sent = clock.now, 0
    while clock.now < began + 600:
        if ask(governor):
            sent += 1
            assert portal.accepts()
            clock.sleep(0.01)
    assert sent >= 0.9 * 2 * 600


def test_portals_do_not_share_a_budget(governor: Governor, clock: Clock) -> None:
    while ask(governor, "a", "background"):
        pass
    began = clock.now
    assert ask(governor, "b", "background")
    assert clock.now == began


def test_background_leaves_room_for_clicks_and_never_waits(governor: Governor, clock: Clock) -> None:
    began, taken = clock.now, 0
    while ask(governor, priority="background"):
        taken += 1
    assert 30 <= taken <= 40
    for _ in range(10):
        assert ask(governor)
    assert clock.now == began


def test_what_cannot_be_had_in_time_is_refused_with_the_time(clock: Clock) -> None:
    governor = Governor(MemoryBuckets(clock), rate=0.1, burst=1, clock=clock, sleep=clock.sleep)
    assert ask(governor)
    with pytest.raises(PortalBusy) as caught, governor.slot("p"):
        pass
    assert 9 < caught.value.retry_after < 11
    clock.sleep(caught.value.retry_after)
    assert ask(governor)


def test_at_most_eight_are_in_flight(governor: Governor, clock: Clock) -> None:
    def enter(depth: int) -> int:
        try:
            with governor.slot("p", wait=0.0):
                return enter(depth + 1)
        except PortalBusy:
            return depth

    assert enter(0) == 8
    assert enter(0) == 8  # all places came back


def test_background_leaves_places_in_flight(governor: Governor) -> None:
    def enter(depth: int) -> int:
        try:
            with governor.slot("p", "background"):
                return enter(depth + 1)
        except PortalBusy:
            assert ask(governor)
            return depth

    assert enter(0) == 6


def test_a_place_is_given_back_after_an_error(governor: Governor) -> None:
    for _ in range(20):
        with pytest.raises(ZeroDivisionError), governor.slot("p"):
            _ = 1 // 0
    assert ask(governor)


def test_places_of_the_dead_come_back(clock: Clock) -> None:
    buckets = MemoryBuckets(clock)
    assert buckets.enter("k", 1, 30.0)
    assert buckets.enter("k", 1, 30.0) is None
    clock.sleep(31)
    assert buckets.enter("k", 1, 30.0)


def test_a_portal_that_said_stop_is_left_alone(governor: Governor, clock: Clock) -> None:
    governor.limited("p", 2.0)
    assert not ask(governor, priority="background")
    began = clock.now
    assert ask(governor)
    assert clock.now - began == pytest.approx(2.0)
    governor.limited("p", 20.0)
    with pytest.raises(PortalBusy), governor.slot("p"):
        pass
    assert ask(governor, "another")


def test_a_small_allowance_of_its_own(governor: Governor, clock: Clock) -> None:
    assert [governor.allow("p|192.0.2.1", 0.5, 2) for _ in range(3)] == [True, True, False]
    assert governor.allow("p|192.0.2.2", 0.5, 2)
    clock.sleep(2)
    assert governor.allow("p|192.0.2.1", 0.5, 2)


def test_threads_together_take_no_more_than_there_is() -> None:
    buckets = MemoryBuckets(lambda: 5.0)
    taken: list[float] = []

    def take() -> None:
        for _ in range(50):
            taken.append(buckets.take("k", 2.0, 47, 1, 0))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(1 for pause in taken if pause == 0) == 47


@settings(deadline=None, database=None)
@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 5), st.integers(0, 4))
def test_a_told_pause_is_enough(pauses: list[float], cost: int, reserve: int) -> None:
    clock = Clock()
    buckets = MemoryBuckets(clock)
    for pause in pauses:
        clock.sleep(pause)
        told = buckets.take("k", 2.0, 10, cost, reserve)
        if told:
            clock.sleep(told)
            assert buckets.take("k", 2.0, 10, cost, reserve) == 0


def test_idle_keys_are_forgotten(clock: Clock) -> None:
    buckets = MemoryBuckets(clock)
    for number in range(10_500):
        clock.sleep(0.01)
        buckets.take(f"k{number}", 2.0, 10, 1, 0)
    assert len(buckets._keys) < 10_100


class StoreDown(Exception):
    """What a shared store raises."""


class Shared(MemoryBuckets):
    """A shared store that can be down."""

    down = False

    def _of(self, key: str, now: float):  # type: ignore[no-untyped-def]
        if self.down:
            raise StoreDown
        return super()._of(key, now)


@pytest.mark.parametrize(
    "use",
    [
        lambda buckets: buckets.take("k", 2.0, 10, 1, 0) == 0,
        lambda buckets: buckets.enter("k", 1, 5.0) is not None,
        lambda buckets: buckets.park("k", 1.0) is None,
        lambda buckets: buckets.leave("k", "token") is None,
    ],
)
def test_when_the_shared_store_is_down_this_process_counts(use: Callable[[FallbackBuckets], bool]) -> None:
    shared = Shared()
    buckets = FallbackBuckets(shared, MemoryBuckets(), StoreDown)
    assert use(buckets)
    shared.down = True
    assert use(buckets)


def test_a_pause_told_while_the_store_was_up_holds_while_it_is_down(clock: Clock) -> None:
    shared = Shared(clock)
    buckets = FallbackBuckets(shared, MemoryBuckets(clock), StoreDown)
    buckets.park("k", 5.0)
    shared.down = True
    assert buckets.take("k", 2.0, 10, 1, 0) == pytest.approx(5.0)
