"""T14: the database, its write-ahead log, a backup of it, Redis' memory or the spool in a thief's hands.

Canaries go through everything that is stored; none may be found. A ciphertext that is put into another row
must not open there.
"""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

import pytest
import redis
from sqlalchemy import Engine, select, update

from app.bitrix24.params import EventParams
from app.portals.model import OperatorKey, Proof, TokenPair
from app.portals.stores.application_tokens import ApplicationTokenStore
from app.portals.stores.event_marks import written
from app.portals.stores.event_queue import EventQueue
from app.portals.stores.portal_stores import PortalStores
from app.portals.stores.token_pairs import TokenStore
from app.storage import crypto, sessions, states
from app.storage.crypto import Cipher
from app.storage.engine import make_engine
from app.storage.sessions import RedisSessions, SqlSessions
from app.storage.spool import Spool
from app.storage.states import put_state
from app.storage.tables import installations, operator_tokens
from tests.security.stolen import postgres_dump, redis_dump, searched, spooled, sqlite_places
from tests.security.trial import Trial, size
from tests.support.databases import PostgresTemplates, SqliteTemplates
from tests.support.redis import RedisServer

THREAT = "T14"
WHAT = "canaries at rest, ciphertexts moved"
ATTEMPTS, PART = 2_000, 150

PEOPLE = size(20, 8)
KEY = "a token key that no thief has"


def canaries() -> dict[str, str]:
    """Secrets, each of its own kind; by chance, so that nothing that packs bytes makes them shorter."""
    kinds = (
        *("access token", "refresh token", "access token of another", "refresh token of another"),
        *("application token", "application token of an event", "access token of an event"),
        *("session id", "session id in Redis", "state", "token after a refresh"),
        *("application token in the spool", "access token in the spool"),
    )
    return {kind: f"canary{number:02d}{token_hex(24)}" for number, kind in enumerate(kinds)}


@dataclass(frozen=True)
class Stores:
    """Where everything goes: the database, sessions in Redis, the folder of the spool."""

    engine: Engine
    shared: RedisSessions
    spool: Path


def proof(user_id: int, member_id: str = "m1") -> Proof:
    """An operator of a portal."""
    address = f"https://{member_id}.example/rest/"
    return Proof(member_id, user_id, f"{member_id}.example", address, "https://oauth.example", "L", "im", "1")


def event(secret: dict[str, str], where: str) -> EventParams:
    """An event with the canaries of its place."""
    return EventParams(
        event="ONAPPINSTALL",
        member_id="m1",
        application_token=secret[f"application token {where}"],
        access_token=secret[f"access token {where}"],
        domain="m1.example",
        server_endpoint=None,
        data={},
        ts=1,
    )


def fill(into: Stores, secret: dict[str, str]) -> None:
    """Store every canary the way the app does."""
    engine, cipher = into.engine, Cipher((KEY,))
    portals = PortalStores.on(engine, cipher)
    for member in ("m1", "m2"):
        portals.installations.save(proof(1, member), secret["application token"])
        for user_id in range(1, PEOPLE + 1):
            end = " of another" if user_id % 2 else ""
            pair = TokenPair(secret[f"access token{end}"], secret[f"refresh token{end}"])
            portals.operators.save(proof(user_id, member), pair, "Maria", False, "en")
    tokens = TokenStore(engine, cipher)
    renewed = TokenPair(secret["token after a refresh"], secret["token after a refresh"])
    assert tokens.replace_tokens(OperatorKey("m1", 2), secret["refresh token"], renewed)
    assert EventQueue(engine, cipher).put(event(secret, "of an event"))
    Spool(into.spool, cipher).put(written(event(secret, "in the spool")))
    SqlSessions(engine).save(secret["session id"], "m1", 1, b"record", 600)
    into.shared.save(secret["session id in Redis"], "m1", 1, b"record", 600)
    put_state(engine, secret["state"], "m1.example", 600)


def moved(engine: Engine) -> Iterator[str]:
    """Every operator's sealed pair put into every other operator's row, and read there."""
    tokens = TokenStore(engine, Cipher((KEY,)))
    columns = operator_tokens.c
    with engine.begin() as conn:
        rows = conn.execute(select(operator_tokens)).all()
    for thief, owner in itertools.permutations(rows, 2):
        if len(rows) > 10 and (thief.user_id + owner.user_id) % 3:
            continue
        where = (columns.member_id == thief.member_id) & (columns.user_id == thief.user_id)
        for sealed in (
            {"access_sealed": owner.access_sealed, "refresh_sealed": owner.refresh_sealed},
            {"access_sealed": thief.refresh_sealed, "refresh_sealed": thief.access_sealed},
        ):
            with engine.begin() as conn:
                conn.execute(update(operator_tokens).where(where).values(sealed))
            found = tokens.operator_tokens(OperatorKey(thief.member_id, thief.user_id))
            own = {"access_sealed": thief.access_sealed, "refresh_sealed": thief.refresh_sealed}
            with engine.begin() as conn:
                conn.execute(update(operator_tokens).where(where).values(own))
            yield f"{owner[:2]} opened for {thief[:2]}" if found is not None else ""


def moved_application_tokens(engine: Engine, secret: str) -> Iterator[str]:
    """The application token of one portal put into the other's row, and compared there."""
    columns = installations.c
    with engine.begin() as conn:
        sealed = conn.execute(select(columns.application_token_sealed)).scalars().first()
        conn.execute(update(installations).values(application_token_sealed=sealed))
    tokens = ApplicationTokenStore(engine, Cipher((KEY,)))
    believed = [tokens.matches(member, secret) for member in ("m1", "m2")]
    yield "" if sum(believed) == 1 else f"believed: {believed}"


@pytest.fixture
def redis_sessions(redis_server: RedisServer) -> RedisSessions:
    """Sessions in an empty Redis."""
    redis_server.flush()
    return RedisSessions(redis.Redis.from_url(redis_server.url))


@contextmanager
def unsealed(trial: Trial) -> Iterator[None]:
    """Everything is stored as it is: neither encrypted nor hashed."""
    with ExitStack() as stack:
        for owner, name in ((crypto.AESGCM, "encrypt"), (crypto.AESGCM, "decrypt")):
            stack.enter_context(trial.without(owner, name, lambda *args: args[2]))
        for owner, name in ((sessions, "hashed"), (states, "_hashed")):
            stack.enter_context(trial.without(owner, name, lambda text: text))
        yield


def test_stolen_stores(
    trial: Trial,
    sqlite_templates: SqliteTemplates,
    postgres_templates: PostgresTemplates,
    redis_server: RedisServer,
    redis_sessions: RedisSessions,
    tmp_path: Path,
) -> None:
    secrets = canaries()
    for name in ("defended", "unsealed", "anywhere"):
        (tmp_path / name).mkdir()
    with sqlite_templates.fresh(tmp_path / "defended") as url, filled(url, redis_sessions, secrets) as into:
        path = tmp_path / "defended" / "pinline.sqlite"
        assert path.stat().st_mode & 0o077 == 0
        trial.attack(searched(sqlite_places(path) | spooled(into.spool), secrets))
        trial.attack(moved(into.engine))
        trial.attack(moved_application_tokens(into.engine, secrets["application token"]))
    with postgres_templates.fresh() as url, filled(url, redis_sessions, secrets) as into:
        trial.attack(searched(postgres_dump(url), secrets))
        trial.attack(moved(into.engine))
        trial.attack(moved_application_tokens(into.engine, secrets["application token"]))
    trial.attack(searched(redis_dump(redis_server), secrets))
    with unsealed(trial), sqlite_templates.fresh(tmp_path / "unsealed") as url:
        with filled(url, redis_sessions, secrets) as into:
            places = sqlite_places(tmp_path / "unsealed" / "pinline.sqlite") | spooled(into.spool)
        with postgres_templates.fresh() as other, filled(other, redis_sessions, secrets):
            places |= postgres_dump(other) | redis_dump(redis_server)
    for place, content in places.items():
        trial.control(searched({place: content}, secrets), f"sealing: {place}")
    with (
        trial.without(crypto, "_place", lambda _: b"anywhere"),
        sqlite_templates.fresh(tmp_path / "anywhere") as url,
        filled(url, redis_sessions, secrets) as into,
    ):
        trial.control(moved(into.engine), "places")
        trial.control(moved_application_tokens(into.engine, secrets["application token"]), "their places")
    trial.verdict()


@contextmanager
def filled(url: str, shared: RedisSessions, secrets: dict[str, str]) -> Iterator[Stores]:
    """One database with its spool, full of canaries."""
    engine = make_engine(url)
    with TemporaryDirectory() as folder:
        into = Stores(engine, shared, Path(folder))
        fill(into, secrets)
        yield into
    engine.dispose()
