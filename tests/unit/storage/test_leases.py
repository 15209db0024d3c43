"""Leases: one holder at a time, among threads and processes, and none for ever."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, update

from app.storage.engine import reading
from app.storage.leases import Lease, LeaseBusy, kept_lease, lease, release, try_acquire
from app.storage.tables import leases


def test_a_held_lease_is_not_given_out_again_until_released(engine: Engine) -> None:
    held = try_acquire(engine, "a", 30)
    assert held is not None
    assert try_acquire(engine, "a", 30) is None
    assert try_acquire(engine, "b", 30) is not None, "another name is free"
    release(engine, held)
    assert try_acquire(engine, "a", 30) is not None


def test_a_lease_that_ran_out_goes_to_the_next_and_its_old_holder_cannot_end_it(engine: Engine) -> None:
    first = try_acquire(engine, "a", 0)
    assert first is not None
    second = try_acquire(engine, "a", 30)
    assert second is not None
    release(engine, first)
    assert try_acquire(engine, "a", 30) is None


def test_a_lease_from_a_clock_that_was_set_back_does_not_block(engine: Engine) -> None:
    assert try_acquire(engine, "a", 30)
    with engine.begin() as conn:
        conn.execute(update(leases).values(until=datetime.now(UTC) + timedelta(hours=1)))
    assert try_acquire(engine, "a", 30) is not None


def test_the_block_holds_it_and_gives_it_back_after_an_error(engine: Engine) -> None:
    def fail_inside() -> None:
        with lease(engine, "a", 30, 1):
            assert try_acquire(engine, "a", 30) is None
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_inside()
    with reading(engine) as conn:
        assert conn.execute(select(leases)).all() == []


def test_waiting_ends_with_busy(engine: Engine) -> None:
    assert try_acquire(engine, "a", 30)
    with pytest.raises(LeaseBusy), lease(engine, "a", 30, 0.1):
        pytest.fail("two holders")


def test_a_waiter_gets_it_when_it_is_given_back(engine: Engine) -> None:
    held = try_acquire(engine, "a", 30)
    assert held is not None
    threading.Timer(0.2, release, (engine, held)).start()
    with lease(engine, "a", 30, 10) as mine:
        assert isinstance(mine, Lease)


def test_of_racers_exactly_one_wins_each_round(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(10):
            name = f"round-{number}"
            won = list(pool.map(lambda _, name=name: try_acquire(engine, name, 30), range(8)))
            assert sum(each is not None for each in won) == 1


def test_a_kept_lease_outlives_its_length_while_work_goes_on(engine: Engine) -> None:
    with kept_lease(engine, "long work", 1.0, 0.1):
        time.sleep(2.0)
        assert try_acquire(engine, "long work", 1.0) is None
    assert try_acquire(engine, "long work", 1.0)


def test_without_its_keeper_it_ends_as_after_a_kill(engine: Engine) -> None:
    with lease(engine, "killed", 1.0, 0.1):
        time.sleep(1.2)
        assert try_acquire(engine, "killed", 1.0)
