"""The fixtures themselves: each test begins with an empty database, and root does not stop PostgreSQL."""

from datetime import UTC, datetime

import pytest
import redis
from sqlalchemy import Engine, func, insert, select

from app.storage.tables import leases


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_begins_with_an_empty_database(engine: Engine, turn: int) -> None:
    """What the first turn writes, the second must not see."""
    with engine.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(leases)) == 0
        connection.execute(insert(leases).values(name="probe", holder=str(turn), until=datetime.now(UTC)))
        assert connection.scalar(select(func.count()).select_from(leases)) == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_begins_with_an_empty_redis(redis_url: str, turn: int) -> None:
    """The same for Redis."""
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("probe", turn)
