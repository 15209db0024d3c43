"""A19: lives of an installation in any order, generated, on SQLite and PostgreSQL.

A full run tries more than 1,000 lives on each, and 40,000 steps, in portions: one that was interrupted goes
on where it was.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from app.portals.stores.installations import InstallationStore
from tests.security.lifetimes import Life
from tests.security.tenancy import Grounds, grounds
from tests.security.trial import FULL, RESULTS, Trial, size
from tests.support.databases import PostgresTemplates, SqliteTemplates

THREAT = "A19"
WHAT = "steps in generated lives of installations, SQLite and PostgreSQL"
ATTEMPTS, PART = 80_000, 120

PORTIONS, LIVES, STEPS = size(23, 1), size(50, 10), size(40, 12)
_REMOVED = InstallationStore.uninstall
_DONE = Path(RESULTS) / "A19.portions.json" if RESULTS else None


def lived(here: Grounds, number: int) -> str:
    """One portion of lives; what was not as it has to be."""
    machine: Any = seed(number)(type("Living", (Life,), {"grounds": here}))
    chosen = settings(
        max_examples=LIVES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except AssertionError as error:
        return "\n".join([str(error)[:300], *getattr(error, "__notes__", [])])[:2000]
    return ""


def portions(here: Grounds, store: str) -> Iterator[str]:
    """An outcome for each step; of a portion that was done before its steps are counted only."""
    done = json.loads(_DONE.read_text()) if FULL and _DONE and _DONE.exists() else {}
    for number in range(PORTIONS):
        name = f"{store} {number}"
        if name not in done:
            here.steps = 0
            if violated := lived(here, number):
                yield violated
                continue
            done[name] = here.steps
            if FULL and _DONE:
                _DONE.parent.mkdir(parents=True, exist_ok=True)
                _DONE.write_text(json.dumps(done))
        yield from [""] * done[name]


def untidy(here: Grounds) -> Iterator[str]:
    """A short life that ends with CLEAN."""
    life = type("Living", (Life,), {"grounds": here})()
    try:
        session = life.begins()
        life.acts(session, "top", 0)
        life._ended(True)
    except AssertionError as error:
        yield str(error) or "rows are left"
    else:
        yield ""
    life.teardown()


def keeping(store: InstallationStore, member_id: str, clean: bool, *more: Any, **named: Any) -> bool:
    """An uninstallation that never takes the data along."""
    return _REMOVED(store, member_id, False, *more, **named)


@pytest.mark.timeout(6 * 3600 if FULL else 600)
def test_lifetimes(
    trial: Trial, sqlite_templates: SqliteTemplates, postgres_templates: PostgresTemplates, tmp_path: Path
) -> None:
    for store, fresh in (
        ("sqlite", sqlite_templates.fresh(tmp_path)),
        ("postgresql", postgres_templates.fresh()),
    ):
        with fresh as url, grounds(url, tmp_path / store) as here:
            trial.attack(portions(here, store))
            assert list(untidy(here)) == [""]
            with trial.without(InstallationStore, "uninstall", keeping):
                trial.control(untidy(here))
    trial.figure("lives", f"{PORTIONS * LIVES:,} on each of 2 stores")
    trial.verdict()
