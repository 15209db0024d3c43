"""What a portal's browser or event queue sends, well formed, but nothing here is proved.

One source per field: what comes twice, or in the query and in the body, is refused. What is needed must fit
its pattern; an optional field that does not is no reason to refuse the rest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from app.bitrix24.fields import (
    BadParams,
    Fields,
    domain,
    optional,
    readable,
    refuse_elsewhere,
    required,
    single,
)

__all__ = [
    "OF_EVENT",
    "BadParams",
    "CallbackParams",
    "EventParams",
    "Fields",
    "OpenParams",
    "RefreshedParams",
    "parse_callback",
    "parse_event",
    "parse_open",
    "parse_refreshed",
]

_TOKEN = r"[\x21-\x7e]{1,2048}"  # noqa: S105 - a pattern: tokens are opaque (page "OAuth 2.0")  # nosec B105
_CODE = r"[A-Za-z0-9._~+/=|-]{1,512}"
_MEMBER = r"[A-Za-z0-9._-]{1,64}"
_SERVER = r"[A-Za-z0-9.:/\[\]-]{1,255}"
_IN_QUERY = ("DOMAIN", "PROTOCOL", "LANG", "APP_SID")
_IN_BODY = (
    "AUTH_ID",
    "AUTH_EXPIRES",
    "REFRESH_ID",
    "SERVER_ENDPOINT",
    "APPLICATION_TOKEN",
    "member_id",
    "status",
    "PLACEMENT",
    "PLACEMENT_OPTIONS",
)
_IN_RENEWAL = ("DOMAIN", "member_id", "AUTH_ID", "REFRESH_ID")
_DATA = ("CLEAN", "VERSION")
_AUTH = ("member_id", "application_token", "access_token", "domain", "server_endpoint")
OF_EVENT = {"event", "ts", *(f"auth[{name}]" for name in _AUTH), *(f"data[{name}]" for name in _DATA)}
_PLAIN = r"[^\x00-\x1f\x7f]{1,64}"
_CHAT = re.compile(r"chat([1-9][0-9]{0,17})", re.ASCII)
_LONGEST_OPTIONS = 16_384


@dataclass(frozen=True, slots=True)
class OpenParams:
    """The form that opens the app, its installer or a placement (page "Simple way of getting tokens")."""

    domain: str
    protocol: str
    language: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    member_id: str
    placement: str
    placement_options: Mapping[str, str] = field(repr=False)
    server_endpoint: str | None
    application_token: str | None = field(repr=False)

    @property
    def origin(self) -> str:
        """The claimed portal origin, `https://host[:port]`."""
        return f"{self.protocol}://{self.domain}"

    @property
    def dialog_chat_id(self) -> int | None:
        """The chat that a messenger placement was opened at (`dialogId` is `chat1763`), else None."""
        found = _CHAT.fullmatch(self.placement_options.get("dialogId", ""))
        return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class RefreshedParams:
    """A fresh pair that the page got from its portal (`BX24.refreshAuth`)."""

    domain: str
    member_id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallbackParams:
    """The redirect that ends the authorization-code flow."""

    code: str = field(repr=False)
    state: str = field(repr=False)
    domain: str
    member_id: str
    server_domain: str | None


@dataclass(frozen=True, slots=True)
class EventParams:
    """One event of the queue. `data` holds what we use of it: CLEAN and VERSION.

    The access token is absent when nobody's action fired the event (page "Events"); what else comes with
    it is not taken. `received` is when we took it in, by our own clock, in microseconds since 1970; None
    until then. Events are kept over restarts: a field that is added has a default, for those that an older
    release has left.
    """

    event: str
    member_id: str
    application_token: str = field(repr=False)
    access_token: str | None = field(repr=False)
    domain: str | None
    server_endpoint: str | None
    data: Mapping[str, str] = field(repr=False)
    ts: int | None
    received: int | None = None


def parse_open(query: Fields, form: Fields) -> OpenParams:
    """Parse the opening POST. Raises BadParams.

    Tokens are missing when a portal could not get one (its payment, for instance): `missing:AUTH_ID`.
    """
    values = single(query, form)
    refuse_elsewhere((name for name, _ in query), _IN_BODY)
    refuse_elsewhere((name for name, _ in form), _IN_QUERY)
    protocol = "http" if required(values, "PROTOCOL", "[01]") == "0" else "https"
    return OpenParams(
        domain=domain(values.get("DOMAIN"), "DOMAIN", 80 if protocol == "http" else 443),
        protocol=protocol,
        language=readable(values, "LANG", r"[A-Za-z_-]{2,10}") or "",
        access_token=required(values, "AUTH_ID", _TOKEN),
        refresh_token=required(values, "REFRESH_ID", _TOKEN),
        member_id=required(values, "member_id", _MEMBER),
        placement=readable(values, "PLACEMENT", r"[A-Z0-9_]{1,64}") or "DEFAULT",
        placement_options=_options(values.get("PLACEMENT_OPTIONS", "")),
        server_endpoint=readable(values, "SERVER_ENDPOINT", _SERVER),
        application_token=readable(values, "APPLICATION_TOKEN", _TOKEN),
    )


def parse_refreshed(values: Mapping[str, object]) -> RefreshedParams:
    """Parse the JSON body of the page's session renewal. Raises BadParams."""
    plain = {name: value for name in _IN_RENEWAL if isinstance(value := values.get(name, ""), str)}
    for name in _IN_RENEWAL:
        if name not in plain:
            raise BadParams(f"bad:{name}")
    return RefreshedParams(
        domain=_host(plain.get("DOMAIN", "")),
        member_id=required(plain, "member_id", _MEMBER),
        access_token=required(plain, "AUTH_ID", _TOKEN),
        refresh_token=required(plain, "REFRESH_ID", _TOKEN),
    )


def _host(value: str) -> str:
    """The host of DOMAIN, which the portal's library may give as an address. Raises BadParams."""
    scheme = re.match(r"https?://", value, re.ASCII | re.IGNORECASE)
    usual_port = 80 if scheme and len(scheme[0]) == len("http://") else 443
    return domain(value[scheme.end() if scheme else 0 :].partition("/")[0], "DOMAIN", usual_port)


def parse_callback(query: Fields) -> CallbackParams:
    """Parse the OAuth redirect. Raises BadParams."""
    values = single(query)
    return CallbackParams(
        code=required(values, "code", _CODE),
        state=required(values, "state", _CODE),
        domain=domain(values.get("domain"), "domain"),
        member_id=required(values, "member_id", _MEMBER),
        server_domain=readable(values, "server_domain", _SERVER),
    )


def parse_event(form: Fields) -> EventParams:
    """Parse one event of as many fields as it likes (pages "Events" and "OnAppUninstall").

    Strict in what decides: the name, the portal, the application token, CLEAN and VERSION. What else we read
    counts as absent where it cannot be read; what we do not read is not looked at. Raises BadParams; an array
    where a token belongs is refused like a wrong token.
    """
    values = single([(name, value) for name, value in form if name in OF_EVENT])
    ts = readable(values, "ts", r"[0-9]{1,18}")
    data = {name: optional(values, f"data[{name}]", _PLAIN) for name in _DATA}
    return EventParams(
        event=required(values, "event", r"[A-Za-z0-9_]{1,64}").upper(),
        member_id=required(values, "auth[member_id]", _MEMBER),
        application_token=required(values, "auth[application_token]", _TOKEN),
        access_token=readable(values, "auth[access_token]", _TOKEN),
        domain=_readable_host(values.get("auth[domain]", "")),
        server_endpoint=readable(values, "auth[server_endpoint]", _SERVER),
        data={name: value for name, value in data.items() if value is not None},
        ts=None if ts is None else int(ts),
    )


def _readable_host(value: str) -> str | None:
    """The portal's address, where it can be read."""
    try:
        return _host(value)
    except BadParams:
        return None


def _options(value: str) -> dict[str, str]:
    """The scalars of PLACEMENT_OPTIONS; it may be empty, `[]`, the text `undefined`, too long or no JSON."""
    try:
        found = msgspec.json.decode(value if len(value) <= _LONGEST_OPTIONS else "")
    except (msgspec.DecodeError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): str(item) for name, item in found.items() if _is_plain(item)}


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
