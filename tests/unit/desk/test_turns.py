"""Clicks on the same dialog run in the order they came, however many wait and in whichever process."""

import threading
import time
from collections.abc import Callable, Sequence

import pytest

from app.bitrix24.errors import PortalBusy
from app.desk.actions.turns import Turns
from app.portals.model import OperatorKey
from app.storage.claims import RedisClaims
from app.storage.shared import connect
from tests.support.redis import RedisServer

Chats = frozenset[int]
ME, OTHER = OperatorKey("portal", 27), OperatorKey("portal", 28)


def until(true: Callable[[], object], what: str) -> None:
    """Wait until it is so."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.001)


def queued(processes: Sequence[Turns], wishes: list[Chats | None], done: list[int]) -> list[threading.Thread]:
    """Clicks that wait in this order, in each process in turn; each writes its number down in its turn."""

    def click(turns: Turns, number: int, chats: Chats | None) -> None:
        with turns.take(ME, chats):
            done.append(number)

    threads = []
    for number, chats in enumerate(wishes):
        before = sum(len(turns._lines.get(ME, ())) for turns in processes)
        turns = processes[number % len(processes)]
        threads.append(threading.Thread(target=click, args=(turns, number, chats)))
        threads[-1].start()
        until(
            lambda number=number, before=before: (  # type: ignore[misc]
                number in done or sum(len(turns._lines.get(ME, ())) for turns in processes) > before
            ),
            "the click has taken its place",
        )
    return threads


def ended(threads: list[threading.Thread]) -> None:
    """All of them have ended."""
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)


def two(redis_url: str) -> list[Turns]:
    """The turns of two processes that share Redis."""
    return [Turns(RedisClaims(connect(redis_url))) for _ in range(2)]


def keys(redis_url: str) -> list[bytes]:
    """What Redis holds."""
    with connect(redis_url) as redis:
        return list(redis.scan_iter())


def test_turns() -> None:
    turns = Turns(patience=1.0)
    with turns.take(ME, frozenset({1})):
        with turns.take(ME, frozenset({2})), turns.take(OTHER, None):
            pass
        for chats in (frozenset({1, 2}), None):
            with pytest.raises(PortalBusy), turns.take(ME, chats):
                pass
    with turns.take(ME, None):
        pass


def test_a_click_waits_no_longer_than_it_may_last() -> None:
    turns, began = Turns(), time.monotonic()
    with turns.take(ME, frozenset({1})):
        for chats in (frozenset({1}), None):
            with pytest.raises(PortalBusy), turns.take(ME, chats, until=began + 1.0):
                pass
    assert time.monotonic() - began < 5.0
    with turns.take(ME, frozenset({1}), until=began):
        pass


def test_those_who_wait_go_in_the_order_they_came() -> None:
    turns, done = Turns(), list[int]()
    with turns.take(ME, frozenset({1})):
        threads = queued([turns], [frozenset({1})] * 30, done)
        assert done == []
    ended(threads)
    assert done == list(range(30))
    assert turns._lines == {}


def test_nobody_overtakes_an_earlier_click_on_the_same_dialog() -> None:
    turns, done = Turns(), list[int]()
    with turns.take(ME, frozenset({1})):
        threads = queued([turns], [frozenset({1, 2}), frozenset({2})], done)
        assert done == [], "dialog 2 is free, but somebody who came earlier waits for it"
    ended(threads)
    assert done == [0, 1]


def test_clicks_in_two_processes_go_in_the_order_they_came(redis_url: str) -> None:
    processes, done = two(redis_url), list[int]()
    with processes[0].take(ME, frozenset({1})):
        threads = queued(processes, [frozenset({1})] * 14, done)
        assert done == []
    ended(threads)
    assert done == list(range(14))
    assert keys(redis_url) == []


def test_without_the_shared_line_processes_overtake_each_other() -> None:
    processes, done = [Turns(), Turns()], list[int]()
    with processes[0].take(ME, frozenset({1})):
        threads = queued(processes, [frozenset({1})] * 4, done)
        ended(threads[1::2])
        assert done == [1, 3]
    ended(threads)


def test_other_dialogs_and_other_operators_go_side_by_side_in_all_processes(redis_url: str) -> None:
    here, there = two(redis_url)
    with here.take(ME, frozenset({1, 2})), there.take(ME, frozenset({3, 4})), there.take(OTHER, None):
        pass
    here._patience = there._patience = 1.0
    with here.take(ME, frozenset({1, 2})):
        for chats in (frozenset({2, 3}), None):
            with pytest.raises(PortalBusy), there.take(ME, chats):
                pass
    with there.take(ME, None), pytest.raises(PortalBusy), here.take(ME, frozenset({9})):
        pass
    assert keys(redis_url) == []


def test_nobody_overtakes_an_earlier_click_of_another_process(redis_url: str) -> None:
    processes, done = two(redis_url), list[int]()
    with processes[0].take(ME, frozenset({1})):
        threads = queued(processes, [frozenset({1, 2}), frozenset({2}), None], done)
        assert done == []
    ended(threads)
    assert done == [0, 1, 2]


def test_both_lines_have_one_order_when_clicks_come_at_once(redis_url: str) -> None:
    """With two orders one click would wait here for another that waits there for it."""
    processes, gone = two(redis_url), list[int]()
    together = threading.Barrier(16)

    def click(number: int) -> None:
        together.wait()
        for _ in range(5):
            with processes[number % 2].take(ME, frozenset({1})):
                gone.append(number)
                assert gone[-1] == number, "somebody else is at it"

    threads = [threading.Thread(target=click, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    ended(threads)
    assert len(gone) == 80
    assert keys(redis_url) == []


def test_without_redis_turns_hold_in_the_process(caplog: pytest.LogCaptureFixture) -> None:
    server = RedisServer().start()
    try:
        here, there = two(server.url)
        with here.take(ME, frozenset({1})):
            waiting = queued([there], [frozenset({1})], waited := list[int]())
            assert waited == [], "Redis is there: other processes wait"
            server.stop()
            ended(waiting)
            assert waited == [0]
            done = list[int]()
            threads = queued([here], [frozenset({1})] * 3, done)
            assert done == []
        ended(threads)
        assert done == [0, 1, 2]
        assert "turns hold in this process only" in caplog.text
    finally:
        server.stop()
