"""Uninstallations late or again: a genuine one counts whatever its time, one of before ends nothing."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError

from app.portals import events as events_module
from app.portals.stores import installations as installations_module
from app.portals.stores.event_marks import taken_in
from tests.unit.portals.conftest import Room
from tests.unit.portals.test_event_backlog import is_active, within
from tests.unit.portals.test_events import NOW, event

OF_THE_PAGE = 1466439714
"""The `ts` of the documentation's own example (page "OnAppUninstall")."""

TIMES = [OF_THE_PAGE, 0, NOW - 3600, NOW - 400, NOW - 30, NOW, NOW + 10**6, None, 10**17]


@pytest.mark.parametrize("clean", ["0", "1"])
@pytest.mark.parametrize("ts", TIMES)
def test_a_genuine_uninstallation_counts_whatever_its_time(room: Room, ts: int | None, clean: str) -> None:
    room.installed()
    room.clock.pass_by(seconds=1)
    assert room.events.accept(event(ts=ts, data={"CLEAN": clean})) == "ok"
    assert not is_active(room)


@pytest.mark.parametrize("data", [{"CLEAN": "0"}, {"CLEAN": "1"}, {}])
@pytest.mark.parametrize("ts", [OF_THE_PAGE, 0, NOW, None])
def test_the_same_uninstallation_ends_each_installation(
    room: Room, ts: int | None, data: dict[str, str]
) -> None:
    for _ in range(3):
        room.installed()
        room.clock.pass_by(seconds=1)
        assert room.events.accept(event(ts=ts, data=data)) == "ok"
        assert not is_active(room)
        room.clock.pass_by(seconds=1)


@pytest.mark.parametrize("noted", [True, False])
@pytest.mark.parametrize("ago", [11, 60, 3600, 86_400])
def test_an_end_that_nobody_told_may_come_late(
    room: Room, monkeypatch: pytest.MonkeyPatch, ago: int, noted: bool
) -> None:
    """The installer ran while the app was there as far as we knew. The control is that nobody notes it."""
    if not noted:
        monkeypatch.setattr(installations_module, "note", lambda *_: None)
    room.installed()
    room.clock.pass_by(days=1)
    room.installed()
    room.clock.pass_by(seconds=1)
    late = event(ts=int(room.clock().timestamp()) - 1 - ago, data={"CLEAN": "1"})
    assert room.events.accept(late) == "ok"
    assert is_active(room) is noted
    room.installed()
    assert room.events.accept(event(ts=OF_THE_PAGE)) == "ok"
    assert not is_active(room), "nothing is under way for years"


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("ts", [OF_THE_PAGE, None, NOW])
def test_what_waited_in_the_spool_ends_nothing_that_was_installed_meanwhile(
    room: Room, monkeypatch: pytest.MonkeyPatch, ts: int | None, told: bool
) -> None:
    """By our own clock. The control does not know when it was received."""
    if not told:
        unknown = lambda each, at: replace(taken_in(each, at), received=None)  # noqa: E731
        monkeypatch.setattr(events_module, "taken_in", unknown)
    back, real = threading.Event(), room.portals.application_tokens.matches

    def failing(member_id: str, token: str) -> bool:
        if back.is_set():
            return real(member_id, token)
        raise OperationalError("SELECT", {}, Exception("down"))

    room.installed()
    room.clock.pass_by(seconds=1)
    monkeypatch.setattr(room.portals.application_tokens, "matches", failing)
    assert room.events.accept(event(ts=ts)) == "kept"
    room.clock.pass_by(seconds=5)
    room.installed()
    room.clock.pass_by(seconds=1)
    back.set()
    within(20, lambda: not room.events._backlog.is_failing and room.events._backlog._spool.is_empty)
    assert is_active(room) is told
    if told:
        assert room.events.accept(event(ts=ts)) == "ok", "what comes now is of now"
        assert not is_active(room)
