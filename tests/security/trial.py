"""A trial: attacks that must all fail, and the same attacks with one defence switched off, which must not.

A trial that never saw an attack succeed would prove nothing; so the control is part of its verdict.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

Size = TypeVar("Size", int, float)
Item = TypeVar("Item")

FULL = os.environ.get("PINLINE_SECURITY") == "full"
"""Whether trials run in full size."""

RESULTS = os.environ.get("PINLINE_SECURITY_RESULTS")
"""A folder where each trial leaves its row of the table."""

_SHOWN = 5


def size(full: Size, part: Size) -> Size:
    """How much of something: all of it in a full run, a part in an ordinary one."""
    return full if FULL else part


def some(everything: Sequence[Item], part: int) -> Sequence[Item]:
    """All of it in a full run; else about `part` of it, spread evenly."""
    return everything if FULL else everything[:: max(1, len(everything) // part)]


@dataclass
class Trial:
    """The tally of one threat. An outcome is what an attack got: nothing (falsy) when it was refused."""

    threat: str
    what: str
    least: int
    attempts: int = 0
    accepted: list[str] = field(default_factory=list)
    controls: int = 0
    control_accepted: int = 0
    blank: list[str] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def attack(self, outcomes: Iterable[object]) -> None:
        """Count attacks with every defence in place."""
        for outcome in outcomes:
            self.attempts += 1
            if outcome:
                self.accepted.append(str(outcome)[:300])

    def control(self, outcomes: Iterable[object], without: str = "a defence") -> None:
        """Count attacks with a defence switched off, of which one at least must succeed; outside a full run
        the first one to do so ends the block. `without` says which defence.
        """
        before = self.control_accepted
        for outcome in outcomes:
            self.controls += 1
            self.control_accepted += bool(outcome)
            if outcome and not FULL:
                return
        if self.control_accepted == before:
            self.blank.append(without)

    @contextmanager
    def without(self, owner: Any, name: str, stand_in: Any) -> Iterator[None]:
        """Switch one defence off inside the block."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, stand_in)
            yield

    def figure(self, name: str, value: str) -> None:
        """Something measured on the way."""
        self.figures[name] = value

    def verdict(self) -> None:
        """Enough attempts, none accepted, and controls each of which shows that it could have been."""
        self._record()
        assert self.attempts >= self.least, f"{self.threat}: only {self.attempts} of {self.least} attempts"
        assert self.accepted[:_SHOWN] == [], f"{self.threat}: {len(self.accepted)} accepted"
        assert self.control_accepted > 0, f"{self.threat}: there is no control"
        assert self.blank == [], f"{self.threat}: without {self.blank} nothing is seen either"

    def _record(self) -> None:
        if RESULTS is None:
            return
        row = asdict(self) | {"accepted": len(self.accepted), "seconds": time.monotonic() - self.began}
        folder = Path(RESULTS)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.threat}.json").write_text(json.dumps(row, indent=1))
