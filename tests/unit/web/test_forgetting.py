"""A portal that is deleted or uninstalled leaves nothing, and everything of the others."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from redis import RedisError
from sqlalchemy import delete, func, insert, select

from app.bitrix24.params import EventParams
from app.config import Settings
from app.desk.listing.cache_keys import KINDS, cache_key
from app.portals import leaving
from app.portals.model import TokenPair
from app.storage.engine import reading
from app.storage.sessions import RedisSessions, Sessions, SqlSessions
from app.storage.shared import connect
from app.storage.tables import metadata, top_dialogs
from app.web.services import EXTENSION, Services
from tests.support.apps import MEMBER, PROOF, made, production

OTHER = "f" * 32


@dataclass
class House:
    """The app on its stores, and ways to look into them."""

    app: Flask
    services: Services
    sessions: Sessions

    def fill(self, member_id: str) -> None:
        """A portal with an operator at work."""
        portals = self.services.portals
        proof = replace(PROOF, member_id=member_id, domain=f"{member_id}.example")
        portals.installations.save(proof)
        assert portals.operators.save(proof, TokenPair("access", "refresh"), "Maria", False, "en")
        self.sessions.save(f"sid-{member_id}", member_id, 27, b"record", 3600)
        self.write(member_id)

    def write(self, member_id: str) -> None:
        """What a request may still write when its portal has gone already."""
        row = {"member_id": member_id, "user_id": 27, "chat_id": 1, "session_id": 1, "rank": 1}
        with self.services.portals.installations._engine.begin() as conn:
            conn.execute(insert(top_dialogs).values(row))
        for kind in KINDS:
            self.services.desk._cache.set(cache_key(kind, member_id, 27), b"Olga", 900.0)

    def clear(self, member_id: str) -> None:
        """Make room for what `write` writes."""
        with self.services.portals.installations._engine.begin() as conn:
            conn.execute(delete(top_dialogs).where(top_dialogs.c.member_id == member_id))

    def left(self, member_id: str) -> set[str]:
        """Where something of the portal is kept."""
        found: set[str] = {
            kind for kind in KINDS if self.services.desk._cache.get(cache_key(kind, member_id, 27))
        }
        found |= {"session"} if self.sessions.load(f"sid-{member_id}") else set()
        with reading(self.services.portals.installations._engine) as conn:
            for table in metadata.sorted_tables:
                if "member_id" in table.c:
                    count = select(func.count()).where(table.c.member_id == member_id)
                    found |= {table.name} if conn.execute(count).scalar_one() else set()
        return found

    def delete(self, member_id: str) -> str:
        """What the command says."""
        answer = self.app.test_cli_runner().invoke(args=["portal", "delete", member_id, "--yes"])
        return answer.output


@pytest.fixture(params=["own", "redis"])
def house(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[House]:
    """On each database, with Redis and without."""
    shared = request.getfixturevalue("redis_url") if request.param == "redis" else None
    with made(production(database_url, tmp_path, redis_url=shared)) as app:
        services: Services = app.extensions[EXTENSION]
        redis = connect(shared) if shared else None
        engine = services.portals.installations._engine
        yield House(app, services, RedisSessions(redis) if redis else SqlSessions(engine))
        if redis:
            redis.close()


def test_a_deleted_portal_leaves_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def late(seconds: float) -> None:
        waited.append(seconds)
        assert house.left(MEMBER) == set()
        house.write(MEMBER)
        assert house.left(MEMBER) == {*KINDS, "top_dialogs"}, "this much would stay"

    monkeypatch.setattr(leaving, "time", SimpleNamespace(sleep=late))
    house.fill(MEMBER)
    house.fill(OTHER)
    before = house.left(OTHER)
    assert before >= {*KINDS, "session", "installations", "operator_tokens", "top_dialogs"}
    assert house.left(MEMBER) == before
    assert "Everything that was stored of the portal is gone." in house.delete(MEMBER)
    assert house.left(MEMBER) == set()
    assert house.left(OTHER) == before
    assert waited == [sum(leaving.PAUSES)]
    assert house.delete(MEMBER).endswith("No such portal is known.\n")


@pytest.mark.parametrize("clean", ["1", "0"])
def test_what_requests_write_after_an_uninstallation_goes_too(
    house: House, monkeypatch: pytest.MonkeyPatch, clean: str
) -> None:
    late: list[set[str]] = []

    def written_late(_: float) -> None:
        house.write(MEMBER)
        late.append(house.left(MEMBER))

    monkeypatch.setattr(leaving, "time", SimpleNamespace(sleep=written_late))
    monkeypatch.setattr(leaving, "PAUSES", (15.0,))
    house.fill(MEMBER)
    house.fill(OTHER)
    before = house.left(OTHER)
    if clean == "0":
        house.clear(MEMBER)
    running = set(threading.enumerate())
    event = EventParams("ONAPPUNINSTALL", MEMBER, "token", None, None, None, {"CLEAN": clean}, None)
    house.services.lifecycle.uninstall(event)
    for thread in set(threading.enumerate()) - running:
        thread.join(60)
    assert [kinds >= {*KINDS, "top_dialogs"} for kinds in late] == [True], "this much would stay"
    assert house.left(MEMBER) == (set() if clean == "1" else {"installations", "top_dialogs"})
    assert house.left(OTHER) == before


def test_without_redis_nothing_is_called_gone(settings: Settings) -> None:
    with made(replace(settings, redis_url="redis://127.0.0.1:1/0")) as app:
        services: Services = app.extensions[EXTENSION]
        services.portals.installations.save(PROOF)
        answer = app.test_cli_runner().invoke(args=["portal", "delete", MEMBER, "--yes"])
        assert answer.exit_code == 1
        assert "try again" in answer.output
        assert services.portals.installations.find(MEMBER) is not None, "the second try finds everything"


@pytest.mark.parametrize("house", ["redis"], indirect=True)
def test_lists_that_stay_in_redis_are_not_called_gone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions went, then Redis: their own deletion tells nothing of the lists."""
    desk, lost = house.services.desk, []
    monkeypatch.setattr(leaving, "PAUSES", ())
    monkeypatch.setattr(desk._lists.dressing, "forget", lost.append)
    house.fill(MEMBER)
    with monkeypatch.context() as away:

        def gone(**_: object) -> Iterator[bytes]:
            raise RedisError

        away.setattr(desk._cache._redis, "scan_iter", gone)
        told = house.delete(MEMBER)
        assert "Redis does not answer: not everything is gone, try again." in told
        assert "is gone." not in told.replace("not everything is gone", "")
    assert lost == [MEMBER], "the memory of the process is cleared all the same"
    desk._cache._breaker._down_until = 0.0
    assert house.left(MEMBER) >= set(KINDS)
    assert "Everything that was stored of the portal is gone." in house.delete(MEMBER)
    assert house.left(MEMBER) == set()


def test_only_this_portals_lists_go(house: House) -> None:
    for member_id in (MEMBER, f"{MEMBER}0"):
        house.services.desk._cache.set(cache_key("list", member_id, 27, 1), b"Olga", 900.0)
    house.services.desk.forget(MEMBER)
    cache = house.services.desk._cache
    assert cache.get(cache_key("list", MEMBER, 27, 1)) is None
    assert cache.get(cache_key("list", f"{MEMBER}0", 27, 1)) == b"Olga"
