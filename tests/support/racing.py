"""Processes that race for the same thing. The rule: all are ready before any of them may go.

They start once, which is what costs, and race as often as one likes.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_LOOP = """
import json, sys
for line in sys.stdin:
    go = ready(*json.loads(line))
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(go()), flush=True)
"""


class Racers:
    """Running processes of one script."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self._processes = processes

    def race(self, *arguments: str) -> list[str]:
        """One race with these arguments: what all of them got."""
        self._tell(json.dumps(arguments))
        assert self._hear() == ["ready"] * len(self._processes)
        self._tell("go")
        return [word for line in self._hear() for word in json.loads(line)]

    def _tell(self, line: str) -> None:
        for process in self._processes:
            assert process.stdin
            process.stdin.write(f"{line}\n")
            process.stdin.flush()

    def _hear(self) -> list[str]:
        return [process.stdout.readline().strip() for process in self._processes if process.stdout]


@contextmanager
def racers(script: str, count: int) -> Iterator[Racers]:
    """So many processes; the script's `ready(*arguments)` gives a function that returns words when called."""
    command = [sys.executable, "-c", script + _LOOP]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(count)]
    try:
        yield Racers(processes)
    finally:
        for process in processes:
            process.communicate(timeout=60)
