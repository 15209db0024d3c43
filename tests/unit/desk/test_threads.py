"""Threads: a portal that answers nobody keeps no other portal waiting."""

import threading

import pytest
from sqlalchemy import Engine

from app.desk.threads import SHARE, Threads
from tests.unit.desk.conftest import Room


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


def test_a_portal_has_a_share_and_gets_it_back() -> None:
    threads, stop = Threads("t", size=3, share=2), threading.Event()
    held = [threads.start("a", lambda: stop.wait(10)) for _ in range(2)]
    assert all(held)
    assert threads.start("a", lambda: True) is None
    other = threads.start("b", lambda: "done")
    assert other is not None
    assert other.result(5) == "done"
    stop.set()
    assert [future.result(5) for future in held if future] == [True, True]
    threads.close()


def test_a_pool_that_is_full_says_so() -> None:
    threads, stop = Threads("t", size=2, share=2), threading.Event()
    assert threads.start("a", lambda: stop.wait(10))
    assert threads.start("b", lambda: stop.wait(10))
    assert threads.start("c", lambda: True) is None
    stop.set()
    threads.close()


def test_another_portal_opens_while_one_hangs(room: Room) -> None:
    stop = threading.Event()
    while room.desk._opening_threads.start("stalled.example", lambda: stop.wait(20)):
        pass
    opened = room.opened(room.params(), "192.0.2.9")
    assert opened.listing is not None
    stop.set()


def test_opening_does_without_a_thread(room: Room) -> None:
    operator, stop = room.open(), threading.Event()
    held = [room.desk._opening_threads.start(operator.member_id, lambda: stop.wait(20)) for _ in range(SHARE)]
    assert all(held)
    opened = room.opened(room.params(), "192.0.2.9")
    assert (opened.listing, opened.error) == (None, None)
    stop.set()
    assert room.desk.listing(opened.operator).dialogs
