"""The engine: readers never wait for a writer, writers lose nothing, the file is private."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from app.storage.engine import make_engine, reading, upsert
from app.storage.tables import leases, preferences, top_dialogs

NOW = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)


def test_two_hundred_concurrent_increments_are_two_hundred(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(
            insert(top_dialogs), {"member_id": "m", "user_id": 1, "chat_id": 1, "session_id": 0, "rank": 0}
        )

    def increment(_: int) -> None:
        with engine.begin() as conn:
            if conn.dialect.name == "postgresql":
                conn.execute(select(top_dialogs).with_for_update())
            rank = conn.execute(select(top_dialogs.c.rank)).scalar_one()
            conn.execute(update(top_dialogs).values(rank=rank + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(increment, range(200)))
    with reading(engine) as conn:
        assert conn.execute(select(top_dialogs.c.rank)).scalar_one() == 200


def test_a_reader_does_not_wait_for_a_writer(engine: Engine) -> None:
    read = threading.Event()

    def look() -> None:
        with reading(engine) as conn:
            assert conn.execute(select(leases)).all() == []
        read.set()

    with engine.begin() as conn:
        conn.execute(insert(leases), {"name": "a", "holder": "b", "until": NOW})
        thread = threading.Thread(target=look)
        thread.start()
        assert read.wait(2), "the reader waited for the writer"
    thread.join()
    with reading(engine) as conn:
        assert len(conn.execute(select(leases)).all()) == 1


def test_what_fails_inside_begin_is_undone(engine: Engine) -> None:
    row = {"name": "a", "holder": "b", "until": NOW}

    def insert_twice() -> None:
        with engine.begin() as conn:
            conn.execute(insert(leases), row)
            conn.execute(insert(leases), row)

    with pytest.raises(SQLAlchemyError):
        insert_twice()
    with reading(engine) as conn:
        assert conn.execute(select(leases)).all() == []


def test_upsert_overwrites_keeps_and_takes_many(engine: Engine) -> None:
    row = {"member_id": "m", "user_id": 1, "chat_id": 5, "session_id": 50, "rank": 1}
    keys = ["member_id", "user_id", "chat_id"]
    with engine.begin() as conn:
        upsert(conn, top_dialogs, [row, row | {"chat_id": 6}], keys)
        upsert(conn, top_dialogs, row | {"session_id": 51, "rank": 9}, keys, keep=["rank"])
        upsert(conn, top_dialogs, [], keys)
        found = conn.execute(select(top_dialogs).order_by(top_dialogs.c.chat_id)).all()
    assert [(row.chat_id, row.session_id, row.rank) for row in found] == [(5, 51, 1), (6, 50, 1)]


def test_upsert_of_a_row_that_is_all_key_leaves_it(engine: Engine) -> None:
    with engine.begin() as conn:
        for values in ({"a": 1}, {"a": 2}):
            upsert(
                conn,
                preferences,
                {"member_id": "m", "user_id": 1, "values": values},
                ["member_id", "user_id"],
                keep=["values"],
            )
        assert conn.execute(select(preferences.c["values"])).scalar_one() == {"a": 1}


def test_times_come_back_as_aware_utc(engine: Engine) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=45)))
    with engine.begin() as conn:
        conn.execute(insert(leases), {"name": "a", "holder": "b", "until": elsewhere})
        until = conn.execute(select(leases.c.until)).scalar_one()
    assert until == NOW
    assert until.utcoffset() == timedelta(0)


def test_naive_times_are_refused(engine: Engine) -> None:
    with pytest.raises(SQLAlchemyError, match="needs a zone"), engine.begin() as conn:
        conn.execute(insert(leases), {"name": "a", "holder": "b", "until": NOW.replace(tzinfo=None)})


def test_the_sqlite_file_and_its_folder_are_private(tmp_path: Path) -> None:
    path = tmp_path / "instance" / "pinline.sqlite"
    engine = make_engine(f"sqlite:///{path}")
    with engine.begin() as conn:
        conn.execute(text("CREATE TABLE x (y)"))
        conn.execute(text("INSERT INTO x VALUES (1)"))
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    engine.dispose()
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3, "database, log and index"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="must be a file"):
        make_engine("sqlite://")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_means_psycopg(scheme: str) -> None:
    assert make_engine(f"{scheme}://u:p@host/db").url.drivername == "postgresql+psycopg"


def test_many_threads_share_few_connections_of_a_server(engine: Engine) -> None:
    together, most = threading.Barrier(64), []

    def read(_: int) -> int:
        together.wait(30)
        with reading(engine) as conn:
            most.append(getattr(engine.pool, "checkedout")())  # noqa: B009 - pools of other kinds lack it
            if engine.dialect.name == "postgresql":
                conn.execute(text("SELECT pg_sleep(0.05)"))
            return int(conn.execute(select(1)).scalar_one())

    with ThreadPoolExecutor(64) as pool:
        assert sum(pool.map(read, range(64))) == 64
    assert max(most) <= (16 if engine.dialect.name == "postgresql" else 64)
