"""`import app` is the package, and every documented way to start it starts the same app."""

import importlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from app.web.version import VERSION
from scripts.processes import CLIENT_ID, Ports, Server, app_settings, environment, procfile
from tests.support.databases import SqliteTemplates
from tests.support.ports import free_port
from tests.support.stand import http_pool

ROOT = Path(__file__).resolve().parents[2]


def test_the_name_app_is_the_package() -> None:
    module = importlib.import_module("app")
    assert Path(str(module.__file__)) == ROOT / "app" / "__init__.py"
    assert callable(module.create_app)


def test_nothing_shadows_the_factory() -> None:
    """flask run would quietly prefer a wsgi.py, and `app/app.py` would make two things of one name."""
    assert not (ROOT / "wsgi.py").exists()
    assert not (ROOT / "app" / "app.py").exists()


def test_the_procfile_names_the_factory() -> None:
    program, target = procfile("web")
    assert (program, target) == ("gunicorn", "app:create_app()")
    assert procfile("release") == ["flask", "db", "upgrade"]


@pytest.mark.parametrize(
    "command",
    [
        f"{sys.executable} app.py",
        "flask run",
        "gunicorn 'app:create_app()'",
    ],
)
def test_every_way_to_start_serves_the_same_app(
    command: str, sqlite_templates: SqliteTemplates, tmp_path: Path
) -> None:
    ports = Ports(app=free_port())
    with sqlite_templates.fresh(tmp_path) as url:
        settings = app_settings(ports, url, tmp_path)
        server = Server("app", shlex.split(command.format(port=ports.app)), settings, tmp_path / "log")
        server.start(ports.app, "/healthz")
        try:
            home = http_pool().request("GET", f"{ports.app_url}/")
            probe = http_pool().request("HEAD", f"{ports.app_url}/install")
        finally:
            server.stop()
    assert home.status == 200
    assert b"Pinline" in home.data
    assert probe.status == 200


@pytest.mark.parametrize(
    ("command", "others"), [(f"{sys.executable} app.py", False), ("gunicorn 'app:create_app()'", True)]
)
def test_outside_development_only_gunicorn_serves_others(
    command: str, others: bool, sqlite_templates: SqliteTemplates, tmp_path: Path
) -> None:
    """Whoever listens on all addresses is there at any of the loopback's, too."""
    ports = Ports(app=free_port())
    with sqlite_templates.fresh(tmp_path) as url:
        server = Server("app", shlex.split(command), _public(ports, url, tmp_path), tmp_path / "log")
        server.start(ports.app, "/healthz")
        try:
            with socket.socket() as other:
                assert (other.connect_ex(("127.0.0.2", ports.app)) == 0) is others
        finally:
            server.stop()
    hints = [line for line in server.log.read_text().splitlines() if "start gunicorn" in line]
    assert len(hints) == (0 if others else 1)


def blocked(process: int) -> int:
    """The signals that a process leaves unheard, as a mask."""
    (mask,) = re.findall(r"SigBlk:\s*(\w+)", Path(f"/proc/{process}/status").read_text())
    return int(mask, 16)


def test_a_terminal_s_interrupt_is_heard_by_the_master_alone(
    sqlite_templates: SqliteTemplates, tmp_path: Path
) -> None:
    """A worker that is told twice to end, by the terminal and by the master, may wait for itself."""
    ports = Ports(app=free_port())
    interrupt = 1 << (signal.SIGINT - 1)
    with sqlite_templates.fresh(tmp_path) as url:
        server = Server("app", procfile("web"), app_settings(ports, url, tmp_path), tmp_path / "log")
        server.start(ports.app, "/healthz")
        try:
            master = server.process.pid
            workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
            assert [blocked(int(worker)) & interrupt for worker in workers] == [interrupt]
            assert not blocked(master) & interrupt
        finally:
            server.stop()


def _public(ports: Ports, url: str, folder: Path) -> dict[str, str]:
    """The settings of an app that the world may reach."""
    given = {"ALLOW_LOCAL_PORTALS": "", "APP_URL": "https://pinline.example"}
    return app_settings(ports, url, folder) | given | {"B24_OAUTH_SERVERS": "", "B24_JS_URL": ""}


def test_no_variable_switches_the_debugger_on(sqlite_templates: SqliteTemplates, tmp_path: Path) -> None:
    ports = Ports(app=free_port())
    with sqlite_templates.fresh(tmp_path) as url:
        settings = app_settings(ports, url, tmp_path) | {"FLASK_DEBUG": "1"}
        server = Server("app", [sys.executable, "app.py"], settings, tmp_path / "log")
        server.start(ports.app, "/healthz")
        server.stop()
    log = server.log.read_text()
    assert "Debug mode: off" in log
    assert "Debug mode: on" not in log


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"B24_CLIENT_ID": ""}, "B24_CLIENT_ID"),
        ({"APP_URL": "ftp://somewhere"}, "APP_URL"),
        ({"WEB_CONCURRENCY": "2"}, "REDIS_URL"),
        ({"ALLOW_LOCAL_PORTALS": "0"}, "APP_URL"),
        ({"DATABASE_URL": "mysql://somewhere/x"}, "DATABASE_URL"),
        ({"LOG_RETENTION_DAYS": "1"}, "LOG_RETENTION_DAYS"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_sentence(
    change: dict[str, str], named: str, tmp_path: Path
) -> None:
    ports = Ports(app=free_port())
    settings = app_settings(ports, f"sqlite:///{tmp_path / 'x.sqlite'}", tmp_path) | change
    server = Server("app", procfile("web"), settings, tmp_path / "log")
    with pytest.raises(Exception, match="did not start") as caught:
        server.start(ports.app, "/healthz")
    log = server.log.read_text()
    assert named in log
    assert "Traceback" not in log
    assert CLIENT_ID in settings.values() or named == "B24_CLIENT_ID"
    assert "did not start" in str(caught.value)


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        (procfile("web"), "DATABASE_URL", "sqlite:////proc/x.db"),
        (procfile("web"), "DATABASE_URL", "postgresql://pinline@127.0.0.1:1/pinline"),
        (procfile("web"), "INSTANCE_DIR", "/proc/nope"),
        (["flask", "run"], "DATABASE_URL", "sqlite:////tmp"),
        ([sys.executable, "app.py"], "DATABASE_URL", "postgresql://pinline@127.0.0.1:1/pinline"),
    ],
)
def test_what_cannot_be_used_stops_every_way_to_start(
    command: list[str], name: str, value: str, tmp_path: Path
) -> None:
    """A folder, a file and a database are looked at before anything is served; one sentence, exit code 2."""
    settings = app_settings(Ports(app=free_port()), f"sqlite:///{tmp_path / 'x.sqlite'}", tmp_path)
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(settings | {name: value}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    said = [line for line in ended.stderr.splitlines() if line and not line.startswith("[")]
    assert len(said) == 1, ended.stderr
    assert said[0].startswith(f"Pinline cannot start: {name} ")


def test_in_production_a_database_that_is_away_stops_nothing(tmp_path: Path) -> None:
    """Events are kept beside it until it is back."""
    ports = Ports(app=free_port())
    away = "postgresql://pinline@127.0.0.1:1/pinline"
    server = Server("app", procfile("web"), _public(ports, away, tmp_path), tmp_path / "log")
    server.start(ports.app, "/healthz")
    server.stop()


def test_the_page_names_the_version_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
