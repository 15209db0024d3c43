"""What a portal can do: learnt once, and a refusal is asked again after a week."""

from sqlalchemy import Engine, update

from app.storage.tables import (
    installations,
)
from tests.unit.portals.conftest import Room


def test_what_is_known_of_silent_is_kept_and_a_portal_that_does_not_tell_is_asked_again(room: Room) -> None:
    def scope() -> str:
        known = room.portals.installations.find("m1")
        assert known is not None
        return known.silent_scope

    room.portals.installations.save(room.proof(1))
    assert scope() == "unknown"
    room.portals.capabilities.learn_silent("m1", lambda *_: ("personal", 0))
    assert scope() == "personal"
    room.clock.pass_by(days=8)
    assert scope() == "unknown", "asked again after a week"
    room.portals.capabilities.learn_silent("m1", lambda *_: ("chat", 1))
    room.clock.pass_by(days=8)
    assert scope() == "chat"
    room.portals.capabilities.learn_silent("unknown", lambda *_: ("chat", 0))


def test_recent_pins_are_learnt_and_a_refusal_is_asked_again(room: Room) -> None:
    def pins() -> bool | None:
        known = room.portals.installations.find("m1")
        assert known is not None
        return known.pins_recent

    room.portals.installations.save(room.proof(1))
    assert pins() is None
    room.portals.capabilities.learn_recent_pin("m1", False)
    assert pins() is False
    room.clock.pass_by(days=8)
    assert pins() is None
    room.portals.capabilities.learn_recent_pin("m1", True)
    room.clock.pass_by(days=80)
    assert pins() is True
    room.portals.capabilities.learn_recent_pin("unknown", True)


def test_what_was_learnt_is_not_written_again(room: Room, engine: Engine) -> None:
    room.portals.installations.save(room.proof(1))
    room.portals.capabilities.learn_recent_pin("m1", True)
    with engine.connect() as writer:
        writer.execute(update(installations).values(updated_at=room.clock()))
        room.portals.capabilities.learn_recent_pin("m1", True)
