"""Eleven ways in which our own stores fail: SQLite, PostgreSQL, Redis."""

import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from urllib3.exceptions import HTTPError

from tests.faults.site import Site
from tests.faults.survival import Case, asked, comes_back, is_pinned, redis_is_asked_again, target, write
from tests.support.frame import Frame

LITE, FULL = ("sqlite",), ("postgresql",)


def _try_everything(frame: Frame, chat: int) -> None:
    """Read, write and open while the store fails: whatever comes must be true and said in words."""
    asked(lambda: frame.get("/api/dialogs"))
    write(frame, chat, "unpin" if is_pinned(frame, chat) else "pin")
    token = frame.token
    asked(frame.open)
    frame.token = token


def locked(site: Site) -> None:
    """Another process holds SQLite's write lock for 6 s."""
    frame = site.desk()
    chat = target(frame)
    with site.sql() as connection:
        connection.execute("BEGIN IMMEDIATE")
        letting_go = threading.Timer(6, connection.execute, ("ROLLBACK",))
        letting_go.start()
        asked(lambda: frame.get("/api/dialogs"))
        write(frame, chat)
        letting_go.join()
    comes_back(frame, chat)


@contextmanager
def _frozen_log(site: Site) -> Iterator[int]:
    """A reader that keeps SQLite from emptying its write-ahead log; gives the log's size."""
    with site.sql() as writer, site.sql() as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM leases").fetchone()
        for number in range(200):
            row = (f"filler{number}", "x" * 60, "2020-01-01 00:00:00")
            writer.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", row)
        writer.execute("DELETE FROM leases WHERE name LIKE 'filler%'")
        yield (site.file.parent / f"{site.file.name}-wal").stat().st_size
        reader.execute("ROLLBACK")


def disk_full(site: Site) -> None:
    """No file can grow beyond the size that the write-ahead log has now."""
    frame = site.desk()
    chat = target(frame)
    with _frozen_log(site) as size:
        site.app.limit(resource.RLIMIT_FSIZE, size)
        _try_everything(frame, chat)
    site.app.limit(resource.RLIMIT_FSIZE, -1)
    comes_back(frame, chat)


def read_only(site: Site) -> None:
    """Every write to any file is refused."""
    frame = site.desk()
    chat = target(frame)
    with _frozen_log(site):
        site.app.limit(resource.RLIMIT_FSIZE, 0)
        _try_everything(frame, chat)
    site.app.limit(resource.RLIMIT_FSIZE, -1)
    comes_back(frame, chat)


def corrupt_row(site: Site) -> None:
    """The sealed tokens of an operator are damaged: as good as none, an opening brings others."""
    frame = site.desk()
    chat = target(frame)
    with site.sql() as connection:
        connection.execute("UPDATE operator_tokens SET access_sealed = x'0011', refresh_sealed = x'ff'")
    _, outcome = write(frame, chat)
    assert outcome == "session_expired", outcome
    comes_back(frame, chat)


def power_cut(site: Site) -> None:
    """Everything is killed in the middle of writing: the file is whole, what was acknowledged is there."""
    frame = site.desk()
    chats = [chat for chat, row in frame.dialogs().items() if row["mine"]]
    acknowledged: list[str] = []

    def click() -> None:
        racer = Frame(frame.sandbox)
        racer.token = frame.token
        for number in range(400):
            try:
                reply = racer.act("top" if number % 2 else "untop", chats[number % len(chats)])
            except HTTPError:
                return
            if reply.status == 200 and reply.json()["undo"]:
                acknowledged.append(reply.json()["undo"]["id"])

    clicking = threading.Thread(target=click)
    clicking.start()
    time.sleep(1.5)
    site.app.kill()
    clicking.join()
    site.app.start()
    with site.sql() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = {row[0] for row in connection.execute("SELECT public_id FROM journal_entries")}
    assert acknowledged
    assert set(acknowledged) <= kept, "an acknowledged write is gone"
    comes_back(frame, chats[0])


def restarted(site: Site) -> None:
    """PostgreSQL restarts while people work."""
    frame = site.desk()
    chat = target(frame)
    assert site.postgres
    site.postgres.pause()
    _try_everything(frame, chat)
    site.postgres.resume()
    comes_back(frame, chat)


def no_connection_left(site: Site) -> None:
    """Somebody else has taken all connections of PostgreSQL."""
    frame = site.desk()
    chat = target(frame)
    url = site.direct_url.replace("+psycopg", "")
    taken: list[psycopg.Connection[object]] = []
    with psycopg.connect(url, autocommit=True) as killer:
        while True:
            try:
                taken.append(psycopg.connect(url))
            except psycopg.OperationalError:
                break
        mine = [connection.info.backend_pid for connection in taken]
        for (pid,) in killer.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()"):
            if pid not in (*mine, killer.info.backend_pid):
                killer.execute("SELECT pg_terminate_backend(%s)", (pid,))
                time.sleep(0.05)
                try:
                    taken.append(psycopg.connect(url))
                except psycopg.OperationalError:
                    continue
        _try_everything(frame, chat)
    for connection in taken:
        connection.close()
    comes_back(frame, chat)


def serialization_failure(site: Site) -> None:
    """PostgreSQL refuses transactions with 40001, as under concurrency: the click stands, its entry too."""
    frame = site.desk()
    chat = target(frame)
    with site.sql() as connection:
        connection.execute("CREATE SEQUENCE refusals")
        connection.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF nextval('refusals') <= 1 THEN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END IF;"
            " RETURN NEW; END $$"
        )
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON journal_entries FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
        try:
            reply, outcome = write(frame, chat)
            assert outcome == "done"
            assert reply.json()["undo"], "what was done could not be written down"
        finally:
            connection.execute("DROP TRIGGER refuse ON journal_entries")
            connection.execute("DROP FUNCTION refuse")
            connection.execute("DROP SEQUENCE refusals")
    comes_back(frame, chat)


def redis_down(site: Site) -> None:
    """No connection to Redis: sessions cannot be looked up, so nobody is let in; nothing is lost."""
    frame = site.desk()
    chat = target(frame)
    assert site.redis
    with site.redis.trouble(down=True):
        _try_everything(frame, chat)
    comes_back(frame, chat)
    redis_is_asked_again()


def redis_flushed(site: Site) -> None:
    """All sessions and caches are gone: pages renew their sessions by themselves."""
    frame = site.desk()
    chat = target(frame)
    with site.store_client() as client:
        client.flushall()
    time.sleep(1.2)
    _try_everything(frame, chat)
    comes_back(frame, chat)


def redis_read_only(site: Site) -> None:
    """A failover left us with a replica that takes no writes."""
    frame = site.desk()
    chat = target(frame)
    with site.store_client() as client:
        client.execute_command("REPLICAOF", "127.0.0.1", "1")
        _try_everything(frame, chat)
        client.execute_command("REPLICAOF", "NO", "ONE")
    comes_back(frame, chat)
    redis_is_asked_again()


def _case(name: str, run: Callable[[Site], None], stores: tuple[str, ...], quick: bool = True) -> Case:
    return Case("stores", name, run, stores, quick=quick)


CASES = (
    _case("SQLite locked for 6 s", locked, LITE, quick=False),
    _case("disk full", disk_full, LITE),
    _case("read-only disk", read_only, LITE),
    _case("a corrupt row", corrupt_row, LITE),
    _case("killed while writing ahead", power_cut, LITE),
    _case("PostgreSQL restarts", restarted, FULL),
    _case("no connection left", no_connection_left, FULL),
    _case("serialization failure", serialization_failure, FULL),
    _case("Redis down", redis_down, FULL),
    _case("Redis flushed", redis_flushed, FULL),
    _case("Redis read-only after a failover", redis_read_only, FULL),
)
