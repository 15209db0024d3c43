"""Sealed pairs: readable to nobody, good for their own row only, across a change of keys."""

from datetime import timedelta

from sqlalchemy import select, update

from app.portals.model import OperatorKey
from app.portals.stores.application_tokens import ApplicationTokenStore
from app.portals.stores.token_pairs import TokenStore
from app.storage.crypto import Cipher
from app.storage.engine import reading
from app.storage.tables import (
    metadata,
    operator_tokens,
)
from tests.unit.portals.conftest import KEY, Room


def test_no_secret_lies_readable_in_the_database(room: Room) -> None:
    pair = room.installed(application_token="canary-application-token")
    with reading(room.engine) as conn:
        dump = "".join(str(conn.execute(select(table)).all()) for table in metadata.sorted_tables)
    for secret in (pair.access_token, pair.refresh_token, "canary-application-token"):
        assert secret not in dump
        assert secret.encode().hex() not in dump
    assert "Maria" in dump, "the search itself works"


def test_tokens_of_another_row_or_key_are_as_good_as_none(room: Room, key: OperatorKey) -> None:
    room.installed()
    with room.engine.begin() as conn:
        conn.execute(update(operator_tokens).values(user_id=28))
    assert room.token_store.operator_tokens(OperatorKey("m1", 28)) is None
    with room.engine.begin() as conn:
        conn.execute(update(operator_tokens).values(user_id=27))
    assert room.token_store.operator_tokens(key) is not None
    other = TokenStore(room.engine, Cipher(["another-key-0123456789"]))
    assert other.operator_tokens(key) is None


def test_values_show_no_tokens(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    stored = room.token_store.operator_tokens(key)
    assert stored is not None
    assert "canary" not in f"{stored!r}{pair!r}{stored.access!r}"


def test_processes_of_different_keys_understand_each_other(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    both = Cipher(["newer-key-0123456789", KEY])
    newer = TokenStore(room.engine, both)
    fresh = room.pair()
    assert newer.replace_tokens(key, pair.refresh_token, fresh)
    stored = newer.operator_tokens(key)
    assert stored is not None
    assert stored.refresh_token == fresh.refresh_token
    assert not newer.replace_tokens(key, pair.refresh_token, pair), "the old refresh token is gone"
    assert ApplicationTokenStore(room.engine, both).matches("m1", "apptoken")


def test_idle_means_installers_whose_pair_is_old(room: Room) -> None:
    room.installed(user_id=1)
    assert room.portals.operators.save(room.proof(27), room.pair())
    before = room.clock() + timedelta(days=1)
    assert room.token_store.idle_operators(before) == [OperatorKey("m1", 1)]
    assert room.token_store.idle_operators(before - timedelta(days=2)) == []
    room.portals.installations.uninstall("m1", clean=False)
    assert room.token_store.idle_operators(before) == []
