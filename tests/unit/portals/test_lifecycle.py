"""Installing is repeatable and ends in the same state; refusals are reported, old handlers leave."""

import pytest

from app.bitrix24.errors import BitrixError
from app.portals.bindings import PLACEMENTS, wanted
from app.portals.lifecycle import Lifecycle
from app.portals.model import InstallReport, OperatorKey, TokenPair
from app.storage.shared import SharedStoreDown
from tests.unit.portals.conftest import APP_URL, Room
from tests.unit.portals.test_events import event

ALL = {binding.label for binding in wanted(APP_URL)}


def install(room: Room, user_id: int = 1, application_token: str | None = "apptoken") -> InstallReport:
    """One run of the installer."""
    params = room.params(user_id, application_token=application_token)
    pair = TokenPair(params.access_token, params.refresh_token)
    return room.lifecycle.install(room.proof(user_id), pair, params)


def test_an_installation_takes_two_requests_and_binds_everything(room: Room) -> None:
    report = install(room)
    assert set(report.bound) == ALL
    assert report.refused == {}
    assert (report.operator.name, report.operator.is_admin) == ("Ada Admin", True)
    assert len(room.pretend.batches) == 2
    assert {row.get("event") or row["placement"] for row in room.pretend.bound} == {
        *("ONAPPINSTALL", "ONAPPUNINSTALL", "ONAPPUPDATE"),
        *PLACEMENTS,
    }
    assert {row["handler"] for row in room.pretend.bound if "event" in row} == {f"{APP_URL}/events"}
    assert {row["handler"] for row in room.pretend.bound if "placement" in row} == {f"{APP_URL}/app"}
    known = room.portals.operators.find(OperatorKey("m1", 1))
    assert known is not None
    assert (known.name, known.is_admin) == ("Ada Admin", True)
    assert room.portals.application_tokens.matches("m1", "apptoken")


def test_installing_again_changes_nothing_and_takes_one_request(room: Room) -> None:
    install(room)
    bound = list(room.pretend.bound)
    room.pretend.batches.clear()
    report = install(room)
    assert set(report.bound) == ALL
    assert len(room.pretend.batches) == 1
    assert room.pretend.bound == bound


def test_what_is_missing_is_bound_and_old_addresses_are_unbound(room: Room) -> None:
    install(room)
    room.pretend.bound = [row for row in room.pretend.bound if row.get("event") != "ONAPPUPDATE"]
    room.pretend.bound += [
        {"event": "ONAPPINSTALL", "handler": "https://old.example/events"},
        {"placement": "IM_SIDEBAR", "handler": "https://old.example/app"},
        {"event": "ONSOMETHING", "handler": f"{APP_URL}/events"},
    ]
    assert set(install(room).bound) == ALL
    assert len(room.pretend.bound) == len(ALL)
    assert {row["handler"] for row in room.pretend.bound} == {f"{APP_URL}/app", f"{APP_URL}/events"}


def test_refused_placements_are_reported_and_stop_nothing(room: Room) -> None:
    room.pretend.refuse = {"placement.bind": "ACCESS_DENIED"}
    report = install(room)
    assert set(report.bound) == {label for label in ALL if label.startswith("event:")}
    assert report.refused == {f"placement:{name}": "ACCESS_DENIED" for name in PLACEMENTS}
    assert report.installation.active


def test_one_refused_place_leaves_the_others(room: Room) -> None:
    room.pretend.refuse = {"placement.bind:IM_TEXTAREA": ""}
    report = install(room)
    assert set(report.bound) == ALL - {"placement:IM_TEXTAREA"}
    assert report.refused == {"placement:IM_TEXTAREA": ""}


def test_a_scope_that_is_missing_altogether_is_reported_by_its_code(room: Room) -> None:
    room.pretend.refuse = dict.fromkeys(["placement.get", "placement.bind"], "insufficient_scope")
    report = install(room)
    assert set(report.refused.values()) == {"insufficient_scope"}
    assert len(report.refused) == 3


def test_bound_meanwhile_by_a_second_installer_is_fine(room: Room) -> None:
    install(room)
    room.pretend.refuse = {"event.bind": "ERROR_CORE", "placement.bind": "ERROR_CORE"}
    assert install(room).refused == {}


def test_a_portal_that_cannot_be_asked_stops_it_and_stores_nothing(room: Room) -> None:
    params = room.params(1)
    pair = TokenPair(params.access_token, params.refresh_token)
    with pytest.raises(BitrixError):
        room.lifecycle.install(room.proof(1, client_endpoint="http://127.0.0.1:1/rest/"), pair, params)
    assert room.portals.installations.find("m1") is None
    assert install(room).refused == {}


def test_a_second_administrator_may_replace_the_application_token_and_others_may_not(room: Room) -> None:
    install(room, 1, "first")
    assert not install(room, 27, "forged").operator.is_admin
    assert room.portals.application_tokens.matches("m1", "first")
    known = room.portals.installations.find("m1")
    assert known is not None
    assert known.installed_by == 1
    room.pretend.admins.add(2)
    install(room, 2, "second")
    assert room.portals.application_tokens.matches("m1", "second")


def test_the_first_application_token_comes_from_an_administrator_only(room: Room) -> None:
    report = install(room, 27, "planted")
    assert report.installation.active
    assert room.events.accept(event(token="planted", data={"CLEAN": "1"})) == "refused"
    access, _ = room.pretend.pair(1)
    room.events.accept(event("ONAPPUPDATE", "genuine", access_token=access))
    assert room.events.drain() == 1
    assert room.events.accept(event(token="genuine")) == "ok", "learnt from an administrator's event"


def test_a_form_without_application_token_keeps_the_known_one(room: Room) -> None:
    install(room, 1, "first")
    install(room, 1, None)
    assert room.portals.application_tokens.matches("m1", "first")


def test_placements_have_what_the_portal_demands() -> None:
    assert set(PLACEMENTS) == {"IM_SIDEBAR", "IM_TEXTAREA", "IM_NAVIGATION"}
    assert all(options["iconName"].startswith("fa-") for options in PLACEMENTS.values())
    assert PLACEMENTS["IM_TEXTAREA"]["context"] == PLACEMENTS["IM_SIDEBAR"]["context"] == "LINES"
    assert "context" not in PLACEMENTS["IM_NAVIGATION"]


def test_what_else_remembers_the_portal_is_told_and_may_fail(room: Room) -> None:
    told: list[str] = []

    def down(_: str) -> None:
        raise SharedStoreDown("TimeoutError")

    lifecycle = Lifecycle(room.portals, room.lifecycle._client, APP_URL, forget=(down, told.append))
    room.installed()
    lifecycle.uninstall(event())
    assert told == ["m1"]


@pytest.mark.parametrize("told", [True, False])
def test_an_uninstallation_is_held_against_the_portals_clock_not_ours(room: Room, told: bool) -> None:
    """Ours is a day ahead; the control is a portal that does not tell its time."""
    noon = int(room.clock().timestamp())
    room.clock.pass_by(days=1)
    room.pretend.clock = noon if told else None
    install(room)
    install(room)  # of an end between the two nobody has told us yet
    lived = event(data={"CLEAN": "0"}, ts=noon - 60)
    assert room.events.accept(lived) == "ok"
    known = room.portals.installations.find("m1")
    assert known is not None
    assert known.active, "one from before the installation ends nothing"
    assert room.events.accept(event(data={"CLEAN": "0"}, ts=noon + 60)) == "ok"
    known = room.portals.installations.find("m1")
    assert known is not None
    assert known.active is not told
