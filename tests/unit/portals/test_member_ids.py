"""Portals whose member_id holds more than letters and digits: what is kept of them is kept apart."""

import pytest
from sqlalchemy import select

from app.storage.engine import reading
from app.storage.leases import try_acquire
from app.storage.tables import leases
from tests.unit.portals.conftest import Room

ODD = ["portal_a", "portal-a", "portal.a", "..", "-", "_"]
ALIKE = {"portal_a": "portalxa", "..": "xx", "_": "x", "portal.a": "portalxa"}


@pytest.mark.parametrize("member_id", ODD)
def test_an_installation_lives_and_ends(room: Room, member_id: str) -> None:
    room.portals.installations.save(room.proof(1, member_id=member_id), "a:b:c")
    assert room.portals.application_tokens.matches(member_id, "a:b:c")
    assert room.portals.operators.save(room.proof(27, member_id=member_id), room.pair(), "Maria", False, "en")
    assert room.portals.installations.uninstall(member_id, clean=True)
    assert room.portals.installations.find(member_id) is None


@pytest.mark.parametrize(("member_id", "other"), ALIKE.items())
def test_what_is_named_alike_stays(room: Room, member_id: str, other: str) -> None:
    """As a pattern of LIKE one matches the other: what a careless question finds is the control."""
    for each in (member_id, other):
        room.portals.installations.save(room.proof(1, member_id=each), "apptoken")
        assert try_acquire(room.engine, f"refresh:{each}:27", 30)
    careless = select(leases.c.name).where(leases.c.name.startswith(f"refresh:{member_id}:"))
    with reading(room.engine) as conn:
        assert len(conn.execute(careless).all()) == (2 if "_" in member_id else 1)
    room.portals.installations.uninstall(member_id, clean=True)
    with reading(room.engine) as conn:
        assert list(conn.execute(select(leases.c.name)).scalars()) == [f"refresh:{other}:27"]
