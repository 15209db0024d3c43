"""One-time values: of any number of racers, in several processes, exactly one gets the value."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, select

from app.storage.engine import reading
from app.storage.states import purge_states, put_state, take_state
from app.storage.tables import oauth_states
from tests.support.racing import Racers, racers

# Takes every state in many threads; says which it got. With "naive": look first, delete later.
_RACER = """
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from sqlalchemy import delete, select
from app.storage.engine import make_engine, reading
from app.storage.states import take_state
from app.storage.tables import oauth_states

def naive(engine, state):
    where = oauth_states.c.state_hash == sha256(state.encode()).hexdigest()
    with reading(engine) as conn:
        found = conn.execute(select(oauth_states.c.domain).where(where)).scalar()
    with engine.begin() as conn:
        conn.execute(delete(oauth_states).where(where))
    return found

def ready(url, way):
    engine = make_engine(url)
    take = naive if way == "naive" else take_state
    states = [f"state-{number // 4}" for number in range(4 * 50)]

    def go():
        with ThreadPoolExecutor(4) as pool:
            got = list(pool.map(lambda state: take(engine, state) and state, states))
        engine.dispose()
        return [state for state in got if state]

    return go
"""


@pytest.fixture(scope="module")
def takers() -> Iterator[Racers]:
    """Three processes of four threads each."""
    with racers(_RACER, 3) as running:
        yield running


def race(takers: Racers, engine: Engine, url: str, way: str) -> int:
    """How often 50 states were got by 3 processes of 4 threads each."""
    for number in range(50):
        put_state(engine, f"state-{number}", "p.example", 60)
    return len(takers.race(url, way))


def test_racing_processes_get_each_state_exactly_once(
    takers: Racers, engine: Engine, database_url: str
) -> None:
    assert race(takers, engine, database_url, "atomic") == 50


def test_looking_before_deleting_would_give_it_out_more_often(
    takers: Racers, engine: Engine, database_url: str
) -> None:
    assert race(takers, engine, database_url, "naive") > 50


def test_a_state_is_good_once(engine: Engine) -> None:
    put_state(engine, "s", "p.example", 60)
    assert take_state(engine, "other") is None
    assert take_state(engine, "s") == "p.example"
    assert take_state(engine, "s") is None


def test_a_state_ends(engine: Engine) -> None:
    put_state(engine, "s", "p.example", 0)
    assert take_state(engine, "s") is None


def test_only_the_hash_is_kept_and_old_ones_are_purged(engine: Engine) -> None:
    put_state(engine, "canary-state", "p.example", 0)
    put_state(engine, "another", "p.example", 60)
    with reading(engine) as conn:
        assert "canary" not in str(conn.execute(select(oauth_states)).all())
    assert purge_states(engine) == 1
    with reading(engine) as conn:
        assert conn.execute(select(func.count()).select_from(oauth_states)).scalar() == 1


def test_threads_of_one_process_get_it_once(engine: Engine) -> None:
    put_state(engine, "s", "p.example", 60)
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda _: take_state(engine, "s"), range(16)))
    assert got.count("p.example") == 1
