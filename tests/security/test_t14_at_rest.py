"""T14: the database, its write-ahead log, a backup of it or Redis' memory in a thief's hands.

Twelve canaries go through everything that is stored; none may be found. A ciphertext that is put into
another row must not open there.
"""

import base64
import itertools
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, select, update

from app.bitrix24.params import EventParams
from app.portals.model import OperatorKey, Proof, TokenPair
from app.portals.stores.application_tokens import ApplicationTokenStore
from app.portals.stores.event_queue import EventQueue
from app.portals.stores.portal_stores import PortalStores
from app.portals.stores.token_pairs import TokenStore
from app.storage import crypto
from app.storage.crypto import Cipher
from app.storage.engine import make_engine
from app.storage.sessions import RedisSessions, SqlSessions
from app.storage.states import put_state
from app.storage.tables import installations, operator_tokens
from tests.security.trial import Trial, size
from tests.support.databases import PostgresTemplates, SqliteTemplates
from tests.support.redis import RedisServer

THREAT = "T14"
WHAT = "canaries at rest, ciphertexts moved"
ATTEMPTS, PART = 500, 150

PEOPLE = size(20, 8)
KEY = "a token key that no thief has"


def canaries() -> dict[str, str]:
    """Eleven secrets, each of its own kind."""
    kinds = (
        *("access token", "refresh token", "access token of another", "refresh token of another"),
        *("application token", "application token of an event", "access token of an event"),
        *("session id", "session id in Redis", "state", "token after a refresh"),
    )
    return {kind: f"canary{number:02d}" + f"{number:02x}" * 24 for number, kind in enumerate(kinds)}


def proof(user_id: int, member_id: str = "m1") -> Proof:
    """An operator of a portal."""
    address = f"https://{member_id}.example/rest/"
    return Proof(member_id, user_id, f"{member_id}.example", address, "https://oauth.example", "L", "im", "1")


def fill(engine: Engine, shared: RedisSessions, secret: dict[str, str], key: str = KEY) -> None:
    """Store every canary the way the app does."""
    cipher = Cipher((key,))
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
    event = EventParams(
        event="ONAPPINSTALL",
        member_id="m1",
        application_token=secret["application token of an event"],
        access_token=secret["access token of an event"],
        domain="m1.example",
        server_endpoint=None,
        data={},
        ts=1,
    )
    assert EventQueue(engine, cipher).put(event)
    SqlSessions(engine).save(secret["session id"], "m1", 1, b"record", 600)
    shared.save(secret["session id in Redis"], "m1", 1, b"record", 600)
    put_state(engine, secret["state"], "m1.example", 600)


def forms(secret: str) -> list[bytes]:
    """How a secret could stand in a file: as it is, in hex, in base64, backwards."""
    raw = secret.encode()
    return [raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw)[:-4], raw[::-1]]


def searched(places: dict[str, bytes], secrets: dict[str, str]) -> Iterator[str]:
    """Each canary in each place."""
    for (place, content), (kind, secret) in itertools.product(places.items(), secrets.items()):
        yield f"{kind} in {place}" if any(form in content for form in forms(secret)) else ""


def sqlite_places(path: Path) -> dict[str, bytes]:
    """The file, its write-ahead log, a backup and a dump."""
    connection = sqlite3.connect(path)
    backup = path.with_name("backup.sqlite")
    with sqlite3.connect(backup) as other:
        connection.backup(other)
    other.close()
    dump = "\n".join(connection.iterdump()).encode()
    places = {one.name: one.read_bytes() for one in path.parent.iterdir() if one.is_file()}
    connection.close()
    assert any(name.endswith("-wal") for name in places), "the write-ahead log is among them"
    return places | {"dump": dump}


def postgres_dump(url: str) -> dict[str, bytes]:
    """What `pg_dump` makes of it."""
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    found = subprocess.run(["pg_dump", plain], capture_output=True, check=True)
    return {"pg_dump": found.stdout}


def redis_dump(server: RedisServer) -> dict[str, bytes]:
    """Everything in Redis, keys and values."""
    with redis.Redis.from_url(server.url) as client:
        keys = [key for key in client.scan_iter("*") if isinstance(key, bytes)]
        return {"Redis": b"\n".join([*keys, *(client.dump(key) or b"" for key in keys)])}


def moved(engine: Engine, key: str = KEY) -> Iterator[str]:
    """Every operator's sealed pair put into every other operator's row, and read there."""
    tokens = TokenStore(engine, Cipher((key,)))
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


def tried(engine: Engine, places: dict[str, bytes], secrets: dict[str, str]) -> Iterator[Any]:
    """The search, and then the moves."""
    yield from searched(places, secrets)
    yield from moved(engine)
    yield from moved_application_tokens(engine, secrets["application token"])


def test_stolen_stores(
    trial: Trial,
    sqlite_templates: SqliteTemplates,
    postgres_templates: PostgresTemplates,
    redis_server: RedisServer,
    redis_sessions: RedisSessions,
    tmp_path: Path,
) -> None:
    secrets = canaries()
    assert len(secrets) == 11
    with sqlite_templates.fresh(tmp_path) as url:
        path, engine = tmp_path / "pinline.sqlite", make_engine(url)
        fill(engine, redis_sessions, secrets)
        assert path.stat().st_mode & 0o077 == 0
        trial.attack(tried(engine, sqlite_places(path), secrets))
        engine.dispose()
    with postgres_templates.fresh() as url:
        engine = make_engine(url)
        fill(engine, redis_sessions, secrets)
        trial.attack(tried(engine, postgres_dump(url), secrets))
        engine.dispose()
    trial.attack(searched(redis_dump(redis_server), secrets))
    controlled(trial, sqlite_templates, redis_sessions, secrets, tmp_path)
    trial.verdict()


def controlled(
    trial: Trial, templates: SqliteTemplates, shared: RedisSessions, secrets: dict[str, str], folder: Path
) -> None:
    """Without encryption the canaries are found; without the place, moved ciphertexts open."""
    folder = folder / "control"
    folder.mkdir()
    with templates.fresh(folder) as url, trial.without(crypto.AESGCM, "encrypt", lambda *args: args[2]):
        engine = make_engine(url)
        with pytest.raises(AssertionError):
            fill(engine, shared, secrets)  # what is not sealed does not open
        trial.control(searched(sqlite_places(folder / "pinline.sqlite"), secrets))
        engine.dispose()
    folder = folder / "moved"
    folder.mkdir()
    with templates.fresh(folder) as url, trial.without(crypto, "_place", lambda _: b"anywhere"):
        engine = make_engine(url)
        fill(engine, shared, secrets)
        found = list(moved(engine))
        engine.dispose()
    assert any(found), "without the place a moved ciphertext opens"
    trial.control(found)
