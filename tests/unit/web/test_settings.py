"""Settings: every one is checked, a bad one is one sentence that names it, secrets never show."""

import os
import stat
from pathlib import Path

import pytest
from flask import Flask

from app.config import BadSetting, Settings, load_settings, settings_or_exit
from tests.support.apps import made, production

GOOD = {
    "B24_CLIENT_ID": "id",
    "B24_CLIENT_SECRET": "client-secret-text",
    "APP_URL": "https://pinline.example/",
    "SECRET_KEY": "a secret key of tests, long enough",
    "TOKEN_KEYS": "the newest token key of these tests,an older token key that is needed",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("B24_", "APP_")) or name == "PORT"]:
        monkeypatch.delenv(name)
    for name in (
        "DATABASE_URL",
        "REDIS_URL",
        "WEB_CONCURRENCY",
        "ALLOW_LOCAL_PORTALS",
        "LOG_LEVEL",
        "METRICS_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**GOOD, "INSTANCE_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)


def test_good_settings_are_read(tmp_path: Path) -> None:
    found = load_settings()
    assert found.app_url == "https://pinline.example"
    assert found.token_keys == ("the newest token key of these tests", "an older token key that is needed")
    assert found.oauth_servers == ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech")
    assert found.database_url == f"sqlite:///{tmp_path / 'pinline.db'}"
    assert (found.port, found.workers, found.allow_local, found.log_retention_days) == (8000, 1, False, 7)


def test_secrets_do_not_show() -> None:
    shown = repr(load_settings())
    assert "https://pinline.example" in shown
    assert not [secret for secret in ("client-secret-text", "secret key", "token key") if secret in shown]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("B24_CLIENT_ID", ""),
        ("B24_CLIENT_SECRET", " "),
        ("APP_URL", ""),
        ("APP_URL", "pinline.example"),
        ("APP_URL", "http://pinline.example"),
        ("APP_URL", "https://user:password@pinline.example"),
        ("APP_URL", "https://pinline.example/folder"),
        ("APP_URL", "https://pinline.example:port"),
        ("APP_URL", "https://.."),
        ("APP_URL", "https://a_b..c"),
        ("APP_URL", "https://-pinline.example"),
        ("B24_OAUTH_SERVERS", "https://oauth..example"),
        ("B24_CLIENT_ID", "local.1\n2"),
        ("B24_CLIENT_SECRET", "one\ttwo"),
        ("B24_OAUTH_SERVERS", "http://oauth.example"),
        ("B24_OAUTH_SERVERS", ","),
        ("B24_JS_URL", "javascript:alert(1)"),
        ("B24_JS_URL", "http://scripts.example/"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///"),
        ("INSTANCE_DIR", "/proc/nope"),
        ("INSTANCE_DIR", "/proc"),
        ("INSTANCE_DIR", "/dev/null"),
        ("DATABASE_URL", "postgresql://host:port/name"),
        ("DATABASE_URL", "postgresql://host:70000/name"),
        ("REDIS_URL", "http://host"),
        ("REDIS_URL", "redis://host:port"),
        ("REDIS_URL", "redis://host:0"),
        ("REDIS_URL", "redis://host/abc"),
        ("REDIS_URL", "redis://host/0/1"),
        ("REDIS_URL", "redis://host?db=abc"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "s" * 31),
        ("TOKEN_KEYS", "the newest token key of these tests,short"),
        ("TOKEN_KEYS", f"{'t' * 31} ,{'t' * 32}"),
        ("METRICS_TOKEN", "m" * 31),
        ("ALLOW_LOCAL_PORTALS", "yes"),
        ("TRUSTED_PROXIES", "-1"),
        ("PRIVATE_PORTALS", "10.0.0.0/99"),
        ("PRIVATE_PORTALS", "portal.lan:8443"),
        ("PRIVATE_PORTALS", "portal.lan, not a host"),
        ("PRIVATE_PORTALS", "https://portal.lan"),
        ("PRIVATE_PORTALS", "-portal.lan"),
        ("LOG_RETENTION_DAYS", "2"),
        ("LOG_LEVEL", "LOUD"),
        ("SENTRY_DSN", "http://sentry.example"),
        ("PORT", "70000"),
        ("PORT", "٣"),
        ("WEB_CONCURRENCY", "0"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting, match=name):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:////var/lib/pinline/desk.db"),
        ("DATABASE_URL", "postgresql://pinline:p%40ss@db.example/pinline"),
        ("DATABASE_URL", "postgresql+psycopg://[2001:db8::1]:5432/pinline?sslmode=require"),
        ("DATABASE_URL", "postgresql:///pinline?host=/run/postgresql"),
        ("SECRET_KEY", "s" * 32),
        ("TOKEN_KEYS", f"{'t' * 32}, {'u' * 32}"),
        ("METRICS_TOKEN", "m" * 32),
        ("REDIS_URL", "rediss://:secret@redis.example:6380/1"),
        ("REDIS_URL", "unix:///run/redis.sock?db=1"),
        ("REDIS_URL", "redis://redis.example/"),
        ("REDIS_URL", "redis://redis.example?protocol=3"),
        ("APP_URL", "https://PINLINE.example:8443/"),
        ("APP_URL", "https://[2001:db8::1]"),
        ("APP_URL", "https://app_1.intern"),
        ("APP_URL", "https://192.0.2.1"),
        ("LOG_LEVEL", "warn"),
        ("LOG_LEVEL", "Critical"),
        ("LOG_LEVEL", "NOTSET"),
        ("PRIVATE_PORTALS", "portal.lan, BX_1.intern,10.1.2.3,10.1.0.0/16,fd00::/8,fd00::1"),
    ],
)
def test_what_works_is_let_through(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert load_settings()


def test_several_workers_need_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "2")
    with pytest.raises(BadSetting, match="REDIS_URL"):
        load_settings()
    monkeypatch.setenv("REDIS_URL", "redis://localhost")
    assert load_settings().workers == 2


def test_development_is_refused_with_a_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_LOCAL_PORTALS", "1")
    with pytest.raises(BadSetting, match="ALLOW_LOCAL_PORTALS"):
        load_settings()
    monkeypatch.setenv("APP_URL", "http://127.0.0.1:8000")
    assert load_settings().allow_local


@pytest.mark.parametrize("name", ["SECRET_KEY", "TOKEN_KEYS"])
def test_secrets_are_required_outside_development(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "")
    with pytest.raises(BadSetting, match=name):
        load_settings()


def test_development_makes_secrets_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ALLOW_LOCAL_PORTALS", "1")
    monkeypatch.setenv("APP_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("SECRET_KEY", "")
    monkeypatch.setenv("TOKEN_KEYS", "")
    first, second = load_settings(), load_settings()
    assert (first.secret_key, first.token_keys) == (second.secret_key, second.token_keys)
    assert len(first.secret_key) > 40
    assert first.secret_key not in first.token_keys
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret_key", "token_keys"]
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_development_is_content_with_secrets_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"SECRET_KEY": "s", "TOKEN_KEYS": "testkey,k", "METRICS_TOKEN": "metrics"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting, match="at least 32"):
        load_settings()
    monkeypatch.setenv("ALLOW_LOCAL_PORTALS", "1")
    monkeypatch.setenv("APP_URL", "http://127.0.0.1:8000")
    found = load_settings()
    assert (found.secret_key, found.token_keys, found.metrics_token) == ("s", ("testkey", "k"), "metrics")
    monkeypatch.setenv("TOKEN_KEYS", ",")
    with pytest.raises(BadSetting, match="TOKEN_KEYS"):
        load_settings()


def test_flasks_own_variable_switches_nothing_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with made(settings) as app:
        assert not app.debug
    assert Flask("another").debug, "elsewhere it would"


def test_a_program_ends_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "door")
    with pytest.raises(SystemExit) as ended:
        settings_or_exit()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "PORT" in said


def test_settings_given_by_hand_are_checked_together(settings: Settings) -> None:
    with pytest.raises(BadSetting, match="REDIS_URL"):
        production(settings.database_url, settings.instance, workers=3)
