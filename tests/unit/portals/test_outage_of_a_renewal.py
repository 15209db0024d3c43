"""A pair that is renewed while the store is away is stored when it is back: the old one is spent."""

from typing import Any

import pytest
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.portals.model import OperatorKey
from app.portals.stores.token_pairs import TokenStore
from tests.unit.portals.conftest import Room


class Outage:
    """A store that fails so many times."""

    def __init__(self, store: TokenStore, error: Exception, times: int) -> None:
        self.left, self._error, self._change = times, error, store._change_where

    def __call__(self, *args: Any) -> bool:
        self.left -= 1
        if self.left >= 0:
            raise self._error
        return self._change(*args)


DOWN = [
    OperationalError("UPDATE", {}, Exception("down")),
    PoolTimeout("pool"),
    InterfaceError("", {}, Exception()),
]


@pytest.mark.parametrize("error", DOWN, ids=lambda error: type(error).__name__)
def test_a_renewed_pair_outlasts_an_outage_of_the_store(
    room: Room, key: OperatorKey, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("app.portals.stores.token_pairs._PAUSE", 0.01)
    pair = room.installed()
    outage = Outage(room.token_store, error, 20)
    monkeypatch.setattr(room.token_store, "_change_where", outage)
    assert room.tokens.renew(key, pair.access_token).token != pair.access_token
    assert outage.left < 0
    assert room.pretend.refreshes == 1


def test_an_outage_without_end_is_told_in_the_end(
    room: Room, key: OperatorKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.portals.stores.token_pairs._PATIENCE", 0.5)
    pair = room.installed()
    outage = Outage(room.token_store, DOWN[0], 1000)
    monkeypatch.setattr(room.token_store, "_change_where", outage)
    with pytest.raises(OperationalError):
        room.tokens.renew(key, pair.access_token)
    assert 990 < outage.left < 999, "some tries"


def test_what_is_no_outage_is_told_at_once(
    room: Room, key: OperatorKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = room.installed()
    outage = Outage(room.token_store, DataError("UPDATE", {}, Exception("too long")), 1000)
    monkeypatch.setattr(room.token_store, "_change_where", outage)
    with pytest.raises(DataError):
        room.tokens.renew(key, pair.access_token)
    assert outage.left == 999
