"""The app with a fault proxy on every side: portals, authorization server, PostgreSQL, Redis.

The sandbox runs inside this process; each portal believes its proxy's address to be its own, so that the app
has no other way to it.
"""

import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import redis as redis_client

from sandbox import running
from sandbox.portal import Portal as Inside
from scripts.processes import CLIENT_ID, CLIENT_SECRET, ROOT, Ports, Server, app_settings, environment
from tests.faults.proxy import Proxy
from tests.support.databases import migrate
from tests.support.frame import Frame
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer
from tests.support.stand import Sandbox

OPERATOR = 27
_FAULTS = {"act", "expire_tokens", "faults", "uninstall"}  # control requests that are faults
_DEATHS = ("SIGSEGV", "SIGABRT", "WORKER TIMEOUT")  # of a worker, as gunicorn tells them
_ENOUGH = 16  # signs of a secret that are taken for it
APP = "app:create_app()"
# A step moves the time of day alone. faketime 0.9 spoils time.sleep() then: `clocked` has another.
_STEPPING = {
    "FAKETIME_NO_CACHE": "1",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "NO_FAKE_STAT": "1",
    "FAKE_UTIME": "0",
    "PYTHONPATH": str(Path(__file__).parent / "clocked"),
}
_CLOCK = {"FAKETIME", "FAKETIME_TIMESTAMP_FILE", *_STEPPING}
FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


class Portal(Sandbox):
    """One sandbox portal behind its own proxy; `inside` is the object that the sandbox serves."""

    def __init__(self, site: "Site", inside: Inside, proxy: Proxy) -> None:
        super().__init__(site.ports, inside.number, site.app.url)
        self.site = site
        self.inside = inside
        self.proxy = proxy

    def control(self, method: str, what: str, body: object = None, **query: object) -> Any:
        """One control request; a site without faults leaves out those that are one."""
        if self.site.inert and method == "POST" and what in _FAULTS:
            return None
        return super().control(method, what, body, **query)

    @property
    def url(self) -> str:
        """Where the app believes the portal to be."""
        return self.inside.origin

    def commands(self, method: str) -> int:
        """How often the portal was asked to carry out a method since `forget()`."""
        return sum(name == method for row in self.requests() for name in row["commands"])


class App:
    """The app under gunicorn, its output through a pipe so that limits on files spare it."""

    def __init__(self, settings: dict[str, str], port: int, log: Path, what: str = APP) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.settings = settings
        self.what = what
        command = f"exec gunicorn '{what}' > >(exec cat) 2>&1"
        self._server = Server("app", ["bash", "-c", command], settings, log)
        self.log_file = log

    def start(self) -> "App":
        """Start it and wait for the first answer."""
        self._server.start(self.port, "/healthz")
        return self

    def stop(self) -> None:
        """End it."""
        self._server.stop()

    def kill(self) -> None:
        """Kill the master and all workers at once, as a power cut would."""
        pids = [self._server.process.pid, *self.workers()]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._server.process.wait()

    @property
    def master(self) -> int:
        """The process id of the master."""
        return self._server.process.pid

    def workers(self) -> list[int]:
        """Process ids of the workers that serve."""
        pid = self._server.process.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except FileNotFoundError:  # the master is gone, and all with it
            return []
        return [int(child) for child in children if b"gunicorn" in _command_of(int(child))]

    def signal(self, number: int) -> None:
        """Send a signal to all workers."""
        for pid in self.workers():
            os.kill(pid, number)

    def limit(self, what: int, value: int) -> None:
        """Lower a resource limit of all workers (its soft half)."""
        for pid in self.workers():
            _, hard = resource.prlimit(pid, what)
            resource.prlimit(pid, what, (hard if value < 0 else value, hard))

    def log(self) -> str:
        """What it has logged so far."""
        return self.log_file.read_text(errors="replace")


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def mistakes(log: str) -> list[str]:
    """Lines that tell of what nobody foresaw: tracebacks, places in our code, internal errors, a crash."""
    signs = ("Traceback", '"places"', '"internal_error"', "--- Logging error", *_DEATHS)
    return [line for line in log.splitlines() if any(sign in line for sign in signs)]


def leaks(log: str, secrets: Iterable[str]) -> list[str]:
    """The secrets that a log holds, or begins to hold."""
    return [secret for secret in secrets if secret[:_ENOUGH] in log]


class Site:
    """`store` is sqlite or postgresql; with PostgreSQL come Redis and two workers, as in production.

    `extra` are settings beyond these, `what` is another app than ours, for controls. Once `inert` is set
    every fault is left out, so that a case which is still survived is seen to prove nothing.
    """

    inert = False

    def __init__(
        self, folder: Path, store: str, portals: int, extra: dict[str, str] | None = None, what: str = APP
    ) -> None:
        self.store = store
        self.folder = folder
        self._stack = ExitStack()
        self._portals = portals
        self._clock = folder / "clock"
        self._extra = extra or {}
        self._what = what
        self._next = 0

    def __enter__(self) -> "Site":
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        port = free_port()
        self.box = running.start(
            app_url=f"http://127.0.0.1:{port}",
            portal_ports=(0,) * self._portals,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
        )
        stack.callback(self.box.stop)
        auth_port = int(self.box.oauth_origin.rpartition(":")[2])
        self.oauth = self._proxied(stack, auth_port)
        self.ports = Ports(portal=int(self.box.origin.rpartition(":")[2]), oauth=auth_port, app=port)
        self._database(stack)
        self._redis(stack)
        known = Ports(portal=self.ports.portal, oauth=self.oauth.port, app=port)
        redis_url = {"REDIS_URL": f"redis://127.0.0.1:{self.redis.port}/0"} if self.redis else {}
        workers = {"WEB_CONCURRENCY": "2"} if self.redis else {}
        more = {"LOG_LEVEL": "DEBUG", **redis_url, **workers}
        settings = app_settings(known, self.database_url, self.folder, **more)
        self.app = App({**settings, **self._extra}, port, self.folder / "app.log", self._what)
        self.app.start()
        stack.callback(lambda: self.app.stop())

    def _proxied(self, stack: ExitStack, port: int) -> Proxy:
        proxy = Proxy(port).start()
        stack.callback(proxy.stop)
        return proxy

    def _database(self, stack: ExitStack) -> None:
        self.postgres: PostgresServer | None = None
        self.database: Proxy | None = None
        if self.store == "sqlite":
            self.file = self.folder / "pinline.db"
            self.database_url = f"sqlite:///{self.file}"
            migrate(self.database_url)
            return
        self.postgres = PostgresServer().start()
        stack.callback(self.postgres.stop)
        self.direct_url = self.postgres.url(self.postgres.create())
        migrate(self.direct_url)
        self.database = self._proxied(stack, self.postgres.port)
        self.database_url = self.direct_url.replace(f":{self.postgres.port}/", f":{self.database.port}/")

    def _redis(self, stack: ExitStack) -> None:
        self.redis: Proxy | None = None
        if self.store == "sqlite":
            return
        self.redis_server = RedisServer().start()
        stack.callback(self.redis_server.stop)
        self.redis = self._proxied(stack, self.redis_server.port)

    def secrets(self) -> set[str]:
        """What no log may hold: our keys, and every token that the sandbox has given out so far."""
        keys = self.app.settings
        inside = self.box.portals[: self._next]
        tokens = inside[0].tokens if inside else None
        pairs = list(tokens.by_access.values()) if tokens else []
        return {
            keys["B24_CLIENT_SECRET"],
            keys["SECRET_KEY"],
            *keys["TOKEN_KEYS"].split(","),
            *(portal.application_token for portal in inside),
            *(token for pair in pairs for token in (pair.access, pair.refresh)),
        }

    def strike(self, fault: Callable[..., Any], *given: Any) -> Any:
        """Do what is the fault of a case."""
        return None if self.inert else fault(*given)

    def trouble(self, proxy: Proxy | None, **orders: object) -> AbstractContextManager[None]:
        """A proxy that misbehaves for the length of a block, as the fault of a case."""
        assert proxy is not None
        return proxy.trouble(**({} if self.inert else orders))

    def restart(self, **settings: str) -> None:
        """Start the app anew on the same address with the same log, some of its environment changed."""
        self.app.stop()
        app = self.app
        self.app = App({**app.settings, **settings}, app.port, app.log_file, app.what).start()

    def command(self, *words: str) -> str:
        """What an operator types after `flask`, with the app's settings; returns what it prints."""
        flask = [sys.executable, "-m", "flask", *words]
        env = environment(self.app.settings)
        done = subprocess.run(
            flask, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def set_clock(self, offset: str, *, steps: bool = False) -> None:
        """Start the app anew with its clock moved (`+3600`, `-3600` seconds; empty: the right time).

        One that `steps` can be moved further by `step_clock`.
        """
        library = str(FAKETIME) if offset else ""
        self._clock.write_text(f"{offset}s\n")
        moved = {"FAKETIME_TIMESTAMP_FILE": str(self._clock), **_STEPPING} if steps else {}
        self.app.settings = {name: value for name, value in self.app.settings.items() if name not in _CLOCK}
        self.restart(LD_PRELOAD=library, **(moved or ({"FAKETIME": f"{offset}s"} if offset else {})))

    def step_clock(self, offset: int) -> None:
        """Set the clock of the app while it runs, as somebody at the machine would."""
        new = self._clock.with_suffix(".new")
        new.write_text(f"{offset:+d}s\n")
        new.replace(self._clock)

    def portal(self, seed: str = "contact_centre", **more: object) -> Portal:
        """A portal that nobody has used, behind a proxy of its own."""
        inside = self.box.portals[self._next]
        self._next += 1
        proxy = self._proxied(self._stack, int(inside.origin.rpartition(":")[2]))
        inside.origin = f"http://localhost:{proxy.port}"
        inside.oauth_origin = f"http://localhost:{self.oauth.port}"
        portal = Portal(self, inside, proxy)
        portal.reset(seed, **more)
        return portal

    def desk(self, seed: str = "contact_centre", **more: object) -> Frame:
        """A fresh portal with the app installed and the main operator's desk open."""
        portal = self.portal(seed, **more)
        installed = Frame(portal, user_id=1).install()
        portal.switch(limiter=False)
        frame = Frame(portal, OPERATOR)
        reply = frame.open()
        if (installed.status, reply.status) != (200, 200):  # no failure of a case: its fault is still to come
            raise RuntimeError(f"no desk: {installed.status}, {reply.status} {reply.text}")
        return frame

    def heal(self) -> None:
        """End every fault on the wire, and limits of the workers."""
        for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
            self.app.limit(what, -1)
        for proxy in (self.oauth, self.database, self.redis):
            if proxy is not None:
                proxy.heal()

    @contextmanager
    def sql(self) -> Iterator[Any]:
        """A connection to the database around the proxy; every statement commits by itself."""
        if self.store == "sqlite":
            with closing(
                sqlite3.connect(self.file, isolation_level=None, timeout=20, check_same_thread=False)
            ) as connection:
                yield connection
        else:
            with psycopg.connect(re.sub(r"\+psycopg", "", self.direct_url), autocommit=True) as connection:
                yield connection

    def store_client(self) -> Any:
        """A client of Redis around the proxy."""
        return redis_client.Redis.from_url(self.redis_server.url)
