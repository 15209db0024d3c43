"""The table is whole: a trial for each of the 24 threats, none smaller than it has to be."""

import importlib

import pytest

from tests.security.__main__ import trials

LEAST = {
    **{"T1": 500, "T2": 360, "T3": 60, "T4": 380, "T5": 110_000, "T7": 200, "T8": 40, "T10": 50, "T11": 400},
    **{
        "T12": 300,
        "T13": 50,
        "T16": 2_000,
        "T17": 80,
        "T20": 20,
        "T21": 5_000,
        "T22": 100,
        "T24": 50,
        "A19": 80_000,
    },
}


def test_every_threat_has_its_trial() -> None:
    assert [name for name in trials() if name[0] == "T"] == [f"T{number}" for number in range(1, 25)]


@pytest.mark.parametrize("threat", list(trials()))
def test_trials_are_large_enough(threat: str) -> None:
    module = importlib.import_module(f"tests.security.{trials()[threat].stem}")
    assert threat == module.THREAT
    assert LEAST.get(threat, 1) <= module.ATTEMPTS
    assert 0 < module.PART <= module.ATTEMPTS
