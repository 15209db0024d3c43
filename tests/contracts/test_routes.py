"""Every route is public by an explicit mark or wants an operator; the routes that others rely on exist."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.config import Settings
from app.web import guard
from scripts.processes import Ports, app_settings
from tests.support.apps import made
from tests.support.databases import SqliteTemplates

FIXED = {
    ("POST", "/install"),
    ("HEAD", "/install"),
    ("POST", "/app"),
    ("GET", "/app"),
    ("HEAD", "/app"),
    ("POST", "/events"),
    ("HEAD", "/events"),
    ("GET", "/login"),
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/api/dialogs"),
    ("GET", "/api/dialogs/<int:chat_id>"),
    ("POST", "/api/actions/<name>"),
    ("POST", "/api/undo/<id>"),
    ("POST", "/api/session"),
    ("DELETE", "/api/session"),
    ("POST", "/api/runs"),
    ("GET", "/api/runs/<run>"),
    ("PUT", "/api/top"),
    ("GET", "/api/journal"),
    ("GET", "/api/journal.csv"),
    ("GET", "/api/views"),
    ("POST", "/api/views"),
    ("PUT", "/api/views/<id>"),
    ("DELETE", "/api/views/<id>"),
    ("GET", "/api/snapshots"),
    ("POST", "/api/snapshots"),
    ("GET", "/api/snapshots/<id>"),
    ("DELETE", "/api/snapshots/<id>"),
    ("GET", "/api/settings"),
    ("PUT", "/api/settings/portal"),
    ("PUT", "/api/preferences"),
}
PUBLIC = {
    "/", "/install", "/app", "/login", "/events", "/healthz", "/readyz", "/metrics", "/api/session",
}  # fmt: skip


@pytest.fixture
def app(
    sqlite_templates: SqliteTemplates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    with sqlite_templates.fresh(tmp_path) as url:
        for name, value in app_settings(Ports(), url, tmp_path).items():
            monkeypatch.setenv(name, value)
        with made() as app:
            yield app


def _plain(rule: str) -> str:
    """Without the names and converters of variables, which are ours to choose."""
    return "/".join("<>" if part.startswith("<") else part for part in rule.split("/"))


def test_the_fixed_routes_exist(app: Flask) -> None:
    served = {
        (method, _plain(rule.rule)) for rule in app.url_map.iter_rules() for method in rule.methods or ()
    }
    assert {(method, _plain(rule)) for method, rule in FIXED} - served == set()


def test_every_route_carries_a_mark(app: Flask) -> None:
    assert guard.unmarked(app) == []


def test_only_these_routes_are_public(app: Flask) -> None:
    public = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], guard.MARK) == "public"
    }
    assert {rule for rule in public if not rule.startswith("/static")} == PUBLIC


def test_a_route_without_a_mark_is_found(app: Flask) -> None:
    app.view_functions["planted"] = lambda: "planted"
    assert guard.unmarked(app) == ["planted"]


def test_settings_do_not_show_their_secrets(app: Flask, tmp_path: Path) -> None:
    settings = Settings(
        client_id="id",
        client_secret="secret-of-the-client",
        app_url="http://localhost",
        secret_key="secret-of-sessions",
        token_keys=("secret-of-tokens",),
        database_url="postgresql+psycopg://user:secret-of-database@host/name",
    )
    assert "client_id='id'" in repr(settings)
    assert "secret-of" not in repr(settings)
