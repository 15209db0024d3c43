"""Settings of operators and portals. The rules: what an operator chose wins over the portal's default; two
choices that are saved at once are both kept.

Known keys take only their own values; the page may keep a few small flags beside them.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, get_args

import msgspec
from sqlalchemy import Connection, Engine, Table, select

from app.desk.kept.views import Sort
from app.desk.model import AdminsOnly, Invalid
from app.portals.model import Operator, OperatorKey
from app.storage.engine import reading, upsert
from app.storage.tables import portal_settings, preferences

RETENTION_DAYS = 90
AutoOff = Literal[0, 15, 30, 60, 120]
OURS: Mapping[str, Any] = {
    "theme": "auto",
    "density": "normal",
    "shortcuts": "on",
    "auto_silent_off": 0,
    "language": "",
    "sort": "waiting",
    "view": "all",
    "whats_new": "",
    "practice": False,
}
"""What holds where neither the operator nor the portal has chosen."""

DEFAULTS = ("theme", "density", "shortcuts", "language", "sort", "view")
"""What a portal may choose for those who have not; silent auto-off is a setting of its own."""

MOST_BYTES = 4096
MOST_KEYS = 32
_CHOICES: Mapping[str, tuple[object, ...]] = {
    "theme": ("auto", "light", "dark"),
    "density": ("normal", "compact"),
    "shortcuts": ("on", "modifier", "off"),
    "auto_silent_off": (0, 15, 30, 60, 120),
    "sort": get_args(Sort),
    "practice": (False, True),
}
_TEXTS = {
    "language": re.compile(r"([a-z]{2,3}(-[A-Za-z]{2,4})?)?"),
    "view": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "whats_new": re.compile(r"[A-Za-z0-9._-]{0,32}"),
}
_FLAG = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FLAG_TEXT = 200


class PortalSettings(msgspec.Struct, kw_only=True):
    """What an administrator set for everybody; `auto_silent_off` in minutes, 0 is never."""

    defaults: dict[str, Any] = {}
    retention_days: int = RETENTION_DAYS
    auto_silent_off: int = 0


class PortalChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What an administrator changes; what is not named stays."""

    defaults: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    retention_days: Annotated[int, msgspec.Meta(ge=7, le=365)] | msgspec.UnsetType = msgspec.UNSET
    auto_silent_off: AutoOff | msgspec.UnsetType = msgspec.UNSET


class Settings(msgspec.Struct, kw_only=True):
    """The operator's own values, the portal's, and what holds of both."""

    operator: dict[str, Any]
    portal: PortalSettings
    effective: dict[str, Any]
    may_edit_portal: bool


class SettingsBook:
    """Reads and writes settings. `is_admin(operator)` asks the portal whether the person administers it."""

    def __init__(self, engine: Engine, is_admin: Callable[[Operator], bool]) -> None:
        self._engine = engine
        self._is_admin = is_admin

    def load(self, operator: Operator) -> Settings:
        """Everything that the settings page shows."""
        with reading(self._engine) as conn:
            own = own_values(conn, operator.key)
            portal = portal_values(conn, operator.member_id)
        return Settings(
            operator=own,
            portal=portal,
            effective=effective(own, portal),
            may_edit_portal=operator.is_admin,
        )

    def own(self, key: OperatorKey) -> dict[str, Any]:
        """The operator's values; empty when none were set."""
        with reading(self._engine) as conn:
            return own_values(conn, key)

    def merge(self, key: OperatorKey, values: Mapping[str, Any]) -> None:
        """Set some values; None removes one. Raises `Invalid`."""
        for name, value in values.items():
            check_value(name, value)
        with self._engine.begin() as conn:
            mine = {"member_id": key.member_id, "user_id": key.user_id}
            both = _held(conn, preferences, mine) | dict(values)
            merged = {name: value for name, value in both.items() if value is not None}
            if len(merged) > MOST_KEYS or len(msgspec.json.encode(merged)) > MOST_BYTES:
                raise Invalid("preferences:size")
            upsert(conn, preferences, {**mine, "values": merged}, list(mine))

    def change_portal(self, operator: Operator, change: PortalChange) -> Settings:
        """Change the portal's settings. Raises `AdminsOnly`, `Invalid` and BitrixError.

        The portal itself is asked: rights may have been taken since the person opened the desk.
        """
        if change.defaults is not msgspec.UNSET:
            check_defaults(change.defaults)
        if not operator.is_admin or not self._is_admin(operator):
            raise AdminsOnly
        with self._engine.begin() as conn:
            its = {"member_id": operator.member_id}
            values = _held(conn, portal_settings, its) | msgspec.to_builtins(change)
            upsert(conn, portal_settings, {**its, "values": values}, list(its))
        return self.load(operator)


def own_values(conn: Connection, key: OperatorKey) -> dict[str, Any]:
    """One operator's values as stored."""
    query = select(preferences.c["values"]).where(
        preferences.c.member_id == key.member_id, preferences.c.user_id == key.user_id
    )
    return dict(conn.execute(query).scalar() or {})


def portal_values(conn: Connection, member_id: str) -> PortalSettings:
    """One portal's settings; ours where none were set."""
    query = select(portal_settings.c["values"]).where(portal_settings.c.member_id == member_id)
    return msgspec.convert(conn.execute(query).scalar() or {}, PortalSettings)


def _held(conn: Connection, table: Table, keys: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row that is ours alone until the transaction ends; made without any when it is missing.

    A row that is not there cannot be locked, so that who makes it at the same time has to wait for us here.
    """
    upsert(conn, table, {**keys, "values": {}}, list(keys), keep=["values"])
    query = select(table.c["values"]).where(*(table.c[name] == value for name, value in keys.items()))
    return dict(conn.execute(query.with_for_update()).scalar_one())


def effective(own: Mapping[str, Any], portal: PortalSettings) -> dict[str, Any]:
    """What holds: own over the portal's over ours."""
    return {**OURS, "auto_silent_off": portal.auto_silent_off, **portal.defaults, **own}


def check_value(name: object, value: object) -> None:
    """Raise `Invalid` unless this may be kept; None always may."""
    if not isinstance(name, str) or not _FLAG.fullmatch(name):
        raise Invalid("preferences:key")
    if value is None:
        return
    if name in _CHOICES:
        fits = any(value == choice and type(value) is type(choice) for choice in _CHOICES[name])
    elif name in _TEXTS:
        fits = isinstance(value, str) and _TEXTS[name].fullmatch(value) is not None
    else:
        fits = isinstance(value, bool | int) or (isinstance(value, str) and len(value) <= _FLAG_TEXT)
    if not fits:
        raise Invalid(f"preferences:{name[:32]}")


def check_defaults(values: Mapping[str, Any]) -> None:
    """Raise `Invalid` unless a portal may set these for everybody."""
    for name, value in values.items():
        if name not in DEFAULTS or value is None:
            raise Invalid("defaults:key")
        check_value(name, value)
