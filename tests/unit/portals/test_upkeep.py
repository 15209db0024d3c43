"""Housekeeping: keys change without loss beside running requests, and what has run out is removed."""

import threading
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine, insert, select

from app.portals.model import OperatorKey
from app.portals.states import States
from app.portals.stores.application_tokens import ApplicationTokenStore
from app.portals.stores.token_pairs import TokenStore
from app.portals.stores.upkeep import purge, reseal
from app.storage.crypto import Cipher
from app.storage.engine import reading
from app.storage.sessions import SqlSessions
from app.storage.tables import installations, journal_entries, leases, operator_tokens
from tests.unit.portals.conftest import KEY, Room

NEWER = "newer-key-0123456789"


def test_after_resealing_the_old_key_is_not_needed(room: Room, engine: Engine) -> None:
    pairs = {}
    room.portals.installations.save(room.proof(1), "apptoken")
    for user_id in range(1, 6):
        pairs[user_id] = room.pair(user_id)
        room.portals.operators.save(room.proof(user_id), pairs[user_id])
    both, newer = Cipher([NEWER, KEY]), Cipher([NEWER])
    assert TokenStore(engine, newer).operator_tokens(OperatorKey("m1", 1)) is None
    assert reseal(engine, both) == 11
    assert reseal(engine, both) == 0
    for user_id, pair in pairs.items():
        stored = TokenStore(engine, newer).operator_tokens(OperatorKey("m1", user_id))
        assert stored is not None
        assert (stored.access.token, stored.refresh_token) == (pair.access_token, pair.refresh_token)
    assert ApplicationTokenStore(engine, newer).matches("m1", "apptoken")
    with reading(engine) as conn:
        blobs = [*conn.execute(select(operator_tokens.c.refresh_sealed)).scalars()]
        blobs += conn.execute(select(installations.c.application_token_sealed)).scalars()
    assert all(blob.startswith(newer.head) for blob in blobs)


def test_resealing_beside_a_refresh_loses_neither(room: Room, engine: Engine, key: OperatorKey) -> None:
    pair = room.installed()
    both = Cipher([NEWER, KEY])
    room.pretend.hang = 1.0
    resealing = threading.Timer(0.4, reseal, (engine, both))
    resealing.start()
    tokens = type(room.tokens)(TokenStore(engine, both), room.servers, engine)
    renewed = tokens.renew(key, pair.access_token)
    resealing.join()
    assert renewed.token != pair.access_token
    assert tokens.access(key) == renewed


def test_what_cannot_be_read_is_left_alone(room: Room, engine: Engine) -> None:
    room.installed()
    assert reseal(engine, Cipher([NEWER])) == 0


def test_purging_removes_what_ran_out_and_what_has_no_portal(
    room: Room, engine: Engine, count_rows: Callable[[str], dict[str, int]]
) -> None:
    room.installed()
    entry = {"user_id": 1, "action": "pin", "source": "click", "at": room.clock()}
    with engine.begin() as conn:
        conn.execute(insert(journal_entries), entry | {"member_id": "m1", "public_id": "a"})
        conn.execute(insert(journal_entries), entry | {"member_id": "wiped", "public_id": "b"})
        for name, until in (("dead", timedelta(days=-2)), ("held", timedelta(seconds=30))):
            conn.execute(insert(leases), {"name": name, "holder": "x", "until": room.clock() + until})
    sessions = SqlSessions(engine)
    sessions.save("ended", "m1", 27, b"1", -5)
    sessions.save("living", "m1", 27, b"1", 3600)
    before = count_rows("m1")
    assert purge(engine, room.clock()) >= 2
    assert count_rows("wiped") == {}
    assert {**before, "browser_sessions": 1} == {**count_rows("m1"), "browser_sessions": 1}
    assert sessions.load("living") == b"1"
    with reading(engine) as conn:
        assert conn.execute(select(leases.c.name)).scalars().all() == ["held"]
    assert purge(engine, room.clock()) == 0


def test_states_are_issued_for_one_portal_and_one_use(engine: Engine) -> None:
    states = States(engine)
    first, second = states.issue("a.example"), states.issue("b.example")
    assert first != second
    assert len(first) >= 43
    assert states.consume(second) == "b.example"
    assert states.consume(second) is None
    assert states.consume(first) == "a.example"
    assert States(engine, seconds=0).consume(States(engine, seconds=0).issue("c.example")) is None
