"""Watches every connection that this process tries to open, where the interpreter itself tells of it.

Only loopback is let through: a trial of forbidden addresses must not knock at other people's doors.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

_watching: list[list[tuple[str, int]]] = []
_installed = False


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not _watching:
        return
    address = args[1]
    if not isinstance(address, tuple):
        return
    for seen in _watching:
        seen.append((str(address[0]), int(address[1])))
    if not ip_address(str(address[0]).partition("%")[0]).is_loopback:
        raise OSError("a trial does not leave this machine")


@contextmanager
def connects() -> Iterator[list[tuple[str, int]]]:
    """Addresses that somebody tried to connect to inside the block."""
    global _installed
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    seen: list[tuple[str, int]] = []
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching[:] = [other for other in _watching if other is not seen]
