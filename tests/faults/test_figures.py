"""The figures in their least size; `make faults` takes them in full."""

import gc
from collections.abc import Iterator

import pytest

from tests.faults.figures import FIGURES
from tests.faults.stage import Stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as found:
        yield found
    gc.collect()  # a connection that nobody closed is told of here, not in another test


@pytest.mark.parametrize("name", FIGURES)
def test_figure(name: str, stage: Stage) -> None:
    print(FIGURES[name](0.0, stage))
