"""Racers in processes of their own, all after the same values at the same moment."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any

from sqlalchemy import ColumnElement, Engine, delete, select

from app.storage.engine import make_engine, reading
from app.storage.states import _hashed
from app.storage.tables import oauth_states
from tests.faults.crew import FORKS

Take = Callable[[Engine, str], object]


def glanced(engine: Engine, value: str) -> object:
    """Look, and leave it there."""
    with reading(engine) as conn:
        return conn.execute(select(oauth_states.c.domain).where(_is(value))).scalar()


def take_naively(engine: Engine, value: str) -> object:
    """Look, then remove: what two racers can both do."""
    found = glanced(engine, value)
    with engine.begin() as conn:
        conn.execute(delete(oauth_states).where(_is(value)))
    return found


def _is(value: str) -> ColumnElement[bool]:
    return oauth_states.c.state_hash == _hashed(value)


@dataclass(frozen=True)
class Course:
    """One race: the values of one database, and how a racer takes them."""

    url: str
    values: list[str]
    take: Take


def run(courses: list[Course], ready: Barrier, results: Any) -> None:
    """One racer: waits at each value for the others, then takes it if it can."""
    taken = []
    for course in courses:
        engine = make_engine(course.url)
        for value in course.values:
            ready.wait(60)
            taken.append(course.take(engine, value) is not None)
        engine.dispose()
    results.put(taken)


def race(courses: list[Course], racers: int = 8) -> list[list[int]]:
    """How many of the racers got each value, by course."""
    ready, results = FORKS.Barrier(racers), FORKS.SimpleQueue()
    processes = [
        FORKS.Process(target=run, args=(courses, ready, results), daemon=True) for _ in range(racers)
    ]
    for process in processes:
        process.start()
    everybody = [results.get() for _ in processes]
    for process in processes:
        process.join()
    results.close()
    takers = iter([sum(each) for each in zip(*everybody, strict=True)])
    return [list(itertools.islice(takers, len(course.values))) for course in courses]
