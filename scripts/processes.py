"""Starts the sandbox portal and the app as real processes, for the demo, the tests and the benchmarks.

The app runs exactly as the Procfile says; everything that it needs is handed over in its environment.
"""

import http.client
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENT_ID = "local.sandbox.00000001"
CLIENT_SECRET = "sandbox-secret"


SETTINGS = frozenset(
    {
        "B24_CLIENT_ID",
        "B24_CLIENT_SECRET",
        "B24_OAUTH_SERVERS",
        "B24_JS_URL",
        "APP_URL",
        "DATABASE_URL",
        "INSTANCE_DIR",
        "REDIS_URL",
        "SECRET_KEY",
        "TOKEN_KEYS",
        "ALLOW_LOCAL_PORTALS",
        "TRUSTED_PROXIES",
        "PRIVATE_PORTALS",
        "LOG_RETENTION_DAYS",
        "METRICS_TOKEN",
        "LOG_LEVEL",
        "SENTRY_DSN",
        "PORT",
        "WEB_CONCURRENCY",
    }
)


class StartFailed(Exception):
    """A process ended or did not answer in time; the text holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the three parts listen."""

    portal: int = 9000
    oauth: int = 9001
    app: int = 8000

    @property
    def portal_url(self) -> str:
        """The sandbox portal's origin; by name, so that the app's frame is cross-site."""
        return f"http://localhost:{self.portal}"

    @property
    def oauth_url(self) -> str:
        """The sandbox authorization server's origin."""
        return f"http://localhost:{self.oauth}"

    @property
    def app_url(self) -> str:
        """The app's public address."""
        return f"http://127.0.0.1:{self.app}"


def is_taken(port: int) -> bool:
    """True when something listens on this port of the loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Our environment with this interpreter's programs first; settings of an app never leak in."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "PYTHONUNBUFFERED": "1", **extra}


def app_settings(ports: Ports, database_url: str, instance: Path, **more: str) -> dict[str, str]:
    """The app's whole environment against the sandbox; empty means default, so no `.env` reaches in."""
    return {
        **dict.fromkeys(SETTINGS, ""),
        "B24_CLIENT_ID": CLIENT_ID,
        "B24_CLIENT_SECRET": CLIENT_SECRET,
        "B24_OAUTH_SERVERS": ports.oauth_url,
        "B24_JS_URL": f"{ports.portal_url}/bx24.js",
        "APP_URL": ports.app_url,
        "DATABASE_URL": database_url,
        "INSTANCE_DIR": str(instance),
        "SECRET_KEY": "not-a-secret-because-it-is-only-the-sandbox",
        "TOKEN_KEYS": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "ALLOW_LOCAL_PORTALS": "1",
        "PORT": str(ports.app),
        "WEB_CONCURRENCY": "1",
        **more,
    }


def procfile(kind: str) -> list[str]:
    """The command of one Procfile line (`web`, `release`)."""
    for line in (ROOT / "Procfile").read_text().splitlines():
        name, _, command = line.partition(":")
        if name.strip() == kind:
            return shlex.split(command)
    raise StartFailed(f"The Procfile has no line {kind!r}.")


class Server:
    """One process with its log in a file. `start()` returns when it answers; `stop()` ends it."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._env = environment(env)

    def start(self, port: int, path: str, seconds: float = 30.0) -> "Server":
        """Start, then wait until GET `path` on `port` answers 200; raises StartFailed."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + seconds
        while not _answers(port, path):
            if self.process.poll() is not None:
                raise StartFailed(f"The {self.name} did not start:\n{self.tail()}")
            if time.monotonic() > until:
                self.stop()
                raise StartFailed(f"The {self.name} gave no answer within {seconds:.0f} s:\n{self.tail()}")
            time.sleep(0.05)
        return self

    def tail(self, lines: int = 15) -> str:
        """The last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """Ask it to end; after 10 s make it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def sandbox(ports: Ports, log: Path, *more: str) -> Server:
    """The sandbox portal with its authorization server, not yet started."""
    command = [
        *(sys.executable, "-m", "sandbox"),
        *("--portal-port", str(ports.portal)),
        *("--oauth-port", str(ports.oauth)),
        *("--app-url", ports.app_url),
    ]
    keys = {"B24_CLIENT_ID": CLIENT_ID, "B24_CLIENT_SECRET": CLIENT_SECRET}
    return Server("sandbox portal", [*command, *more], keys, log)


def app(settings: Mapping[str, str], log: Path) -> Server:
    """The app under gunicorn, not yet started."""
    return Server("app", procfile("web"), settings, log)


def migrate(settings: Mapping[str, str]) -> None:
    """Bring the database to today's schema, as a release does."""
    result = subprocess.run(
        procfile("release"), cwd=ROOT, env=environment(settings), capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise StartFailed(f"The database could not be migrated:\n{result.stdout}{result.stderr}")
