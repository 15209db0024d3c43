"""One setting at a time, from the environment's text to a value.

The rule: what cannot be right is refused at the start, in one sentence that names the setting (`BadSetting`).
"""

import base64
import ipaddress
import logging
import os
import re
import secrets
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from environs import Env

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
LEAST_LENGTH = 32
"""Characters of a secret outside development: 128 bits, even if somebody writes them in hexadecimal."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_REDIS_PATH = re.compile(r"/?[0-9]*")


class BadSetting(ValueError):
    """One setting is missing or wrong; the text names it and says what it must be."""


def text(env: Env, name: str) -> str:
    """The setting without spaces around it; empty when it is not set."""
    value = env.str(name, "").strip()
    if _CONTROL.search(value):
        raise BadSetting(f"{name} must be one line without control characters.")
    return value


def required(env: Env, name: str) -> str:
    """A setting that has no default."""
    value = text(env, name)
    if not value:
        raise BadSetting(f"{name} is not set.")
    return value


def many(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated setting."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def flag(env: Env, name: str) -> bool:
    """A setting that is 0 (the default) or 1."""
    value = text(env, name) or "0"
    if value not in ("0", "1"):
        raise BadSetting(f"{name} must be 0 or 1.")
    return value == "1"


def number(env: Env, name: str, default: int, low: int, high: int) -> int:
    """A whole number from `low` to `high`."""
    value = text(env, name) or str(default)
    if not (value.isascii() and value.isdecimal()) or not low <= int(value) <= high:
        raise BadSetting(f"{name} must be a whole number from {low} to {high}.")
    return int(value)


def url(name: str, value: str, local: bool) -> str:
    """One origin, without a trailing slash: `https://host[:port]`, http only in development."""
    parts = _parts(name, value)
    if parts is None or (parts[0] == "http" and not local) or urlsplit(value).path not in ("", "/"):
        raise BadSetting(f"{name} must look like https://host or https://host:port.")
    return f"{parts[0]}://{parts[1]}"


def _parts(name: str, value: str) -> tuple[str, str] | None:
    """Scheme and host[:port] of an http(s) address without credentials, query or fragment; else None."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return None
    plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    if not plain or parts.query or parts.fragment or any(c.isspace() for c in value):
        return None
    name = parts.hostname or ""
    if not (_is_network(name) if ":" in name else _HOST.fullmatch(name)):
        return None
    host = f"[{name}]" if ":" in name else name
    usual = {"http": 80, "https": 443}[parts.scheme]
    return parts.scheme, f"{host}" if port in (None, usual) else f"{host}:{port}"


def oauth_servers(text: str, local: bool) -> tuple[str, ...]:
    """The origins of authorization servers, at least one."""
    servers = tuple(url("B24_OAUTH_SERVERS", one, local) for one in many(text))
    if not servers:
        raise BadSetting("B24_OAUTH_SERVERS must name at least one authorization server.")
    return servers


def script_url(value: str, local: bool) -> str:
    """The address of a script; http only in development."""
    parts = _parts("B24_JS_URL", value)
    if parts is None or (parts[0] == "http" and not local):
        raise BadSetting("B24_JS_URL must be an https address without a query (http only in development).")
    return value


def database_url(value: str, instance: Path) -> str:
    """A SQLAlchemy URL; a file in `instance` when none is set."""
    if not value:
        return f"sqlite:///{instance / 'pinline.db'}"
    if not value.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://", "postgres://")):
        raise BadSetting("DATABASE_URL must start with sqlite:/// or postgresql+psycopg://.")
    path = value.removeprefix("sqlite:///").partition("?")[0]
    if value.startswith("sqlite:") and (not path or ":memory:" in path):
        raise BadSetting("DATABASE_URL must name a file: threads do not share a database in memory.")
    if not _has_whole_port(value):
        raise BadSetting("DATABASE_URL has no valid host and port.")
    return value


def redis_url(value: str) -> str | None:
    """The address of Redis, None when none is set."""
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        raise BadSetting("REDIS_URL must start with redis://, rediss:// or unix://.")
    if not _has_whole_port(value):
        raise BadSetting("REDIS_URL has no valid host and port.")
    parts = urlsplit(value)
    path = "" if parts.scheme == "unix" else parts.path
    number = parse_qs(parts.query).get("db", ["0"])[0]
    if not _REDIS_PATH.fullmatch(path) or not (number.isascii() and number.isdecimal()):
        raise BadSetting("REDIS_URL must name a database by its number, or none.")
    return value or None


def _has_whole_port(url: str) -> bool:
    """Whether the address can be taken apart; its host may be missing (sockets), its port be left out."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def private_portals(text: str) -> tuple[str, ...]:
    """Hosts without ports, addresses and networks; anything else would be accepted and never match."""
    for one in many(text):
        if not _HOST.fullmatch(one.lower()) and not _is_network(one):
            raise BadSetting(
                "PRIVATE_PORTALS must hold hosts (without ports) or networks such as 10.1.0.0/16."
            )
    return many(text)


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def log_level(value: str) -> str:
    """One of Python's names of levels, in capitals."""
    names = logging.getLevelNamesMapping()
    if value.upper() not in names:
        raise BadSetting(f"LOG_LEVEL must be one of {', '.join(names)}.")
    return value.upper()


def sentry_dsn(value: str) -> str | None:
    """Where crashes go, None when nowhere; needs its package."""
    if value and not value.startswith("https://"):
        raise BadSetting("SENTRY_DSN must be an https address.")
    if value and find_spec("sentry_sdk") is None:
        raise BadSetting("SENTRY_DSN is set, but the package sentry-sdk is not installed.")
    return value or None


def secret(env: Env, name: str, local: bool, instance: Path) -> str:
    """The secret from the environment; in development one that is made once and kept in `instance/`."""
    value = text(env, name)
    if not value and local:
        return _kept(instance / name.lower())
    if not value:
        raise BadSetting(f"{name} is not set; it is required outside development.")
    parts = value.split(",") if name == "TOKEN_KEYS" else [value]
    if not any(part.strip() for part in parts):
        raise BadSetting(f"{name} must hold at least one key.")
    if not local:
        _check_length(name, parts)
    return value


def metrics_token(value: str, local: bool) -> str | None:
    """What opens the figures, None when nothing does."""
    if value and not local:
        _check_length("METRICS_TOKEN", [value])
    return value or None


def _check_length(name: str, parts: Iterable[str]) -> None:
    if any(len(part.strip()) < LEAST_LENGTH for part in parts):
        raise BadSetting(f"{name} is too short: at least {LEAST_LENGTH} characters.")


def folder(name: str, path: Path) -> Path:
    """A folder that files can be made in; it is made when missing."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise BadSetting(f"{name} is no folder that can be written to: {error.strerror}.") from None


def _kept(path: Path) -> str:
    """The generated secret in this file; several starting processes agree on the first one written."""
    folder("INSTANCE_DIR", path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(), "ascii")
    draft.chmod(0o600)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text("ascii").strip()
