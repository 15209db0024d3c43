"""The quick faults, on one store each, and a sample of the matrix; `make faults` runs all of them.

Both sites are at work at the same time, and what may run side by side does: most of a fault is waiting.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.faults import report
from tests.faults.report import ALWAYS, CASES, MATRIX, STORES, VACUOUS, controls, run_cases
from tests.faults.site import Site, leaks, mistakes
from tests.faults.survival import Case

QUICK = [case for case in (*CASES, *MATRIX) if case.quick]

CONTROLLED = ("wire", "authorization", "stores", "matrix")  # the others' controls wait for what does not come
CONTROL = "without the fault: "

Troubles = dict[str, str]


def share(store: str, chosen: list[Case]) -> list[Case]:
    """What one store tries: the faults that only it can have, and every second one of the others."""
    common = [case for case in chosen if case.stores == STORES]
    return [case for case in chosen if case.stores == (store,)] + common[STORES.index(store) :: len(STORES)]


def tried(store: str, folder: Path, chosen: list[Case]) -> Troubles:
    """What came of the faults of one store, and of the same trials without their faults."""
    with Site(folder, store, 4 * len(QUICK)) as site:
        cases = share(store, chosen)
        found = run_cases(site, cases)
        told = controls(site, [case for case in cases if case.group in CONTROLLED])
        return found | {f"{CONTROL}{name}": trouble for name, trouble in told.items()}


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
    died = ["[7] [CRITICAL] WORKER TIMEOUT (pid:8)", "[7] [ERROR] Worker (pid:8) was sent SIGSEGV!"]
    assert mistakes("\n".join([*died, "fine"])) == died
    token = "0123456789abcdef" * 4
    assert leaks(f"… {token[:20]} …", {token, "another-of-our-secrets"}) == [token]


def test_a_case_that_is_survived_without_its_fault_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_site: Site) -> None:
        raise AssertionError("the fault did not strike")

    def without_a_desk(_site: Site) -> None:
        raise RuntimeError("no desk")

    monkeypatch.setattr(report, "watched", lambda _site: nullcontext())
    site = cast(Site, SimpleNamespace(store="sqlite", inert=False, heal=lambda: None))
    cases = [
        Case("x", "good", failing),
        Case("x", "empty", lambda _: None),
        Case("x", "desk", without_a_desk),
    ]
    assert controls(site, cases) == {"good": "", "empty": VACUOUS, "desk": VACUOUS}


def test_what_the_log_tells_of_cases_side_by_side_fails_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def telling(_site: Site) -> Iterator[None]:
        yield
        raise AssertionError("1 mistakes in the log")

    monkeypatch.setattr(report, "watched", telling)
    site = cast(Site, SimpleNamespace(store="sqlite", heal=lambda: None))
    cases = [Case("wire", name, lambda _: None, alone=False) for name in "ab"]
    assert set(run_cases(site, cases).values()) == {"AssertionError: 1 mistakes in the log"}


def test_only_a_run_of_the_same_commit_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_STATE", tmp_path / "faults.json")
    monkeypatch.setattr(report, "commit", lambda: "new")
    (tmp_path / "faults.json").write_text('{"commit": "new", "sqlite": {}}')
    assert report._begun(fresh=False) == {"commit": "new", "sqlite": {}}
    assert report._begun(fresh=True) == {"commit": "new"}
    (tmp_path / "faults.json").write_text('{"commit": "old", "sqlite": {}}')
    assert report._begun(fresh=False) == {"commit": "new"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_survived(case: Case, troubles: Troubles) -> None:
    assert troubles[case.name] == ""
    if case.group in CONTROLLED and case.name not in ALWAYS:
        assert troubles[f"{CONTROL}{case.name}"] == ""
