"""A PostgreSQL server of our own in a temporary folder; it never touches one that is already running.

initdb refuses to run as root, so as root the server runs as `postgres` or `nobody`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from tests.support.missing import binary
from tests.support.ports import free_port

_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin")
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "timezone": "UTC",
}


def _unprivileged() -> dict[str, Any]:
    """Arguments of `subprocess` that drop root; nothing when we are not root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class PostgresServer:
    """Started with `start()`, gone without trace after `stop()`. `url(name)` is a SQLAlchemy URL."""

    def __init__(self) -> None:
        self._initdb = binary("initdb", "PostgreSQL", *_FOLDERS)
        self._postgres = binary("postgres", "PostgreSQL", *_FOLDERS)
        self._as = _unprivileged()
        self.port = free_port()
        self._count = 0

    def start(self) -> "PostgresServer":
        """Create the cluster and wait until it answers; at most 30 s."""
        self._folder = Path(tempfile.mkdtemp(prefix="pinline-postgres-"))
        if self._as:
            os.chown(self._folder, self._as["user"], self._as["group"])
        data = str(self._folder / "data")
        subprocess.run(
            [
                self._initdb,
                "-D",
                data,
                "-U",
                "pinline",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-N",
            ],
            check=True,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            **self._as,
        )
        self.resume()
        return self

    def resume(self) -> None:
        """Serve the cluster (again) and wait until it answers; at most 30 s."""
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        log = (self._folder / "log").open("ab")
        self._process = subprocess.Popen(
            [
                self._postgres,
                "-D",
                str(self._folder / "data"),
                "-k",
                str(self._folder),
                "-p",
                str(self.port),
                *settings,
            ],
            cwd=self._folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            **self._as,
        )
        log.close()
        self._wait()

    def pause(self) -> None:
        """Fast shutdown: connections are cut, the data stays for `resume()`."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        self._process.send_signal(how)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        until = time.monotonic() + 30
        while True:
            try:
                self._admin(lambda _: None)
            except psycopg.OperationalError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text(errors="replace")) from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Immediate shutdown, which writes nothing; then the folder goes."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _admin(self, work: Callable[[psycopg.Connection[Any]], None]) -> None:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="pinline", dbname="postgres", autocommit=True
        ) as connection:
            work(connection)

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of one database of this server."""
        return f"postgresql+psycopg://pinline@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template1") -> str:
        """Make a database as a copy of `template` and return its name; no one may be connected to that."""
        self._count += 1
        name = f"pinline_{self._count}"
        self._admin(lambda connection: connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        return name

    def drop(self, name: str) -> None:
        """Remove a database, with whoever is still connected to it."""
        self._admin(lambda connection: connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
