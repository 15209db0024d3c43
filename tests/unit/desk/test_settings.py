"""Settings: what may be chosen, whose choice holds, who chooses for all, and how long rows are kept."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from app.desk.kept.settings import OURS, PortalChange, check_defaults, check_value
from app.desk.model import AdminsOnly, Invalid
from app.portals.model import Operator
from tests.unit.desk.conftest import DAVID, Room


@pytest.fixture
def admin(room: Room) -> Operator:
    operator = room.open(1)
    assert operator.is_admin
    room.sandbox.forget()
    return operator


def test_own_over_the_portals_over_ours(room: Room, maria: Operator, admin: Operator) -> None:
    assert room.desk.settings.load(maria).effective == OURS
    change = PortalChange(defaults={"theme": "dark", "density": "compact"}, auto_silent_off=60)
    changed = room.desk.settings.change_portal(admin, change)
    assert (changed.portal.retention_days, changed.may_edit_portal) == (90, True)
    room.desk.settings.merge(maria.key, {"theme": "light", "auto_silent_off": 0, "panel": False})
    found = room.desk.settings.load(maria)
    assert found.operator == {"theme": "light", "auto_silent_off": 0, "panel": False}
    assert not found.may_edit_portal
    held = {name: found.effective[name] for name in ("theme", "density", "auto_silent_off", "panel")}
    assert held == {"theme": "light", "density": "compact", "auto_silent_off": 0, "panel": False}
    assert room.desk.settings.load(admin).effective["auto_silent_off"] == 60
    foreign = replace(maria, member_id="other", user_id=1)
    assert room.desk.settings.load(foreign).effective == OURS


def test_what_is_not_named_stays(room: Room, admin: Operator) -> None:
    settings = room.desk.settings
    settings.change_portal(admin, PortalChange(defaults={"theme": "dark"}, retention_days=30))
    settings.change_portal(admin, PortalChange(auto_silent_off=15))
    portal = settings.load(admin).portal
    assert (portal.defaults, portal.retention_days, portal.auto_silent_off) == ({"theme": "dark"}, 30, 15)


def test_only_administrators_choose_for_the_portal(room: Room, maria: Operator, admin: Operator) -> None:
    for person in (maria, replace(maria, is_admin=True)):
        with pytest.raises(AdminsOnly):
            room.desk.settings.change_portal(person, PortalChange(retention_days=7))
    assert room.desk.settings.load(admin).portal.retention_days == 90
    assert room.portal_requests()[0] == ["profile"], "the portal says who administers it"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "blue"),
        ("theme", 1),
        ("density", "dense"),
        ("shortcuts", True),
        ("auto_silent_off", 5),
        ("auto_silent_off", False),
        ("auto_silent_off", "15"),
        ("language", "EN; drop"),
        ("sort", "random"),
        ("view", ""),
        ("view", "x" * 65),
        ("whats_new", "x" * 33),
        ("practice", "yes"),
        ("panel", {"deep": 1}),
        ("panel", "x" * 201),
        ("", 1),
        ("Upper", 1),
        ("x" * 65, 1),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, value: object) -> None:
    with pytest.raises(Invalid):
        check_value(name, value)


def test_what_may_be_chosen() -> None:
    for name, value in OURS.items():
        check_value(name, value)
        check_value(name, None)
    for name, value in (
        ("language", "pt-BR"),
        ("language", "br"),
        ("view", "a_B-9"),
        ("ceiling", "2026-11-20"),
    ):
        check_value(name, value)
    for defaults in ({"auto_silent_off": 15}, {"theme": None}, {"panel": True}):
        with pytest.raises(Invalid):
            check_defaults(defaults)
    check_defaults({"theme": "dark"})


@pytest.mark.parametrize(
    "body", [{"retention_days": 6}, {"retention_days": 366}, {"auto_silent_off": 10}, {"admins": [1]}]
)
def test_the_portals_bounds(body: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, PortalChange)


def test_each_portal_keeps_its_rows_as_long_as_it_says(room: Room, maria: Operator, admin: Operator) -> None:
    chat_id = room.chat(maria, "John Smith")
    room.desk.clicks.act(maria, "pin", [chat_id], None)
    room.desk.snapshots.take(maria, "Friday")
    later = room.clock() + timedelta(days=20)
    assert room.desk.housekeeping(later)["journal_entries"] == 0
    room.desk.settings.change_portal(admin, PortalChange(retention_days=10))
    room.desk.settings.change_portal(admin, PortalChange(auto_silent_off=15))
    gone = room.desk.housekeeping(later)
    assert (gone["journal_entries"], gone["snapshots"]) == (1, 1)
    assert gone["dialog_memory"] > 0
    assert room.desk.records.journal(maria) == []


def test_a_longer_time_holds_as_well(room: Room, maria: Operator, admin: Operator) -> None:
    room.desk.settings.change_portal(admin, PortalChange(retention_days=365))
    room.desk.clicks.act(maria, "pin", [room.chat(maria, "John Smith")], None)
    assert room.desk.housekeeping(room.clock() + timedelta(days=200))["journal_entries"] == 0
    assert room.desk.housekeeping(room.clock() + timedelta(days=366))["journal_entries"] == 1


def test_a_page_starts_from_what_is_kept(room: Room, maria: Operator) -> None:
    start = room.desk.start(maria)
    assert (start.views, start.run) == ([], None)
    chats = [room.chat(maria, name) for name in ("John Smith", "Maria Lopez")]
    room.desk.records.start_run(maria, "pin", chats)
    room.clock.pass_by(seconds=1)
    newest = room.desk.records.start_run(maria, "unpin", chats)
    assert room.desk.start(maria).run == newest
    room.desk.clicks.act(maria, "unpin", chats[:1], newest.run)
    going = room.desk.start(maria).run
    assert going is not None
    assert (going.run, going.left) == (newest.run, chats[1:])
    assert room.desk.start(replace(maria, user_id=DAVID)).run is None
    room.desk.records.drop_run(maria, newest.run)
    older = room.desk.start(maria).run
    assert older is not None
    assert older.action == "pin"
    room.clock.pass_by(hours=25)
    assert room.desk.start(maria).run is None
