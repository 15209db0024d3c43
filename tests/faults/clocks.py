"""The clock of the app's machine a day off: opening, clicks, renewals, undo and events go on as ever.

The portal's clock is right all the time; its events bear its own time, which is not ours.
"""

import time
from email.utils import parsedate_to_datetime

from tests.faults.lifecycle import event, install
from tests.faults.processes import patiently
from tests.faults.site import FAKETIME, OPERATOR, Site
from tests.faults.stage import Stage
from tests.faults.survival import is_pinned, target, within, write
from tests.support.frame import Frame

DAY, _A_MINUTE = 86_400, 60  # seconds


def a_day_off(scale: float, stage: Stage) -> str:
    """Both ways; 50 expiries each in full, one otherwise."""
    assert FAKETIME, "Debian's faketime is not installed on this machine: `make test-deps`"
    site, expiries = stage.site, max(1, int(50 * scale))
    try:
        frames = [_with_clock(site, offset, expiries) for offset in (DAY, -DAY)]
    finally:
        site.set_clock("")
    for frame in frames:
        patiently(lambda frame=frame: frame.get("/api/dialogs"))  # type: ignore[misc]
        install(frame)
        assert frame.open().status == 200, "with the right time again"
        assert write(frame, target(frame))[1] == "done"
    return f"clock a day ahead, then behind: {expiries} expiries each, as many refreshes; undo, events work"


def _with_clock(site: Site, offset: int, expiries: int) -> Frame:
    site.set_clock(f"{offset:+d}")
    frame = site.desk()
    told = parsedate_to_datetime(frame.get("/healthz").headers["Date"]).timestamp()
    assert abs(told - time.time() - offset) < _A_MINUTE, "the app's clock is a day off"
    chat = target(frame)
    refreshes = sum(_refreshed(frame, chat, number % 2 == 0) for number in range(expiries))
    assert refreshes == expiries, f"{refreshes} refreshes for {expiries} expiries"
    _undone(frame, chat)
    _events(frame)
    return frame


def _refreshed(frame: Frame, chat: int, pin: bool) -> int:
    """How many refreshes one expiry makes."""
    frame.sandbox.expire_tokens(OPERATOR)
    frame.sandbox.forget()
    assert write(frame, chat, "pin" if pin else "unpin")[1] in ("done", "already")
    assert frame.get(f"/api/dialogs/{chat}").status == 200
    return sum("token" in row["path"] for row in frame.sandbox.requests())


def _undone(frame: Frame, chat: int) -> None:
    name = "unpin" if is_pinned(frame, chat) else "pin"
    reply = frame.act(name, chat)
    assert reply.status == 200, reply.text
    before = is_pinned(frame, chat)
    assert frame.undo(reply.json()["undo"]["id"]).status == 200
    assert is_pinned(frame, chat) is not before


def _events(frame: Frame) -> None:
    """An update is taken; an uninstallation ends the session, though it bears another time than ours."""
    token = frame.sandbox.control("GET", "app")["application_token"]
    assert event(frame, "ONAPPUPDATE", token, VERSION="77").status == 200
    assert event(frame, "ONAPPUNINSTALL", "0" * 32, CLEAN="0").status == 401
    assert frame.get("/api/dialogs").status == 200
    assert event(frame, "ONAPPUNINSTALL", token, CLEAN="0").status == 200
    within(5, lambda: frame.get("/api/dialogs").status == 401)
