"""Reads form and query fields: each once at most, bounded in number and length, no control characters.

Strict about what is needed; what can be done without and cannot be read counts as absent.

`BadParams.reason` names the field and never its value, so it is safe to log and to show.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

Fields = Sequence[tuple[str, str]]

MAX_FIELDS = 500
MAX_EVENT_FIELDS = 5000
"""Of an event, which bears whatever a dialog's message does."""

_MAX_NAME = 200
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(
    rf"(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]{{2,45}}\])(?::(?P<port>[1-9][0-9]{{0,4}}))?"
)


class BadParams(ValueError):
    """The request is not one that a portal sends. `reason` is a short code such as `missing:AUTH_ID`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def single(*sources: Fields) -> dict[str, str]:
    """All fields by name. Raises BadParams when a name comes twice, here or in another source."""
    values: dict[str, str] = {}
    if sum(len(source) for source in sources) > MAX_FIELDS:
        raise BadParams("too_many_fields")
    for source in sources:
        for name, value in source:
            if len(name) > _MAX_NAME:
                raise BadParams("long_name")
            if name in values:
                raise BadParams(f"duplicate:{shown(name)}")
            values[name] = value
    return values


def shown(name: str) -> str:
    """A field name as it may stand in a reason."""
    return re.sub(r"[^A-Za-z0-9_\[\]]", "_", name)[:40]


def required(values: Mapping[str, str], name: str, pattern: str) -> str:
    """The field, which must fit the pattern. Raises BadParams `missing:` or `bad:`."""
    value = optional(values, name, pattern)
    if value is None:
        raise BadParams(f"missing:{name}")
    return value


def optional(values: Mapping[str, str], name: str, pattern: str) -> str | None:
    """The field or None when it is absent or empty. Raises BadParams `bad:`."""
    value = values.get(name, "")
    if not value:
        return None
    if not re.fullmatch(pattern, value, re.ASCII):
        raise BadParams(f"bad:{name}")
    return value


def readable(values: Mapping[str, str], name: str, pattern: str) -> str | None:
    """The field or None: one that can be done without and does not fit the pattern counts as absent."""
    value = values.get(name, "")
    return value if re.fullmatch(pattern, value, re.ASCII) else None


def domain(value: str | None, name: str, usual_port: int = 443) -> str:
    """`host[:port]` in lower case, without the scheme's own port. Raises BadParams."""
    if not value:
        raise BadParams(f"missing:{name}")
    found = _DOMAIN.fullmatch(value.lower())
    if found is None or len(found["host"]) > 253 or int(found["port"] or 1) > 65535:
        raise BadParams(f"bad:{name}")
    port = int(found["port"] or usual_port)
    return found["host"] if port == usual_port else f"{found['host']}:{port}"


def refuse_elsewhere(values: Iterable[str], names: Iterable[str]) -> None:
    """Raise BadParams when a field came in the wrong half of the request, such as a token in the URL."""
    for name in sorted(set(values) & set(names)):
        raise BadParams(f"misplaced:{name}")
