"""Events in a burst and while the database is away: how many are lost or applied twice, and how fast.

What was applied is told by triggers in the database, not by the app.
"""

import os
import signal
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import Engine, text
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from app.portals.model import Proof
from app.portals.stores.portal_stores import PortalStores
from app.storage.crypto import Cipher
from app.storage.engine import make_engine
from scripts.processes import Ports, Server, app_settings
from tests.faults.stage import Stage
from tests.support.databases import migrate
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer

PORTALS, SENDERS = 40, 16
OUTAGE_SECONDS, PACE, ACKNOWLEDGED_MS = 10.0, 200, 50
PATIENCE = 120.0  # seconds, far more than it takes on a busy machine
APP = "app:create_app()"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_APPLIED = "CREATE TABLE applied (member_id VARCHAR(64), version VARCHAR(64))"
_NOTE = "INSERT INTO applied VALUES (NEW.member_id, NEW.version)"
_LITE = f"CREATE TRIGGER note AFTER UPDATE OF version ON installations BEGIN {_NOTE}; END"
_FULL = (
    f"CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_NOTE}; RETURN NEW; END $$",
    "CREATE TRIGGER note AFTER UPDATE OF version ON installations FOR EACH ROW EXECUTE FUNCTION note()",
)


@dataclass
class Place:
    """Two workers of the app on a database with many portals."""

    port: int
    engine: Engine
    postgres: PostgresServer | None
    file: Path

    def applied(self) -> Counter[str]:
        """How often each version was set, by `portal version`."""
        with self.engine.connect() as conn:
            rows = conn.execute(text("SELECT member_id, version FROM applied")).all()
        return Counter(f"{member_id} {version}" for member_id, version in rows)


@dataclass
class Sent:
    """What the sender saw: seconds and statuses of genuine events, statuses of forged ones by portal."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    forged: dict[str, list[int]] = field(default_factory=lambda: {"known": [], "unknown": []})

    def late(self, share: float) -> float:
        """Within how many ms this share of the genuine events was acknowledged."""
        return sorted(self.seconds)[int(len(self.seconds) * share)] * 1000

    def waited(self) -> str:
        """The median and the 99th percentile."""
        return f"p50 {self.late(0.5):.0f} ms, p99 {self.late(0.99):.0f} ms"


@contextmanager
def place(store: str, app: str = APP) -> Iterator[Place]:
    """`store` is sqlite or postgresql; both with Redis, as two workers need it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis, file, postgres = RedisServer().start(), folder / "events.db", None
        stack.callback(redis.stop)
        url = f"sqlite:///{file}"
        if store == "postgresql":
            postgres = PostgresServer().start()
            stack.callback(postgres.stop)
            url = postgres.url(postgres.create())
        migrate(url)
        ports = Ports(portal=free_port(), oauth=free_port(), app=free_port())
        settings = app_settings(ports, url, folder, REDIS_URL=redis.url, WEB_CONCURRENCY="2")
        engine = make_engine(url)
        stack.callback(engine.dispose)
        _install(engine, settings["TOKEN_KEYS"])
        server = Server("app", ["gunicorn", app], settings, folder / "log")
        server.start(ports.app, "/healthz")
        stack.callback(server.stop)
        yield Place(ports.app, engine, postgres, file)


def _install(engine: Engine, keys: str) -> None:
    installations = PortalStores.on(engine, Cipher(keys.split(","))).installations
    for number in range(PORTALS):
        proof = Proof(
            member_id=f"portal{number}",
            user_id=1,
            domain=f"portal{number}.example",
            client_endpoint=f"https://portal{number}.example/rest/",
            oauth_server="https://oauth.example",
            status="L",
            scope="im",
            version="0",
        )
        installations.save(proof, f"application-token-{number}")
    with engine.begin() as conn:
        for statement in (_APPLIED, *((_LITE,) if engine.dialect.name == "sqlite" else _FULL)):
            conn.exec_driver_sql(statement)


def send(here: Place, numbers: Sequence[int], pace: float = 0.0) -> Sent:
    """Send one genuine event for each number; now and then an older one again, and forged ones.

    `pace` is how many a second; without it as many as the senders can.
    """
    sent, began, changing = Sent(), time.monotonic(), threading.Lock()
    queue = HTTPConnectionPool("127.0.0.1", here.port, maxsize=SENDERS, block=True, retries=False, timeout=30)

    def genuine(number: int) -> None:
        portal, started = f"portal{number % PORTALS}", time.monotonic()
        status = _post(queue, portal, f"application-token-{number % PORTALS}", f"v{number}")
        with changing:
            sent.seconds.append(time.monotonic() - started)
            sent.statuses[status] += 1
            if status in (200, 202):
                sent.acknowledged.add(f"{portal} v{number}")

    def one(place: int) -> None:
        if pace:
            time.sleep(max(0.0, began + place / pace - time.monotonic()))
        genuine(numbers[place])
        if place % 10 == 0 and place >= 2 * PORTALS:
            genuine(numbers[place - 2 * PORTALS])
        if place % 20 == 0:
            for kind, member_id in (("known", "portal1"), ("unknown", "f" * 32)):
                status = _post(queue, member_id, "0" * 32, f"forged{place}")
                with changing:
                    sent.forged[kind].append(status)

    with queue, ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(one, range(len(numbers))))
    return sent


def _post(queue: HTTPConnectionPool, member_id: str, token: str, version: str) -> int:
    """The status of one event, 0 without an answer."""
    fields = {"event": "ONAPPUPDATE", "auth[member_id]": member_id, "auth[application_token]": token}
    body = urlencode({**fields, "data[VERSION]": version, "ts": "1700000000"})
    try:
        return queue.request("POST", "/events", body=body, headers=_FORM).status
    except HTTPError:
        return 0


def lost_and_repeated(here: Place, sent: Sent, seconds: float = PATIENCE) -> tuple[int, int, float]:
    """Acknowledged events that were never applied, those that were applied twice, and how long it took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        found = here.applied()
        if sent.acknowledged <= set(found):
            break
        time.sleep(0.2)
    took = time.monotonic() - began
    time.sleep(2.0)  # a second application would come now
    found = here.applied()
    assert not any("forged" in key for key in found), "a forged event was applied"
    lost = len(sent.acknowledged - set(found))
    return lost, sum(count > 1 for count in found.values()), took


@contextmanager
def stopped(here: Place) -> Iterator[None]:
    """PostgreSQL is shut down, and started again at the end."""
    assert here.postgres
    here.postgres.pause()
    yield
    here.postgres.resume()


@contextmanager
def frozen(here: Place) -> Iterator[None]:
    """PostgreSQL neither answers nor refuses: every process of it stands still."""
    assert here.postgres
    master = here.postgres._process.pid
    pids = [master, *map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split())]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def locked(here: Place) -> Iterator[None]:
    """Another process holds SQLite's write lock."""
    with closing(sqlite3.connect(here.file, isolation_level=None, timeout=20)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


Outage = Callable[[Place], "contextmanager[None]"]
OUTAGES = {"stopped": ("postgresql", stopped), "frozen": ("postgresql", frozen), "locked": ("sqlite", locked)}


def away(
    kind: str, seconds: float, pace: float, app: str = APP, patience: float = PATIENCE
) -> tuple[Sent, int, int, float]:
    """Events before, while and after the database is away for so long; and what became of them."""
    store, trouble = OUTAGES[kind]
    with place(store, app) as here:
        lead, total = int(pace), int(pace * (seconds + 3))
        sent: list[Sent] = []
        sending = threading.Thread(target=lambda: sent.append(send(here, range(1, total + 1), pace)))
        sending.start()
        time.sleep(lead / pace)
        with trouble(here):
            time.sleep(seconds)
        sending.join()
        return sent[0], *lost_and_repeated(here, sent[0], patience)


def burst(scale: float, _: Stage) -> str:
    """10,000 events as fast as they can be sent."""
    told, count = [], max(500, int(10_000 * scale))
    for store in ("sqlite", "postgresql") if scale >= 1 else ("postgresql",):
        with place(store) as here:
            began = time.monotonic()
            sent = send(here, range(1, count + 1))
            rate = len(sent.seconds) / (time.monotonic() - began)
            lost, twice, _ = lost_and_repeated(here, sent)
        check(sent, lost, twice, count)
        told.append(f"{store} {rate:.0f}/s, {sent.waited()}")
    return f"burst of {count} events, 2 workers: 0 lost, 0 applied twice; {'; '.join(told)}"


def steady(scale: float, _: Stage) -> str:
    """200 events a second while nothing fails; in full size 99 of 100 are acknowledged within 50 ms."""
    told, pace = [], PACE if scale >= 1 else 40
    count = int(pace * max(2.0, 20 * scale))
    for store in ("sqlite", "postgresql") if scale >= 1 else ("sqlite",):
        with place(store) as here:
            sent = send(here, range(1, count + 1), pace)
            lost, twice, _ = lost_and_repeated(here, sent)
        check(sent, lost, twice, count)
        assert set(sent.statuses) == {200}, sent.statuses
        assert scale < 1 or sent.late(0.99) <= ACKNOWLEDGED_MS, f"{store}: {sent.waited()}"
        told.append(f"{store} {sent.waited()}")
    return f"{count} events at {pace}/s, 2 workers: 0 lost, 0 applied twice; {'; '.join(told)}"


def outages(scale: float, _: Stage) -> str:
    """The database away for 10 s in three ways while events come."""
    told = []
    seconds, pace = max(3.0, OUTAGE_SECONDS * min(1.0, scale * 10)), PACE if scale >= 1 else 40
    for kind in OUTAGES if scale >= 1 else ("frozen", "locked"):
        sent, lost, twice, took = away(kind, seconds, pace)
        check(sent, lost, twice, int(pace * (seconds + 3)))
        kept = sent.statuses[202]
        assert kept, "the database was there all the time"
        told.append(f"{kind}: {len(sent.seconds)} sent, {kept} kept, {sent.waited()}, done in {took:.1f} s")
    return f"database away for {seconds:.0f} s at {pace} events/s: 0 lost, 0 applied twice; {'; '.join(told)}"


def check(sent: Sent, lost: int, twice: int, count: int) -> None:
    """Every genuine event acknowledged and applied once; forged ones told the same of any portal."""
    assert set(sent.statuses) <= {200, 202}, sent.statuses
    assert len(sent.acknowledged) == count
    assert (lost, twice) == (0, 0), f"{lost} lost, {twice} applied twice"
    assert {status for told in sent.forged.values() for status in told} <= {401, 202}
    assert sent.forged["known"], "no forged event was tried"


def controls(_scale: float, _: Stage) -> str:
    """The same with a spool that keeps nothing, and without marks: events must be lost, or applied twice."""
    _, lost, _, _ = away("stopped", 3.0, 40, "tests.faults.weakened_app:forgetful()", patience=10)
    assert lost > 0, "nothing is lost without the spool: the figure shows nothing"
    with place("sqlite", "tests.faults.weakened_app:repeating()") as here:
        sent = send(here, range(1, 400))
        _, twice, _ = lost_and_repeated(here, sent)
    assert twice > 0, "nothing is applied twice without marks: the figure shows nothing"
    return f"controls of the events: {lost} lost without the spool, {twice} applied twice without marks"
