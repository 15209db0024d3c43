"""Tabs of one operator on connections of their own, so that one knows which worker serves each.

The rule: a worker is known by the sockets that it holds, as the system tells, not by what the app says.
"""

from pathlib import Path
from typing import Any

from tests.faults.site import OPERATOR, App
from tests.support.frame import Frame

_TRIES = 400
_ESTABLISHED = "01"


class Twin(Frame):
    """Another tab of the same session; `socket` is the worker's end of its connection."""

    worker = 0
    socket = ""

    @property
    def pool(self) -> Any:
        """Its connections to the app that are idle: the one that it has."""
        return self._http.connection_from_url(self.app_url).pool


def twins(app: App, frame: Frame, count: int, tries: int = _TRIES) -> list[Twin]:
    """So many tabs, one more of each worker by turns. Raises AssertionError when one worker takes none."""
    workers = app.workers()
    found: dict[int, list[Twin]] = {worker: [] for worker in workers}
    for _ in range(tries):
        if all(len(row) * len(workers) >= count for row in found.values()):
            break
        twin = _connected(app, frame)
        found[twin.worker].append(twin)
    else:
        raise AssertionError(f"connections by worker: {[len(row) for row in found.values()]}")
    return [each for row in zip(*found.values(), strict=False) for each in row][:count]


def still(app: App, chosen: list[Twin]) -> set[int]:
    """The workers that hold one of these connections since it was made."""
    held = _held(app)
    return {twin.worker for twin in chosen if twin.socket in held.get(twin.worker, ())}


def _connected(app: App, frame: Frame) -> Twin:
    twin = Twin(frame.sandbox, OPERATOR)
    assert twin.get("/healthz").status == 200
    twin.token = frame.token
    line = next(each for each in twin.pool.queue if each)
    held = _held(app, f":{line.sock.getsockname()[1]:04X}")
    [(twin.worker, twin.socket)] = [(worker, socket) for worker in held for socket in held[worker]]
    return twin


def _held(app: App, end: str = "") -> dict[int, set[str]]:
    """The sockets of each worker that are connections to the app, or the one with this other end."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    mine = [row for row in rows if row[1].endswith(f":{app.port:04X}") and row[2].endswith(end)]
    sockets = {f"socket:[{row[9]}]" for row in mine if row[3] == _ESTABLISHED}
    return {worker: sockets & set(_open(worker)) for worker in app.workers()}


def _open(worker: int) -> list[str]:
    found = []
    for path in Path(f"/proc/{worker}/fd").iterdir():
        try:
            found.append(str(path.readlink()))
        except OSError:  # closed meanwhile
            continue
    return found
