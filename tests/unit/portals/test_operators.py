"""Operators: what is known of a person stays, and nobody is kept where the app is not installed."""

from sqlalchemy import func, select, text

from app.portals.model import OperatorKey
from app.storage.engine import reading
from app.storage.tables import (
    operator_tokens,
)
from tests.unit.portals.conftest import Room


def test_an_operator_is_remembered_and_none_keeps_what_is_known(room: Room, key: OperatorKey) -> None:
    room.installed()
    assert room.portals.operators.save(room.proof(), room.pair(), is_admin=True)
    known = room.portals.operators.find(key)
    assert known is not None
    assert (known.name, known.is_admin, known.language) == ("Maria", True, "en")
    assert room.portals.operators.find(OperatorKey("m1", 28)) is None


def test_after_an_uninstallation_a_late_opening_stores_nothing(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    room.portals.installations.uninstall("m1", clean=False)
    assert room.portals.operators.save(room.proof(), pair) is False
    assert room.portals.operators.find(key) is None
    assert room.token_store.replace_tokens(key, pair.refresh_token, room.pair()) is False


def test_upsert_leaves_one_row_per_operator(room: Room) -> None:
    for _ in range(3):
        room.installed()
    with reading(room.engine) as conn:
        assert conn.execute(select(func.count()).select_from(operator_tokens)).scalar() == 1
        assert conn.execute(text("SELECT count(*) FROM installations")).scalar() == 1
