"""T5: ids of other portals and of colleagues in the path, the body and caches; and everybody at once.

Each operator has a mark of their own, which nobody else may ever be shown; what carries no mark must be
answered as if it were not there.
"""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.desk.listing import known_lists
from tests.security.local import LocalApp
from tests.security.neighbours import (
    NOBODYS,
    Request,
    Tenant,
    crossings,
    foreign,
    intact,
    reads,
    settled,
    unscoped,
)
from tests.security.trial import Trial, size

THREAT = "T5"
WHAT = "foreign ids, and portals interleaved"
ATTEMPTS, PART = 110_000, 1_800

PORTALS, INTERLEAVED = size(12, 3), size(100_000, 1_200)
PATHS = ("/api/dialogs", "/api/journal", "/api/views", "/api/snapshots", "/api/dialogs")

SCOPES = [
    (table, column)
    for table in ("runs", "snapshots", "views", "journal_entries")
    for column in ("member_id", "user_id")
]
"""Conditions that keep rows apart."""


@pytest.fixture
def tenants(local: LocalApp) -> list[Tenant]:
    """Some portals, each with two operators at work."""
    return [tenant for number in range(PORTALS) for tenant in settled(local, number)]


def sent(client: FlaskClient, mine: Tenant, method: str, path: str, body: Any) -> TestResponse:
    """One request of this operator."""
    session = {"X-B24-Session": str(mine.frame.token), "Accept": "application/json"}
    more = {} if body is None else {"json": body}
    return client.open(path, method=method, headers=session, **more)


def told(answer: TestResponse) -> str:
    """An answer's text with its headers."""
    return f"{answer.headers} {answer.get_data(as_text=True)}"


def crossed(local: LocalApp, tenants: Sequence[Tenant], asked: Any = crossings) -> Iterator[str]:
    """Every operator against everybody else's things, each request once."""
    client = local.flask.test_client()
    for mine, other in permutations(tenants, 2):
        for method, path, body, refused in asked(mine, other):
            answer = sent(client, mine, method, path, body)
            seen = foreign(told(answer), mine, tenants)
            opened = f"{method} {path}: {answer.status_code}" if answer.status_code != refused else ""
            yield seen or opened


def unknown(mine: Tenant) -> list[Request]:
    """What is asked of foreign things, asked of things that nobody has."""
    nothing = Tenant(mine.frame, "", "", 999_999_999, dict.fromkeys(mine.ids, NOBODYS))
    return [one for one in crossings(mine, nothing) if one[3] != 403 and NOBODYS in one[1]]


def interleaved(local: LocalApp, tenants: Sequence[Tenant], count: int) -> Iterator[str]:
    """Everybody at once, in threads: what is kept between requests must not go to the wrong one."""

    def work(seed: int) -> list[str]:
        dice, client = random.Random(seed), local.flask.test_client()
        found = []
        for _ in range(count // 8):
            mine = dice.choice(tenants)
            answer = sent(client, mine, "GET", dice.choice(PATHS), None)
            wrong = "" if answer.status_code == 200 and mine.mark in told(answer) else "not the own mark"
            found.append(foreign(told(answer), mine, tenants) or wrong)
        return found

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(work, range(8)):
            yield from found


def test_tenants(trial: Trial, local: LocalApp, tenants: list[Tenant]) -> None:
    client = local.flask.test_client()
    for tenant in tenants:
        for path in PATHS:
            assert tenant.mark in told(sent(client, tenant, "GET", path, None)), f"{path} shows the mark"
    for method, path, body, refused in unknown(tenants[0]):
        assert sent(client, tenants[0], method, path, body).status_code == refused, path
    trial.attack(crossed(local, tenants))
    trial.attack(interleaved(local, tenants, INTERLEAVED))
    few = [*tenants[:2], *tenants[-2:]]
    for table, column in SCOPES:
        with unscoped(local.services.portals.installations._engine, table, column):
            trial.control(crossed(local, few, reads), f"{table}.{column}")
    assert [tenant.mark for tenant in tenants if not intact(tenant)] == []
    for key in ("list:{0.user_id}", "list:{0.member_id}"):  # the last: what got mixed up stays so
        with trial.without(known_lists, "_key", key.format):
            trial.control(interleaved(local, tenants, 200), key)
    trial.verdict()
