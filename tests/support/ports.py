"""Free ports of the loopback, for test processes side by side. No two of them use the same block of ports.

The blocks lie below the ports that the kernel gives to outgoing connections, so nobody takes one by chance.
"""

import fcntl
import os
import tempfile
import threading
from pathlib import Path

from scripts.processes import is_taken

_BLOCK = 1_000
_BLOCKS = tuple(range(11_000, 32_000, _BLOCK))  # browsers refuse 10080
_claimed: dict[int, int] = {}  # first port of a block -> the open lock file that keeps it ours
_rest = range(0)
_choosing = threading.Lock()


def free_port() -> int:
    """A port that nobody listens on and that no other test process will choose."""
    return free_stretch(1)[0]


def free_stretch(count: int) -> range:
    """So many such ports in a row, a block at most; ports come round again once a process has had all."""
    global _rest
    assert 0 < count <= _BLOCK, f"{count} ports in a row, where a block has {_BLOCK}"
    with _choosing:
        while True:
            if len(_rest) < count:
                _rest = _next_block()
            found, _rest = _rest[:count], _rest[count:]
            if not any(is_taken(port) for port in found):
                return found


def _next_block() -> range:
    """A block that no process has claimed; when there is none, our own that was used longest ago."""
    for first in _BLOCKS:
        if first not in _claimed and (lock := _claim(first)) is not None:
            _claimed[first] = lock
            return range(first, first + _BLOCK)
    if not _claimed:
        raise RuntimeError("all blocks of ports are taken by other test processes")
    first = next(iter(_claimed))
    _claimed[first] = _claimed.pop(first)
    return range(first, first + _BLOCK)


def _claim(first: int) -> int | None:
    path = Path(tempfile.gettempdir()) / f"pinline-tests-ports-{first}.lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _forget() -> None:
    """A forked process chooses from blocks of its own."""
    global _rest
    _claimed.clear()
    _rest = range(0)


os.register_at_fork(after_in_child=_forget)
