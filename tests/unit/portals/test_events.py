"""Events: the application token or a proof, else nothing; forged ones look alike and leave no trace."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy import select

from app.bitrix24.params import EventParams
from app.portals import events
from app.portals.model import OperatorKey, Proof
from app.portals.proof import ProofRejected
from app.portals.stores.event_queue import MAX_WAITING_OF_PORTAL
from app.storage.engine import reading
from app.storage.leases import lease, try_acquire
from app.storage.tables import event_queue
from tests.unit.portals.conftest import Clock, Room

Counts = Callable[[str], dict[str, int]]
NOW = int(Clock().now.timestamp())


def event(name: str = "ONAPPUNINSTALL", token: str = "apptoken", **changes: object) -> EventParams:
    """One event as the queue posts it, without tokens of its own."""
    params = EventParams(
        event=name,
        member_id="m1",
        application_token=token,
        access_token=None,
        domain=None,
        server_endpoint=None,
        data={},
        ts=NOW,
    )
    return replace(params, **changes)  # type: ignore[arg-type]


def waiting(room: Room) -> int:
    """How many events wait."""
    with reading(room.engine) as conn:
        return len(conn.execute(select(event_queue)).all())


@pytest.mark.parametrize("clean", ["0", "1"])
def test_a_genuine_uninstallation_is_applied_at_once(room: Room, count_rows: Counts, clean: str) -> None:
    room.installed()
    assert room.events.accept(event(data={"CLEAN": clean})) == "ok"
    assert count_rows("m1") == ({} if clean == "1" else {"installations": 1})
    assert room.portals.operators.find(OperatorKey("m1", 27)) is None
    assert room.forgotten == ["m1"]


def test_an_uninstallation_that_comes_twice_is_no_error(room: Room) -> None:
    room.installed()
    assert [room.events.accept(event(data={"CLEAN": "0"})) for _ in range(2)] == ["ok", "ok"]


@pytest.mark.parametrize("name", ["ONAPPINSTALL", "ONAPPUPDATE"])
def test_a_genuine_update_names_the_version(room: Room, name: str) -> None:
    room.installed()
    assert room.events.accept(event(name, data={"VERSION": "7"})) == "ok"
    known = room.portals.installations.find("m1")
    assert known is not None
    assert known.version == "7"
    assert waiting(room) == 0


def test_an_uninstallation_from_before_the_latest_installation_ends_nothing(
    room: Room, count_rows: Counts
) -> None:
    room.installed()
    late = event(data={"CLEAN": "1"})
    assert room.events.accept(late) == "ok"
    assert count_rows("m1") == {}, "and nothing of the portal stays"
    room.clock.pass_by(minutes=5)
    room.installed()
    before, told = count_rows("m1"), list(room.forgotten)
    assert room.events.accept(late) == "ok", "it is genuine"
    known = room.portals.installations.find("m1")
    assert known is not None
    assert known.active
    assert (count_rows("m1"), room.forgotten) == (before, told)
    for ts in (int(room.clock().timestamp()) - 3, None, 10**17):
        room.installed()
        assert room.events.accept(event(data={"CLEAN": "1"}, ts=ts)) == "ok"
        assert count_rows("m1") == {}, "a clock a little behind, or none at all, is no reason"


def test_invented_portals_do_not_fill_the_queue(room: Room) -> None:
    room.installed()
    room.portals.installations.save(room.proof(1, member_id="gone"))
    room.portals.installations.uninstall("gone", clean=False)
    for number in range(30):
        invented = event("ONAPPINSTALL", "x", access_token="t", member_id=f"x{number}")
        assert room.events.accept(invented) == "refused"
    assert room.events.accept(event("ONAPPINSTALL", "x", access_token="t", member_id="gone")) == "refused"
    assert waiting(room) == 0
    assert room.events.accept(event("ONAPPINSTALL", "x", access_token="t")) == "refused"
    assert waiting(room) == 1, "one of an installed portal waits, and its sender is told the same"


def test_events_without_use_are_taken_when_genuine(room: Room) -> None:
    room.installed()
    assert room.events.accept(event("ONAPPPAYMENT")) == "ok"
    assert room.events.accept(event("ONAPPPAYMENT", "forged")) == "refused"


def test_forged_uninstallations_are_refused_alike_and_change_nothing(room: Room, count_rows: Counts) -> None:
    room.installed()
    before = count_rows("m1")
    tokens = ["", "apptoke", "apptoken ", "APPTOKEN", "0" * 32, "apptokenapptoken", "['apptoken']", "ключ"]
    answers = {
        room.events.accept(event(token=token, member_id=member_id, data={"CLEAN": "1"}))
        for token, member_id in product(tokens, ("m1", "m2", "", "M1"))
    }
    assert answers == {"refused"}
    assert room.events.accept(event(member_id="m2")) == "refused", "a right token of another portal"
    assert count_rows("m1") == before
    assert room.forgotten == []
    assert room.events.accept(event()) == "ok", "the genuine one is accepted"


def test_a_first_application_token_is_learnt_with_an_administrators_proof(room: Room) -> None:
    room.installed(application_token=None)
    access, _ = room.pretend.pair(1)
    first = event("ONAPPINSTALL", "fresh", access_token=access, data={"VERSION": "1"})
    assert room.events.accept(first) == "refused"
    assert not room.portals.application_tokens.matches("m1", "fresh"), "not before the proof"
    assert room.events.drain() == 1
    assert room.portals.application_tokens.matches("m1", "fresh")
    assert waiting(room) == 0


@pytest.mark.parametrize("known", [None, "apptoken"])
def test_any_other_employee_cannot_plant_an_application_token(room: Room, known: str | None) -> None:
    room.installed(application_token=known)
    access, _ = room.pretend.pair(27)
    room.events.accept(event("ONAPPUPDATE", "planted", access_token=access))
    room.events.drain()
    assert not room.portals.application_tokens.matches("m1", "planted")
    assert room.events.accept(event(token="planted")) == "refused"
    assert waiting(room) == 0


def test_a_changed_application_token_is_taken_over_with_an_administrators_proof(room: Room) -> None:
    room.installed()
    access, _ = room.pretend.pair(1)
    assert room.events.accept(event("ONAPPUPDATE", "changed", access_token=access)) == "refused"
    assert room.events.drain() == 1
    assert room.portals.application_tokens.matches("m1", "changed")


def test_forged_installations_leave_no_trace(room: Room, count_rows: Counts) -> None:
    room.installed()
    access, _ = room.pretend.pair(1)
    before = count_rows("m1")
    for forged in (
        event("ONAPPINSTALL", "x", access_token="0" * 70),
        event("ONAPPINSTALL", "x", access_token=access, domain="elsewhere.example"),
        event("ONAPPINSTALL", "x", access_token=access, member_id="victim"),
    ):
        assert room.events.accept(forged) == "refused"
    assert room.events.accept(event("ONAPPINSTALL", "x")) == "refused"
    room.events.drain()
    assert waiting(room) == 0
    assert count_rows("m1") == before
    assert count_rows("victim") == {}
    assert room.portals.application_tokens.matches("m1", "apptoken")


def test_a_late_installation_event_does_not_revive_an_uninstalled_portal(room: Room) -> None:
    room.installed(application_token=None)
    access, _ = room.pretend.pair(1)
    assert room.events.accept(event("ONAPPINSTALL", "x", access_token=access)) == "refused"
    assert waiting(room) == 1
    room.portals.installations.uninstall("m1", clean=False)
    assert room.events.accept(event("ONAPPINSTALL", "x", access_token=access)) == "refused"
    room.events.drain()
    known = room.portals.installations.find("m1")
    assert known is not None
    assert not known.active
    assert not room.portals.application_tokens.matches("m1", "x")


def test_an_event_waits_while_the_authorization_server_cannot_tell(room: Room) -> None:
    room.installed(application_token=None)
    access, _ = room.pretend.pair(1)
    room.events.accept(event("ONAPPINSTALL", "fresh", access_token=access))
    room.pretend.fail = (502, None)
    assert room.events.drain() == 0
    assert waiting(room) == 1
    room.pretend.fail = None
    assert room.events.drain() == 1
    assert room.portals.application_tokens.matches("m1", "fresh")


def test_an_event_that_nobody_can_prove_any_more_leaves(room: Room) -> None:
    room.installed()
    room.events.accept(event("ONAPPINSTALL", "x", access_token="t"))
    room.clock.pass_by(hours=2)
    assert room.events.drain() == 0
    assert waiting(room) == 0
    assert room.pretend.infos == 0


def test_the_queue_is_bounded_and_holds_an_event_once(room: Room) -> None:
    room.installed()
    for _ in range(3):
        room.events.accept(event("ONAPPINSTALL", "x", access_token="t"))
    assert waiting(room) == 1
    for number in range(20):
        room.events.accept(event("ONAPPINSTALL", "x", access_token=f"t{number}"))
    assert waiting(room) == MAX_WAITING_OF_PORTAL


def test_what_waits_is_sealed(room: Room) -> None:
    room.installed()
    room.events.accept(
        event("ONAPPINSTALL", "canary-token", access_token="canary-access", data={"A": "canary"})
    )
    with reading(room.engine) as conn:
        rows = conn.execute(select(event_queue)).all()
    assert len(rows) == 1
    assert "canary" not in str(rows)
    assert "ONAPPINSTALL" in str(rows), "the search itself works"


def test_one_process_drains_at_a_time(room: Room) -> None:
    room.installed()
    room.events.accept(event("ONAPPINSTALL", "x", access_token="t"))
    assert try_acquire(room.engine, "events:drain", 30)
    assert room.events.drain() == 0
    assert waiting(room) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_a_drain_that_lasts_longer_than_its_lease_keeps_it(
    room: Room, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """With a lease that nobody keeps somebody else gets in: the control."""
    begun, over = threading.Event(), threading.Event()

    def proving(*_: object, **__: object) -> Proof:
        begun.set()
        over.wait(30)
        raise ProofRejected("late")

    room.installed()
    room.events.accept(event("ONAPPINSTALL", "x", access_token="t"))
    monkeypatch.setattr(events, "_DRAIN_SECONDS", 1.5)
    monkeypatch.setattr(room.handshake, "prove_token", proving)
    if not kept:
        monkeypatch.setattr(events, "kept_lease", lease)
    thread = threading.Thread(target=room.events.drain)
    thread.start()
    assert begun.wait(10)
    time.sleep(2.5)
    taken = try_acquire(room.engine, "events:drain", 1.5)
    over.set()
    thread.join(10)
    assert (taken is None) is kept
