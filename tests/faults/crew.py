"""Processes that wait for lines and do them all at the same moment. They are forked from one that has
imported the app once, so that eight of them cost hardly more than one.
"""

import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

PROCESSES = 8
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.faults.workers", "tests.security.racing"])

Work = Callable[..., None]


class Crew:
    """`count` processes that run `work(line, *words)`, where `line` is their end of a pipe."""

    def __init__(self, work: Work, *words: str, count: int = PROCESSES) -> None:
        self.lines: list[Connection] = []
        self.processes = []
        for _ in range(count):
            mine, theirs = FORKS.Pipe()
            process = FORKS.Process(target=work, args=(theirs, *words), daemon=True)
            process.start()
            theirs.close()
            self.lines.append(mine)
            self.processes.append(process)
        for line in self.lines:
            assert line.recv() == "ready"

    def at_once(self, said: str) -> list[str]:
        """What all of them answer to the same line."""
        for line in self.lines:
            line.send(said)
        return [line.recv() for line in self.lines]

    def kill(self) -> None:
        """kill -9 for all of them, and wait until they are gone; what they have said can still be read."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.join()

    def heard(self, number: int) -> list[str]:
        """All that one of them has said and nobody has read yet."""
        found = []
        with suppress(EOFError, OSError):
            while self.lines[number].poll(0):
                found.append(self.lines[number].recv())
        return found

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        for line in self.lines:
            line.close()
        for process in self.processes:
            process.close()
