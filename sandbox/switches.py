"""The switches of a portal and their defaults: how old, how strict and how slow this Bitrix24 is."""

import copy
from typing import Any

# What a switch of words may say, and what the word stands for. The first is the default.
CHOICES: dict[str, dict[str, str]] = {
    "recent_pin_lines": {"forbidden": "portals since March 2026", "allowed": "portals before that"},
    "mute_lines": {"forbidden": "portals since October 2025", "allowed": "portals before that"},
    "silent_scope": {"chat": "one for everybody in the chat", "personal": "portals since mid-2026"},
    "pin_error": {"empty": "no code, as portals do", "coded": "the code that got lost"},
    "answer_errors": {"empty": "older portals", "coded": "newest portals"},
    "recent_get": {"full": "im.recent.get is there", "missing": "portals that lack im.recent.get"},
    "auth_status": {"source": "401 for missing rights, as portals do", "docs": "403, as documented"},
    "open_shape": {
        "2026": "all fields",
        "old": "portals before 2026, fewer fields",
        "no_tokens": "the portal could not get any",
    },
    "placement_options": {
        "normal": "JSON with the chat",
        "missing": "no such field",
        "empty": "an empty text",
        "list": "[], PHP's empty map",
        "undefined": "the word undefined",
    },
    "status": {
        "L": "local",
        "F": "free",
        "D": "demo",
        "T": "trial",
        "P": "paid",
        "S": "subscription",
    },
    "maps": {"php": "[] when empty, lists when numbered", "objects": "always objects"},
    "line_events": {"source": "what portals send", "docs": "what is documented", "off": "none"},
    "event_auth": {"source": "no endpoints when no user is known", "docs": "endpoints always"},
    "update_event": {"source": "a new version sends nothing", "docs": "ONAPPUPDATE"},
    "update_bindings": {"keep": "a new version keeps handlers and places", "drop": "it loses them"},
    "events": {"normal": "each once", "drop": "none arrives", "duplicate": "each twice"},
}

DEFAULTS: dict[str, Any] = {name: next(iter(words)) for name, words in CHOICES.items()} | {
    "null_queue_row": False,
    "queue_on_every_page": True,
    "refresh_reuse": False,  # whether a used refresh token works again
    "payment": True,  # False: PAYMENT_REQUIRED and ACCESS_DENIED
    "scope": "im,imopenlines,placement,user_brief",
    "limiter": True,
    "bucket_size": 50,
    "bucket_drain": 2.0,
    "operating": True,
    "operating_limit": 480.0,
    "operating_charge": {},  # method -> seconds that count without being waited for
    "latency": {},  # method or "*" -> seconds; for pinAll and unpinAll per dialog, while others are served
    "answer_latency": 0.0,  # seconds per request to the portal
    "oauth_latency": 0.0,
    "json_escape": True,  # PHP's escaping of slashes and non-ASCII
    "event_delay": 0.0,
    "language": "",  # overrides the user's interface language
    "life": False,
    "life_seconds": 4.0,
}
WORDS = {
    **dict.fromkeys(("1", "on", "true", "yes", "y"), True),
    **dict.fromkeys(("0", "off", "false", "no", "n", ""), False),
}


def fresh() -> dict[str, Any]:
    """The defaults, to be changed freely."""
    return copy.deepcopy(DEFAULTS)


def change(switches: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Set switches by name, all or none; raises ValueError for a name or a value that does not exist."""
    unknown = sorted(set(wanted) - set(DEFAULTS))
    if unknown:
        raise ValueError(f"unknown switch: {', '.join(unknown)}")
    switches.update({name: coerce(name, value) for name, value in wanted.items()})


def coerce(name: str, value: Any) -> Any:
    """Accept what a form or a script may send for a switch of that kind; raises ValueError."""
    like = DEFAULTS[name]
    if name in CHOICES:
        return chosen(name, str(value), list(CHOICES[name]))
    if isinstance(like, bool):
        return WORDS[chosen(name, str(value).lower(), list(WORDS))]
    if isinstance(like, dict):
        if not isinstance(value, dict):
            raise ValueError(f"{name} must be a map of methods and seconds")
        return {str(method).lower(): float(seconds) for method, seconds in value.items()}
    kind: Any = type(like)
    return kind(value)


def chosen(name: str, value: str, choices: list[str]) -> str:
    """The value, if it is one of the choices: a misspelt one would test something else in silence."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}")
    return value
