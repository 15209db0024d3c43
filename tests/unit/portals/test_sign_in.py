"""Signing in: what the portal says of a person counts, what is known stays."""

from typing import Any

import msgspec
import pytest

from app.portals.model import NotInstalledHere, Operator, OperatorKey, TokenPair
from app.portals.profile import Profile, read_profile
from app.portals.sign_in import sign_in
from tests.unit.portals.conftest import Room

ADA = Profile(1, "Ada Admin", True)


def enter(room: Room, profile: Profile | None = None, **more: Any) -> Operator:
    installation = room.portals.installations.find("m1") or room.portals.installations.save(room.proof(1))
    pair = TokenPair("access-1", "refresh-1")
    return sign_in(room.portals.operators, installation, room.proof(1), pair, profile, **more)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"ID": "1", "NAME": "Ada", "LAST_NAME": "Admin", "ADMIN": True}, ADA),
        ({"ID": 1, "NAME": "Ada", "LAST_NAME": "Admin", "ADMIN": "1", "NEW": []}, ADA),
        ({"ID": "1", "NAME": None, "LAST_NAME": [], "ADMIN": False}, Profile(1, "", False)),
        ({"ID": "0", "NAME": "Nobody"}, None),
        ({"ID": "9" * 40, "NAME": "Nobody"}, None),
        ({"NAME": "Nobody"}, None),
        ([], None),
    ],
)
def test_a_profile_in_every_shape(said: object, expected: Profile | None) -> None:
    assert read_profile(msgspec.json.encode(said)) == expected


def test_what_the_portal_says_wins_and_what_is_known_stays(room: Room) -> None:
    first = enter(room, first_language="ru")
    assert (first.name, first.is_admin, first.language) == ("", False, "ru")
    told = enter(room, ADA, language="de")
    assert (told.name, told.is_admin, told.language) == ("Ada Admin", True, "de")
    assert enter(room, first_language="ru") == told
    assert enter(room, Profile(1, "", True)).name == "Ada Admin"


def test_nothing_is_kept_of_an_uninstalled_portal(room: Room) -> None:
    installation = room.portals.installations.save(room.proof(1))
    room.portals.installations.uninstall("m1", clean=False)
    pair = TokenPair("access-1", "refresh-1")
    with pytest.raises(NotInstalledHere):
        sign_in(room.portals.operators, installation, room.proof(1), pair, ADA)
    assert room.portals.operators.find(OperatorKey("m1", 1)) is None
