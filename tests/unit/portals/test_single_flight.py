"""One refresh for one expired token, however many threads and processes ask at once; no lock meanwhile."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, insert

from app.bitrix24.errors import (
    BitrixError,
    ExpiredToken,
    NotInstalled,
    NotSent,
    OAuthError,
    PaymentRequired,
    PortalBusy,
)
from app.portals.model import OperatorKey
from app.portals.tokens import LEASE_SECONDS, Tokens
from app.storage.leases import try_acquire
from app.storage.tables import leases
from tests.support.racing import Racers, racers
from tests.unit.portals.conftest import KEY, Room
from tests.unit.portals.pretend import CLIENT_ID, CLIENT_SECRET

# Eight threads renew one token; says what they got. With "naive": nobody waits for anybody.
_ASKER = """
from concurrent.futures import ThreadPoolExecutor
from app.bitrix24.errors import BitrixError
from app.bitrix24.net import Network
from app.bitrix24.oauth import AuthServers
from app.portals.model import OperatorKey
from app.portals.stores.token_pairs import TokenStore
from app.portals.tokens import Tokens
from app.storage.crypto import Cipher
from app.storage.engine import make_engine

def ready(url, origin, stale, way, client_id, secret, sealing):
    engine = make_engine(url)
    store = TokenStore(engine, Cipher([sealing]))
    servers = AuthServers((origin,), client_id, secret, Network(allow_local=True))
    tokens, key = Tokens(store, servers, engine), OperatorKey("m1", 27)

    def ask(_):
        try:
            if way == "naive":
                return servers.refresh(store.operator_tokens(key).refresh_token, origin).access_token
            return tokens.renew(key, stale).token
        except BitrixError as error:
            return type(error).__name__

    def go():
        with ThreadPoolExecutor(8) as pool:
            got = list(pool.map(ask, range(8)))
        engine.dispose()
        return got

    return go
"""


@pytest.fixture(scope="module")
def askers() -> Iterator[Racers]:
    """Four processes of eight threads each."""
    with racers(_ASKER, 4) as running:
        yield running


def ask_at_once(askers: Racers, url: str, room: Room, stale: str, way: str) -> list[str]:
    """What 4 processes of 8 threads each got for the stale token."""
    return askers.race(url, room.pretend.origin, stale, way, CLIENT_ID, CLIENT_SECRET, KEY)


def test_four_processes_of_eight_threads_refresh_once(
    askers: Racers, room: Room, database_url: str, key: OperatorKey
) -> None:
    stale = room.installed().access_token
    room.pretend.hang = 0.2
    got = ask_at_once(askers, database_url, room, stale, "single")
    assert room.pretend.refreshes == 1
    assert len(got) == 32
    assert set(got) == {room.tokens.access(key).token}
    assert stale not in got


def test_without_the_lease_there_would_be_many(askers: Racers, room: Room, database_url: str) -> None:
    stale = room.installed().access_token
    got = ask_at_once(askers, database_url, room, stale, "naive")
    assert room.pretend.refreshes > 1
    assert got.count("InvalidGrant") > 0, "and all but one would have lost the operator"


def test_a_refresh_that_hangs_holds_no_lock(room: Room, engine: Engine, key: OperatorKey) -> None:
    stale = room.installed().access_token
    room.pretend.hang = 2.0
    refreshing = threading.Thread(target=room.tokens.renew, args=(key, stale))
    refreshing.start()
    time.sleep(0.3)
    for number in range(20):
        with engine.begin() as conn:
            conn.execute(insert(leases), {"name": str(number), "holder": "x", "until": room.clock()})
    assert refreshing.is_alive(), "all writes went through while it hung"
    refreshing.join()
    assert room.tokens.access(key).token != stale


def test_the_renewed_pair_is_the_stored_one_and_the_next_needs_no_server(
    room: Room, key: OperatorKey
) -> None:
    stale = room.installed().access_token
    renewed = room.tokens.renew(key, stale)
    assert room.tokens.access(key) == renewed
    assert room.tokens.renew(key, stale) == renewed
    assert room.pretend.refreshes == 1
    assert room.tokens.renew(key, renewed.token) != renewed
    assert room.pretend.refreshes == 2


def test_nothing_is_refreshed_because_of_the_clock(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    room.clock.pass_by(hours=30)
    assert room.tokens.access(key).token == pair.access_token
    assert room.pretend.refreshes == 0


def test_a_dead_refresh_token_asks_for_a_new_opening(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    room.pretend.refresh.clear()
    with pytest.raises(ExpiredToken):
        room.tokens.renew(key, pair.access_token)
    with pytest.raises(ExpiredToken):
        room.tokens.access(key)
    assert room.pretend.refreshes == 1, "a dead pair is not tried again"
    fresh = room.pair()
    assert room.portals.operators.save(room.proof(), fresh)
    assert room.tokens.access(key).token == fresh.access_token


def test_an_opening_meanwhile_saves_the_operator_from_a_dead_pair(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    room.pretend.refresh.clear()
    room.pretend.hang = 1.0
    fresh = room.pair()
    opening = threading.Timer(0.4, room.portals.operators.save, (room.proof(), fresh))
    opening.start()
    room.pretend.refresh.clear()
    assert room.tokens.renew(key, pair.access_token).token == fresh.access_token
    opening.join()


def test_an_opening_meanwhile_is_not_overwritten_by_a_refresh(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    room.pretend.hang = 1.0
    fresh = room.pair()
    opening = threading.Timer(0.4, room.portals.operators.save, (room.proof(), fresh))
    opening.start()
    room.tokens.renew(key, pair.access_token)
    opening.join()
    assert room.tokens.access(key).token == fresh.access_token


@pytest.mark.parametrize(
    ("fail", "error"),
    [
        ((502, None), NotSent),
        ((200, None), NotSent),
        ((401, {"error": "PAYMENT_REQUIRED"}), PaymentRequired),
        ((401, {"error": "NOT_INSTALLED"}), NotInstalled),
    ],
)
def test_other_failures_keep_the_pair(
    room: Room, key: OperatorKey, fail: tuple[int, dict[str, str] | None], error: type[BitrixError]
) -> None:
    pair = room.installed()
    room.pretend.fail = fail
    with pytest.raises(error) as caught:
        room.tokens.renew(key, pair.access_token)
    assert "canary" not in f"{caught.value!r}{caught.value}"
    room.pretend.fail = None
    room.clock.pass_by(minutes=6)
    assert room.tokens.renew(key, pair.access_token).token != pair.access_token


@pytest.mark.parametrize(
    ("code", "error"),
    [("PAYMENT_REQUIRED", PaymentRequired), ("wrong_client", OAuthError), ("NOT_INSTALLED", NotInstalled)],
)
def test_a_refused_renewal_is_not_asked_for_again_at_once(
    room: Room, key: OperatorKey, code: str, error: type[BitrixError]
) -> None:
    pair = room.installed()
    room.pretend.fail = (401, {"error": code})
    for _ in range(10):
        with pytest.raises(error) as caught:
            room.tokens.renew(key, pair.access_token)
        assert type(caught.value) is error
    assert room.pretend.refreshes == 1
    room.clock.pass_by(minutes=6)
    with pytest.raises(error):
        room.tokens.renew(key, pair.access_token)
    assert room.pretend.refreshes == 2, "but now and then"
    room.pretend.fail = None
    opened = room.installed()
    assert room.tokens.renew(key, opened.access_token).token != opened.access_token, "an opening ends it"


def test_a_refused_idle_pair_rests_for_a_day_and_lets_others_through(room: Room) -> None:
    room.installed(user_id=1)
    room.clock.pass_by(days=151)
    room.pretend.fail = (401, {"error": "PAYMENT_REQUIRED"})
    assert [room.tokens.refresh_idle(room.clock()) for _ in range(5)] == [0] * 5
    assert room.pretend.refreshes == 1
    assert room.token_store.idle_operators(room.clock()) == []
    room.pretend.fail = None
    room.clock.pass_by(hours=25)
    assert room.tokens.refresh_idle(room.clock()) == 1


def test_those_who_waited_share_the_failure_of_the_first(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    room.pretend.fail, room.pretend.hang = (502, None), 0.3

    def ask(_: int) -> type[BaseException] | None:
        try:
            room.tokens.renew(key, pair.access_token)
        except NotSent as error:
            return type(error)
        return None

    with ThreadPoolExecutor(16) as pool:
        failures = list(pool.map(ask, range(16)))
    assert None not in failures
    assert room.pretend.refreshes < 4


@pytest.mark.parametrize("answer", [{"member_id": "m2"}, {"user_id": 28}])
def test_a_pair_of_somebody_else_is_not_stored(
    room: Room, key: OperatorKey, answer: dict[str, object]
) -> None:
    pair = room.installed()
    room.pretend.answer = answer
    with pytest.raises(NotSent):
        room.tokens.renew(key, pair.access_token)
    assert room.tokens.access(key).token == pair.access_token


@pytest.mark.parametrize("gone", [None, ""])
def test_a_renewed_pair_need_not_name_the_portal(room: Room, key: OperatorKey, gone: object) -> None:
    pair = room.installed()
    before = room.tokens.access(key)
    room.pretend.answer = {"member_id": gone, "client_endpoint": gone, "user_id": None}
    renewed = room.tokens.renew(key, pair.access_token)
    assert renewed.token != pair.access_token
    assert renewed.client_endpoint == before.client_endpoint


def test_a_renamed_portal_is_followed(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    room.pretend.answer = {"client_endpoint": "https://renamed.example/rest/"}
    assert room.tokens.renew(key, pair.access_token).client_endpoint == "https://renamed.example/rest/"
    known = room.portals.installations.find("m1")
    assert known is not None
    assert known.domain == "renamed.example"


def test_a_lease_held_elsewhere_for_too_long_is_a_busy_portal(
    room: Room, key: OperatorKey, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.portals.tokens.WAIT_SECONDS", 0.1)
    pair = room.installed()
    assert try_acquire(engine, "refresh:m1:27", LEASE_SECONDS)
    with pytest.raises(PortalBusy):
        room.tokens.renew(key, pair.access_token)
    assert room.pretend.refreshes == 0


def test_those_who_waited_share_a_busy_portal(
    room: Room, key: OperatorKey, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each would wait in turn, and threads would pile up behind a server that hangs."""
    monkeypatch.setattr("app.portals.tokens.WAIT_SECONDS", 0.5)
    pair = room.installed()
    assert try_acquire(engine, "refresh:m1:27", LEASE_SECONDS)
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        asking = [pool.submit(room.tokens.renew, key, pair.access_token) for _ in range(16)]
    told = [one.exception() for one in asking]
    assert time.monotonic() - began < 4.0
    assert [type(one) for one in told] == [PortalBusy] * 16
    assert {one.retry_after for one in told if isinstance(one, PortalBusy)} == {1.0}


def test_without_tokens_or_installation_there_is_no_access(room: Room, key: OperatorKey) -> None:
    with pytest.raises(ExpiredToken):
        room.tokens.access(key)
    pair = room.installed()
    room.portals.installations.uninstall("m1", clean=False)
    for attempt in (lambda: room.tokens.access(key), lambda: room.tokens.renew(key, pair.access_token)):
        with pytest.raises(ExpiredToken):
            attempt()
    assert room.pretend.refreshes == 0


def test_idle_installations_are_renewed_once(room: Room) -> None:
    room.installed(user_id=1)
    room.clock.pass_by(days=100)
    assert room.tokens.refresh_idle(room.clock()) == 0
    room.clock.pass_by(days=51)
    assert room.tokens.refresh_idle(room.clock()) == 1
    assert room.tokens.refresh_idle(room.clock()) == 0
    assert room.pretend.refreshes == 1


def test_an_idle_pair_that_is_dead_does_not_stop_the_others(room: Room) -> None:
    room.installed(user_id=1)
    room.pretend.refresh.clear()
    room.clock.pass_by(days=151)
    assert room.tokens.refresh_idle(room.clock()) == 0
    assert room.tokens.refresh_idle(room.clock()) == 0
    assert room.pretend.refreshes == 1


def test_the_queue_of_a_key_is_gone_with_its_last_thread(room: Room, key: OperatorKey) -> None:
    pair = room.installed()
    tokens: Tokens = room.tokens
    tokens.renew(key, pair.access_token)
    assert not tokens._queues
