"""The table is whole: a trial for each of the 24 threats, none smaller than it has to be, none skipped."""

import importlib
from pathlib import Path

import pytest

from tests.security.__main__ import run, trials

LEAST = {
    **{"T1": 750, "T2": 480, "T3": 60, "T4": 380, "T5": 110_000, "T6": 250, "T7": 200, "T8": 40, "T9": 30},
    **{"T10": 50, "T11": 400, "T12": 300, "T13": 50, "T14": 2_000, "T15": 500, "T16": 2_000, "T17": 80},
    **{"T18": 60, "T19": 200, "T20": 20, "T21": 5_000, "T22": 100, "T23": 400, "T24": 50, "A19": 80_000},
}


def test_every_threat_has_its_trial() -> None:
    assert [name for name in trials() if name[0] == "T"] == [f"T{number}" for number in range(1, 25)]


@pytest.mark.parametrize("threat", list(trials()))
def test_trials_are_large_enough(threat: str) -> None:
    module = importlib.import_module(f"tests.security.{trials()[threat].stem}")
    assert threat == module.THREAT
    assert LEAST[threat] <= module.ATTEMPTS
    assert 0 < module.PART <= module.ATTEMPTS


OUTCOMES = {
    "skips a part": ('row(); lacking("nginx")', False),
    "leaves no row": ("pass", False),
    "fails": ("row(); assert False", False),
    "passes": ("row()", True),
}


@pytest.mark.parametrize(("deed", "passed"), OUTCOMES.values(), ids=list(OUTCOMES))
def test_only_a_trial_that_ran_has_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str, passed: bool
) -> None:
    """Whatever an earlier run has left there."""
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "T99.json").write_text("{}")
    path = tmp_path / "test_t99_nothing.py"
    path.write_text(
        "from tests.security.trial import Trial\nfrom tests.support.missing import lacking\n\n"
        f'def row():\n    Trial("T99", "nothing", 0)._record()\n\ndef test_it():\n    {deed}\n'
    )
    assert run("T99", path, tmp_path) is passed
