"""Application tokens: each proves one portal's events, and only who vouches for another one replaces it."""

import pytest
from sqlalchemy import select, update

from app.storage.tables import (
    installations,
)
from tests.unit.portals.conftest import Room


def test_the_application_token_is_replaced_only_on_demand(room: Room) -> None:
    room.portals.installations.save(room.proof(1), "first")
    room.portals.installations.save(room.proof(1), "second")
    room.portals.installations.save(room.proof(1))
    assert room.portals.application_tokens.matches("m1", "first")
    assert not room.portals.application_tokens.matches("m1", "second")
    room.portals.installations.save(room.proof(1), "second", replace_token=True)
    assert room.portals.application_tokens.matches("m1", "second")
    assert not room.portals.application_tokens.matches("m1", "first")


@pytest.mark.parametrize("token", ["", "-", "apptoke", "apptokenn", "APPTOKEN", "ключ", "\x00"])
def test_no_other_token_matches_known_or_unknown(room: Room, token: str) -> None:
    room.portals.installations.save(room.proof(1), "apptoken")
    room.portals.installations.save(room.proof(1, member_id="m2"))
    assert room.portals.application_tokens.matches("m1", "apptoken")
    for member_id in ("m1", "m2", "unknown", ""):
        assert not room.portals.application_tokens.matches(member_id, token)


def test_a_sealed_token_of_another_portal_does_not_serve(room: Room) -> None:
    room.portals.installations.save(room.proof(1), "apptoken")
    room.portals.installations.save(room.proof(1, member_id="m2"), "other")
    column = installations.c.application_token_sealed
    with room.engine.begin() as conn:
        stolen = conn.execute(select(column).where(installations.c.member_id == "m1")).scalar()
        conn.execute(update(installations).values(application_token_sealed=stolen))
    assert room.portals.application_tokens.matches("m1", "apptoken")
    assert not room.portals.application_tokens.matches("m2", "apptoken")
