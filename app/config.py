"""Settings from the environment, all checked at start: a bad one stops the process with one sentence.

Only the factory and the web room read this; lower rooms are handed plain values.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from environs import Env, EnvError

from app import setting_values as values
from app.setting_values import BadSetting

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"
OAUTH_SERVERS = "https://oauth.bitrix.info,https://oauth.bitrix24.tech"
JS_URL = "https://api.bitrix24.com/api/v1/"
PROXIES = 0
LOG_DAYS = 7
LOG_LEVEL = "INFO"
PORT = 8000
WORKERS = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. `allow_local` is what makes a development set-up."""

    client_id: str
    client_secret: str = field(repr=False)
    app_url: str
    secret_key: str = field(repr=False)
    token_keys: tuple[str, ...] = field(repr=False)
    database_url: str = field(repr=False)
    redis_url: str | None = field(default=None, repr=False)
    oauth_servers: tuple[str, ...] = tuple(OAUTH_SERVERS.split(","))
    js_url: str = JS_URL
    allow_local: bool = False
    trusted_proxies: int = PROXIES
    private_portals: tuple[str, ...] = ()
    log_retention_days: int = LOG_DAYS
    metrics_token: str | None = field(default=None, repr=False)
    log_level: str = LOG_LEVEL
    sentry_dsn: str | None = field(default=None, repr=False)
    port: int = PORT
    workers: int = WORKERS
    instance: Path = INSTANCE

    def __post_init__(self) -> None:
        """Refuse combinations that are unsafe or cannot work."""
        if self.workers > 1 and not self.redis_url:
            raise BadSetting(f"WEB_CONCURRENCY is {self.workers}, but several workers need REDIS_URL.")
        if self.allow_local and urlsplit(self.app_url).scheme == "https":
            raise BadSetting("ALLOW_LOCAL_PORTALS is for development; it is refused with an https APP_URL.")


def load_settings() -> Settings:
    """Read the environment (and `.env` beside app.py, which never overrides it); raise BadSetting."""
    env = Env()
    if (ROOT / ".env").is_file():
        env.read_env(str(ROOT / ".env"), recurse=False)
    try:
        return _read(env)
    except EnvError as error:
        raise BadSetting(f"{error}.".replace("..", ".")) from None


def settings_or_exit() -> Settings:
    """`load_settings` for programs: a bad setting is one sentence on stderr and exit code 2."""
    try:
        return load_settings()
    except BadSetting as error:
        stop(str(error))


def stop(sentence: str) -> NoReturn:
    """End the process because of a bad setting."""
    sys.stderr.write(f"Pinline cannot start: {sentence}\n")
    raise SystemExit(2)


def _read(env: Env) -> Settings:
    local = values.flag(env, "ALLOW_LOCAL_PORTALS")
    given = values.text(env, "INSTANCE_DIR")
    instance = values.folder("INSTANCE_DIR", Path(given)) if given else INSTANCE
    return Settings(
        client_id=values.required(env, "B24_CLIENT_ID"),
        client_secret=values.required(env, "B24_CLIENT_SECRET"),
        app_url=values.url("APP_URL", values.required(env, "APP_URL"), local),
        secret_key=values.secret(env, "SECRET_KEY", local, instance),
        token_keys=values.many(values.secret(env, "TOKEN_KEYS", local, instance)),
        database_url=values.database_url(values.text(env, "DATABASE_URL"), instance),
        redis_url=values.redis_url(values.text(env, "REDIS_URL")),
        oauth_servers=values.oauth_servers(values.text(env, "B24_OAUTH_SERVERS") or OAUTH_SERVERS, local),
        js_url=values.script_url(values.text(env, "B24_JS_URL") or JS_URL, local),
        allow_local=local,
        trusted_proxies=values.number(env, "TRUSTED_PROXIES", PROXIES, 0, 10),
        private_portals=values.private_portals(values.text(env, "PRIVATE_PORTALS")),
        log_retention_days=values.number(env, "LOG_RETENTION_DAYS", LOG_DAYS, 3, 3650),
        metrics_token=values.metrics_token(values.text(env, "METRICS_TOKEN"), local),
        log_level=values.log_level(values.text(env, "LOG_LEVEL") or LOG_LEVEL),
        sentry_dsn=values.sentry_dsn(values.text(env, "SENTRY_DSN")),
        port=values.number(env, "PORT", PORT, 1, 65535),
        workers=values.number(env, "WEB_CONCURRENCY", WORKERS, 1, 64),
        instance=instance,
    )
