"""The switches of a portal and their defaults: how old, how strict and how slow this Bitrix24 is."""

import copy
from typing import Any

DEFAULTS: dict[str, Any] = {
    "recent_pin_lines": "forbidden",  # forbidden (portals since March 2026) | allowed
    "mute_lines": "forbidden",  # forbidden | allowed
    "silent_scope": "chat",  # chat | personal (portals since mid-2026)
    "pin_error": "empty",  # empty | coded
    "answer_errors": "empty",  # empty | coded
    "null_queue_row": False,
    "queue_on_every_page": True,
    "recent_get": "full",  # full | missing (ERROR_METHOD_NOT_FOUND, so the fallback list is needed)
    "auth_status": "source",  # source (401) | docs (403) for insufficient_scope and user_access_error
    "open_shape": "2026",  # 2026 | old (fewer fields) | no_tokens (the portal could not get any)
    "placement_options": "normal",  # normal | missing | empty | list | undefined
    "refresh_reuse": False,  # whether a used refresh token works again
    "payment": True,  # False: PAYMENT_REQUIRED and ACCESS_DENIED
    "scope": "im,imopenlines,placement,user_brief",
    "status": "L",
    "limiter": True,
    "bucket_size": 50,
    "bucket_drain": 2.0,
    "operating": True,
    "operating_limit": 480.0,
    "operating_charge": {},  # method -> seconds that count without being waited for
    "latency": {},  # method or "*" -> seconds; for pinAll and unpinAll per dialog
    "answer_latency": 0.0,  # seconds per request to the portal
    "oauth_latency": 0.0,
    "json_escape": True,  # PHP's escaping of slashes and non-ASCII
    "maps": "php",  # php: [] when empty, lists when numbered | objects
    "line_events": "source",  # source (what the code sends) | docs (what the documentation shows) | off
    "event_auth": "source",  # source (no endpoints when no user is known) | docs
    "events": "normal",  # normal | drop | duplicate
    "event_delay": 0.0,
    "language": "",  # overrides the user's interface language
    "life": False,
    "life_seconds": 4.0,
}


def fresh() -> dict[str, Any]:
    """The defaults, to be changed freely."""
    return copy.deepcopy(DEFAULTS)


def change(switches: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Set switches by name; raises ValueError for a name that does not exist."""
    unknown = sorted(set(wanted) - set(DEFAULTS))
    if unknown:
        raise ValueError(f"unknown switch: {', '.join(unknown)}")
    for name, value in wanted.items():
        switches[name] = coerce(value, DEFAULTS[name])


def coerce(value: Any, like: Any) -> Any:
    """Accept what a form or a script may send for a switch of that kind."""
    if isinstance(like, bool):
        return value if isinstance(value, bool) else str(value).lower() in ("1", "on", "true", "yes", "y")
    if isinstance(like, float):
        return float(value)
    if isinstance(like, int):
        return int(value)
    return value if isinstance(like, dict) else str(value)
