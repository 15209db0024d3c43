"""The quick faults, on one store each, and a sample of the matrix; `make faults` runs all of them.

Both sites are at work at the same time, and what may run side by side does: most of a fault is waiting.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.report import CASES, MATRIX, STORES, run_cases
from tests.faults.site import Site, leaks, mistakes
from tests.faults.survival import Case

QUICK = [case for case in (*CASES, *MATRIX) if case.quick]

Troubles = dict[str, str]


def share(store: str, chosen: list[Case]) -> list[Case]:
    """What one store tries: the faults that only it can have, and every second one of the others."""
    common = [case for case in chosen if case.stores == STORES]
    return [case for case in chosen if case.stores == (store,)] + common[STORES.index(store) :: len(STORES)]


def tried(store: str, folder: Path, chosen: list[Case]) -> Troubles:
    """What came of the faults of one store."""
    with Site(folder, store, 2 * len(QUICK)) as site:
        return run_cases(site, share(store, chosen))


@pytest.fixture(scope="module")
def troubles(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Troubles:
    """All that are asked for, tried; what came of each by its name."""
    asked = [
        call.params.get("case") for item in request.session.items if (call := getattr(item, "callspec", None))
    ]
    names = {case.name for case in asked if isinstance(case, Case)}
    chosen = [case for case in QUICK if case.name in names]
    folders = [tmp_path_factory.mktemp(store) for store in STORES]
    with ThreadPoolExecutor(len(STORES)) as pool:
        found = list(pool.map(tried, STORES, folders, [chosen] * len(STORES)))
    return found[0] | found[1]


def test_the_list_is_whole() -> None:
    assert len(CASES) == 60
    assert len(MATRIX) == 32
    assert len({case.name for case in (*CASES, *MATRIX)}) == 92


def test_what_a_log_must_not_hold_is_found() -> None:
    assert mistakes('{"event":"fine"}\nTraceback (most recent call last)\n') == [
        "Traceback (most recent call last)"
    ]
    token = "0123456789abcdef" * 4
    assert leaks(f"… {token[:20]} …", {token, "another-of-our-secrets"}) == [token]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_survived(case: Case, troubles: Troubles) -> None:
    assert troubles[case.name] == ""
