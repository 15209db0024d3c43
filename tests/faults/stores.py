"""Eleven ways in which our own stores fail: SQLite, PostgreSQL, Redis."""

import resource
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
from urllib3.exceptions import HTTPError

from tests.faults.site import Site
from tests.faults.survival import Case, comes_back, target, try_everything, within, write
from tests.faults.told import check_words
from tests.faults.twins import twins
from tests.support.frame import Frame

_POOL = 16  # connections of a worker to PostgreSQL
_MORE_THAN_A_POOL = 20
LITE, FULL = ("sqlite",), ("postgresql",)


def _nothing_is_written(frame: Frame, chat: int) -> None:
    """Everything is tried while the database fails: a click is refused, or cannot be taken back."""
    tried = try_everything(frame, chat)
    assert tried.unwritten, f"written down all the same: {tried.outcome}"


def locked(site: Site) -> None:
    """Another process holds SQLite's write lock for 6 s."""
    frame = site.desk()
    chat = target(frame)
    with site.sql() as connection:
        site.strike(connection.execute, "BEGIN IMMEDIATE")
        letting_go = threading.Timer(6, lambda: site.strike(connection.execute, "ROLLBACK"))
        letting_go.start()
        _nothing_is_written(frame, chat)
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


def no_growth(site: Site) -> None:
    """No file can grow beyond the size that the write-ahead log has now, as on a full disk."""
    frame = site.desk()
    chat = target(frame)
    with _frozen_log(site) as size:
        site.strike(site.app.limit, resource.RLIMIT_FSIZE, size)
        _nothing_is_written(frame, chat)
    site.app.limit(resource.RLIMIT_FSIZE, -1)
    comes_back(frame, chat)


def no_writing(site: Site) -> None:
    """Every write to any file is refused, as on a disk that went bad."""
    frame = site.desk()
    chat = target(frame)
    with _frozen_log(site):
        site.strike(site.app.limit, resource.RLIMIT_FSIZE, 0)
        _nothing_is_written(frame, chat)
    site.app.limit(resource.RLIMIT_FSIZE, -1)
    comes_back(frame, chat)


def corrupt_row(site: Site) -> None:
    """The sealed tokens of an operator are damaged: as good as none, an opening brings others."""
    frame = site.desk()
    chat = target(frame)
    with site.sql() as connection:
        damage = "UPDATE operator_tokens SET access_sealed = x'0011', refresh_sealed = x'ff'"
        site.strike(connection.execute, damage)
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
    site.strike(site.app.kill)
    ended = time.monotonic()
    assert not site.app.workers(), "nothing was killed"
    clicking.join()
    site.app.start()
    with site.sql() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = {row[0] for row in connection.execute("SELECT public_id FROM journal_entries")}
    assert acknowledged
    assert set(acknowledged) <= kept, "an acknowledged write is gone"
    comes_back(frame, chats[0], ended)


def restarted(site: Site) -> None:
    """PostgreSQL restarts while people work."""
    frame = site.desk()
    chat = target(frame)
    assert site.postgres
    site.strike(site.postgres.pause)
    _nothing_is_written(frame, chat)
    site.strike(site.postgres.resume)
    comes_back(frame, chat)


def no_connection_left(site: Site) -> None:
    """PostgreSQL takes no further connection, then each of ours is held up: nobody gets one of either."""
    frame = site.desk()
    chat = target(frame)
    with _taken(site) as others:
        _nothing_is_written(frame, chat)
        assert site.inert or others, "nothing was taken"
    comes_back(frame, chat)
    _pool_exhausted(site, frame, chat)


def _pool_exhausted(site: Site, frame: Frame, chat: int) -> None:
    """More requests than a worker has connections wait for a lock: the one more is told so in time."""
    tabs = twins(site.app, frame, _MORE_THAN_A_POOL * len(site.app.workers()))
    if site.inert:
        return
    with site.sql() as holder, site.sql() as counter, ThreadPoolExecutor(len(tabs)) as pool:
        holder.execute("BEGIN")
        site.strike(holder.execute, "LOCK TABLE journal_entries IN ACCESS EXCLUSIVE MODE")
        held = [pool.submit(tab.get, "/api/journal") for tab in tabs]
        within(4, lambda: _waiting(counter) >= _POOL * len(site.app.workers()))
        replies = [reply.result() for reply in held]
        holder.execute("ROLLBACK")
    for reply in replies:
        check_words(reply)
    assert {reply.status for reply in replies} == {503}
    comes_back(frame, chat)


def _waiting(connection: Any) -> int:
    """How many connections of PostgreSQL wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return int(connection.execute(query).fetchone()[0])


@contextmanager
def _taken(site: Site) -> Iterator[list[psycopg.Connection[object]]]:
    """All connections that PostgreSQL gives are somebody else's, those of the app too."""
    taken: list[psycopg.Connection[object]] = []
    site.strike(_take_all, site, taken)
    yield taken
    for connection in taken:
        connection.close()


def _take_all(site: Site, taken: list[psycopg.Connection[object]]) -> None:
    url = site.direct_url.replace("+psycopg", "")
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
        site.strike(
            connection.execute,
            "CREATE TRIGGER refuse BEFORE INSERT ON journal_entries FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        try:
            reply, outcome = write(frame, chat)
            assert outcome == "done"
            assert reply.json()["undo"], "what was done could not be written down"
            times = connection.execute("SELECT last_value FROM refusals").fetchone()[0]
            assert times >= 2, "no transaction was refused and repeated"
        finally:
            connection.execute("DROP TRIGGER IF EXISTS refuse ON journal_entries")
            connection.execute("DROP FUNCTION refuse")
            connection.execute("DROP SEQUENCE refusals")
    comes_back(frame, chat)


def redis_down(site: Site) -> None:
    """No connection to Redis: sessions cannot be looked up, so nobody is let in; nothing is lost."""
    frame = site.desk()
    chat = target(frame)
    with site.trouble(site.redis, down=True):
        time.sleep(1.2)  # as long as a session is believed without asking
        statuses = try_everything(frame, chat).statuses
    assert statuses == (503, 503, 503), statuses
    comes_back(frame, chat)


def redis_flushed(site: Site) -> None:
    """All sessions and caches are gone: pages renew their sessions by themselves."""
    frame = site.desk()
    chat = target(frame)
    with site.store_client() as client:
        site.strike(client.flushall)
    time.sleep(1.2)
    statuses = try_everything(frame, chat).statuses
    assert statuses == (401, 401, 200), statuses
    comes_back(frame, chat)


def redis_read_only(site: Site) -> None:
    """A failover left us with a replica that takes no writes."""
    frame = site.desk()
    chat = target(frame)
    with site.store_client() as client:
        site.strike(client.execute_command, "REPLICAOF", "127.0.0.1", "1")
        opened = try_everything(frame, chat).opened
        client.execute_command("REPLICAOF", "NO", "ONE")
        assert opened.status == 503, "a session that could not be written"
    comes_back(frame, chat)


def _case(name: str, run: Callable[[Site], None], stores: tuple[str, ...], quick: bool = True) -> Case:
    return Case("stores", name, run, stores, quick=quick)


CASES = (
    _case("SQLite locked for 6 s", locked, LITE, quick=False),
    _case("no file can grow, as on a full disk", no_growth, LITE),
    _case("no file can be written", no_writing, LITE),
    _case("a corrupt row", corrupt_row, LITE),
    _case("killed while writing ahead", power_cut, LITE),
    _case("PostgreSQL restarts", restarted, FULL),
    _case("no connection left", no_connection_left, FULL, quick=False),
    _case("serialization failure", serialization_failure, FULL),
    _case("Redis down", redis_down, FULL),
    _case("Redis flushed", redis_flushed, FULL),
    _case("Redis read-only after a failover", redis_read_only, FULL),
)
