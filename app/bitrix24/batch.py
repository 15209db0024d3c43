"""Up to 50 commands in one request: how they are written and what comes back (page "batch").

Each command is a query string that PHP parses, and each map of the answer is a PHP array: `[]` when empty, an
object otherwise, since no key of ours is a number.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import msgspec

from app.bitrix24.envelope import Envelope, problem, times
from app.bitrix24.errors import BadAnswer, RestError

MAX_COMMANDS = 50
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_METHOD = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_REFERENCE = "$result["
_EMPTY = msgspec.Raw(b"[]")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `key` names its answer (no number), `params` may nest mappings and sequences."""

    key: str
    method: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """Answers by command key: a key is in `results` or in `errors`; in neither, it was not carried out.

    `seconds` is the portal's own running time (else measured); `at` is the moment by its clock, if it told.
    """

    results: dict[str, msgspec.Raw]
    errors: dict[str, RestError]
    seconds: float
    at: datetime | None = None


class _Body(msgspec.Struct):
    result: msgspec.Raw = _EMPTY
    result_error: msgspec.Raw = _EMPTY
    result_time: msgspec.Raw = _EMPTY


_bodies = msgspec.json.Decoder(_Body)
_Reader = msgspec.json.Decoder[msgspec.Struct]


def encode(commands: Sequence[Command]) -> dict[str, str]:
    """The `cmd` map of the request.

    Raises ValueError for what a portal would misread: too many commands, keys twice or numeric, names
    that PHP rewrites, and text holding `$result[`, which the portal replaces by another command's answer.
    """
    if not 0 < len(commands) <= MAX_COMMANDS:
        raise ValueError(f"a batch holds 1 to {MAX_COMMANDS} commands, not {len(commands)}")
    encoded = {command.key: _encoded(command) for command in commands}
    if len(encoded) != len(commands):
        raise ValueError("two commands of a batch have the same key")
    return encoded


def check_method(method: str) -> str:
    """The method name itself. Raises ValueError when it is not one: it becomes part of a URL."""
    if not _METHOD.fullmatch(method) or len(method) > 100:
        raise ValueError("not a method name")
    return method


def decode(envelope: Envelope, measured: float, keys: Iterable[str]) -> BatchAnswer:
    """Read the maps in whichever shape they came: what answers one of these commands. Raises BadAnswer."""
    reader = _reader(tuple(keys))
    try:
        body = _bodies.decode(envelope.result)
        results, failures, clocks = (
            _mapped(reader, raw) for raw in (body.result, body.result_error, body.result_time)
        )
    except (msgspec.DecodeError, RecursionError):
        raise BadAnswer("not the answer of a batch") from None
    read = {key: times(raw) for key, raw in clocks.items()}
    errors = {
        key: problem(raw, read[key].operating_reset_at if key in read else None)
        for key, raw in failures.items()
    }
    return BatchAnswer(
        results={key: raw for key, raw in results.items() if key not in errors},
        errors=errors,
        seconds=_seconds(envelope, measured),
        at=_moment(times(envelope.time).finish),
    )


def _seconds(envelope: Envelope, measured: float) -> float:
    told = times(envelope.time).duration
    return measured if told is None or told < 0 else told


def _moment(seconds: float | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _mapped(reader: _Reader, raw: msgspec.Raw) -> dict[str, msgspec.Raw]:
    """What stands under the keys; a list has none of them, being what PHP makes of an empty map."""
    if bytes(memoryview(raw)[:1]) in (b"[", b"n"):
        return {}
    found = reader.decode(raw)
    return {name: part for name in found.__struct_fields__ if (part := getattr(found, name))}


@lru_cache(maxsize=64)
def _reader(keys: tuple[str, ...]) -> _Reader:
    """Reads what stands under these keys and passes the rest by: a portal may send any number of others."""
    fields = [(key, msgspec.Raw, msgspec.Raw()) for key in keys]
    return msgspec.json.Decoder(msgspec.defstruct("Answers", fields, gc=False))


def _encoded(command: Command) -> str:
    if not _KEY.fullmatch(command.key):
        raise ValueError("a command key is a name, not a number")
    query = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in _flat(command.params)
    )
    return check_method(command.method) + (f"?{query}" if query else "")


def _flat(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        if not re.fullmatch(r"[A-Za-z0-9_]+", name):
            raise ValueError("PHP would rewrite this parameter name")
        yield from _pairs(name, value)


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """PHP's own way: nested brackets, true and false as 1 and 0, null and empty arrays left out."""
    if isinstance(value, Mapping):
        for inner, item in value.items():
            yield from _pairs(f"{name}[{_inner(str(inner))}]", item)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _pairs(f"{name}[{index}]", item)
    elif value is not None:
        yield name, _text(value)


def _inner(name: str) -> str:
    if not name or "[" in name or "]" in name or "\0" in name:
        raise ValueError("PHP would misread this nested name")
    return name


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if not isinstance(value, str | int | float):
        raise ValueError("a parameter is text, a number or nested")
    text = str(value)
    if _REFERENCE in text:
        raise ValueError("text that the portal would replace by another answer")
    return text
