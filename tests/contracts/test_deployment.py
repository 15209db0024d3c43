"""docs/deployment.md works as it stands: its database accounts serve every route, its nginx logs no query."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from scripts.processes import SETTINGS, procfile
from tests.security import test_t19_slow_clients
from tests.security.test_t19_slow_clients import nginx
from tests.support.databases import migrate
from tests.support.every_route import routes, walked
from tests.support.postgres import PostgresServer
from tests.support.stand import RunningApp, http_pool

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "deployment.md").read_text()


def block(language: str) -> str:
    """The page's only block in this language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def connected(server: PostgresServer, user: str, database: str) -> psycopg.Connection:
    """A connection that commits each statement; `pinline` is the server's own administrator."""
    return psycopg.connect(host="127.0.0.1", port=server.port, user=user, dbname=database, autocommit=True)


@pytest.fixture
def accounts(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """The page's database with its two accounts."""
    first, then = block("sql").split("\\connect pinline\n")
    for database, text in (("postgres", first), ("pinline", then)):
        with connected(postgres, "pinline", database) as administrator:
            for statement in text.split(";\n"):
                administrator.execute(statement.encode())
    yield postgres
    postgres.drop("pinline")
    with connected(postgres, "pinline", "postgres") as administrator:
        administrator.execute("DROP ROLE pinline_serve, pinline_release")


def test_the_serving_account_serves_everything_and_changes_no_table(
    accounts: PostgresServer, tmp_path: Path
) -> None:
    url = accounts.url("pinline")
    migrate(url.replace("pinline@", "pinline_release@"))
    with walked(tmp_path, url.replace("pinline@", "pinline_serve@")) as person:
        assert routes(person.app) - person.served == set()
    for statement in ("CREATE TABLE mine (x int)", "DROP TABLE journal_entries", "TRUNCATE browser_sessions"):
        with (
            connected(accounts, "pinline_serve", "pinline") as serving,
            pytest.raises(InsufficientPrivilege),
        ):
            serving.execute(statement.encode())
    with connected(accounts, "pinline_release", "pinline") as releasing:
        releasing.execute("CREATE TABLE mine (x int)")


def logged(app: RunningApp, folder: Path) -> list[str]:
    """The log of nginx after three requests, two of them with a query that names a canary."""
    with nginx(app, folder) as port:
        for query in ("?code=canary&state=canary", "", "?q=canary"):
            http_pool().request("GET", f"http://127.0.0.1:{port}/login{query}")
    return (folder / "pinline.log").read_text().splitlines()


def test_nginx_logs_addresses_without_their_query(shared_app: RunningApp, tmp_path: Path) -> None:
    lines = logged(shared_app, tmp_path)
    assert len(lines) == 3
    assert all(" GET /login " in line for line in lines)
    assert not [path.name for path in tmp_path.glob("*.log") if "canary" in path.read_text()]


def test_a_query_in_the_log_would_be_found(
    shared_app: RunningApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless = tmp_path / "careless.md"
    careless.write_text(PAGE.replace("$request_method $uri", "$request"))
    monkeypatch.setattr(test_t19_slow_clients, "DEPLOYMENT", careless)
    assert sum("canary" in line for line in logged(shared_app, tmp_path)) == 2


def weak(configuration: str) -> set[str]:
    """Versions and suites that are not to be there."""
    versions = re.search(r"ssl_protocols\s+([^;]+);", configuration)
    suites = re.search(r"ssl_ciphers\s+([^;]+);", configuration)
    assert versions
    assert suites
    good = re.compile(r"ECDHE-(ECDSA|RSA)-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)")
    found = set(versions[1].split()) - {"TLSv1.2", "TLSv1.3"}
    return found | {suite for suite in suites[1].split(":") if not good.fullmatch(suite)}


def test_nginx_speaks_today_s_tls_only() -> None:
    assert weak(block("nginx")) == set()
    worse = (
        block("nginx")
        .replace("TLSv1.2", "TLSv1.1 TLSv1.2")
        .replace("ssl_ciphers   ", "ssl_ciphers AES128-SHA:")
    )
    assert {"TLSv1.1"} < weak(worse)


def units(text: str) -> list[dict[str, str]]:
    """What each unit of a text sets; of a name that comes twice the last."""
    found = re.findall(r"```ini\n(.*?)```", text, re.DOTALL)
    return [dict(line.split("=", 1) for line in unit.splitlines() if "=" in line) for unit in found]


def settings(text: str) -> dict[str, str]:
    """The settings that the sequence of commands writes down."""
    (lines,) = re.findall(r"<<END\n(.*?)\nEND\n", text, re.DOTALL)
    return dict(line.split("=", 1) for line in lines.splitlines())


def test_the_units_run_what_the_procfile_says() -> None:
    serving, releasing = units(PAGE)
    folder = f"{serving['WorkingDirectory']}/.venv/bin/"
    program, *options = shlex.split(serving["ExecStart"].removeprefix(folder))
    assert [program, *(one for one in options if one not in ("--bind", "127.0.0.1:8000"))] == procfile("web")
    assert shlex.split(releasing["ExecStart"].removeprefix(folder)) == procfile("release")
    assert (serving["Requires"], serving["After"]) == ("pinline-release.service",) * 2
    for unit, kind in ((serving, "serve"), (releasing, "release")):
        assert unit["EnvironmentFile"] == f"/etc/pinline/{kind}.env"
        assert settings(PAGE)["INSTANCE_DIR"] == f"/var/lib/{unit['StateDirectory']}"


def test_the_commands_are_shell_and_set_what_exists() -> None:
    assert set(settings(PAGE)) < SETTINGS
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "TOKEN_KEYS", "TRUSTED_PROXIES"} < set(settings(PAGE))
    for text, good in ((block("sh"), True), (block("sh") + "(", False)):
        assert (subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode == 0) is good
