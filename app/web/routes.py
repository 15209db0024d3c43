"""Small things that several routes share: fixed paths, the body as pairs, JSON in and out."""

import json
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from app.bitrix24.fields import MAX_EVENT_FIELDS, MAX_FIELDS
from app.bitrix24.params import OF_EVENT, BadParams, Fields
from app.web.failures import InvalidRequest

T = TypeVar("T")
FRAME_PATHS = ("/app", "/install")
MAX_BODY = 256 * 1024
FORM = "application/x-www-form-urlencoded"
_LONGEST_NAME = 100
_LONGEST_VALUE = 8192
"""Bytes of a field of an event: more than the longest token, were each of its signs escaped."""


def probe() -> Response:
    """The answer to HEAD: the address exists; nothing happens."""
    return Response(status=200, content_type="text/html; charset=utf-8")


def query_pairs() -> Fields:
    """The query in its order, repeats included. Raises BadParams."""
    return _pairs(request.query_string)


def form_pairs() -> Fields:
    """The posted form in its order, repeats included. Raises BadParams, or 413 beyond the limit."""
    if request.mimetype not in (FORM, ""):
        raise BadParams("content_type")
    return _pairs(_body())


def event_pairs() -> Fields:
    """The fields of an event that we read; others may be of any kind, and cost next to nothing.

    An event is not sent again (page "Events"). Raises BadParams, or 413 beyond the limit.
    """
    if request.mimetype == "multipart/form-data":
        reader = FormDataParser(
            stream_factory=lambda *_, **__: BytesIO(),  # of a file, which is not taken
            max_form_memory_size=MAX_BODY,
            max_form_parts=MAX_EVENT_FIELDS,
        )
        body = _body()
        _, parts, _ = reader.parse(BytesIO(body), request.mimetype, len(body), request.mimetype_params)
        return list(parts.items(multi=True))
    if request.mimetype not in (FORM, ""):
        raise BadParams("content_type")
    pieces = _body().split(b"&")
    if len(pieces) > MAX_EVENT_FIELDS:
        raise BadParams("too_many_fields")
    split = (piece.partition(b"=") for piece in pieces)
    named = ((_plain(name), value) for name, _, value in split if len(name) <= _LONGEST_NAME)
    return [(name, _plain(value[:_LONGEST_VALUE])) for name, value in named if name in OF_EVENT]


def _plain(raw: bytes) -> str:
    """What stands in a form as text; a sign that is none becomes one that fits no pattern."""
    return unquote_plus(raw.decode(errors="replace"), errors="replace")


def _body() -> bytes:
    """The body as it came. Each server has errors of its own for broken chunks: the sender's mistake."""
    try:
        body = request.get_data(cache=False)
        if request.content_length is None:
            request.stream.read(1)  # of chunks get_data takes what fits the limit: a byte beyond it raises
        return body
    except RequestEntityTooLarge:
        raise
    except Exception as broken:
        raise BadParams("broken_body") from broken


def _pairs(raw: bytes) -> Fields:
    try:
        return parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError:
        raise BadParams("encoding") from None


def body_as(kind: type[T]) -> T:
    """The JSON body as `kind`; unknown, doubled, missing or wrongly typed fields are refused."""
    if request.mimetype != "application/json":
        raise InvalidRequest("content_type")
    try:
        values = json.loads(_body() or b"{}", object_pairs_hook=_once, parse_constant=_no_number)
        _check_text(json.dumps(values, ensure_ascii=False))
        return msgspec.convert(values, kind)
    except (ValueError, RecursionError):
        raise InvalidRequest("body") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a field twice: which one counts differs from parser to parser."""
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("doubled")
    return values


def _no_number(name: str) -> float:
    """NaN and the infinities are no JSON, though Python reads them."""
    raise ValueError(name)


def _check_text(text: str) -> None:
    """Refuse what JSON can say and databases cannot keep: halves of characters, and NUL."""
    text.encode()
    if "\\u0000" in text or "\0" in text:
        raise ValueError("NUL")


def one(name: str) -> str | None:
    """A query parameter that may be given once."""
    values = request.args.getlist(name)
    if len(values) > 1:
        raise InvalidRequest(f"doubled:{name}")
    if values and "\0" in values[0]:
        raise InvalidRequest(f"text:{name}")
    return values[0] if values else None


def one_number(name: str, default: int | None, low: int, high: int) -> int | None:
    """A whole number in the query; an empty one counts as absent."""
    text = one(name)
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()) or not low <= int(text[:19]) <= high:
        raise InvalidRequest(f"range:{name}")
    return int(text)


def json_answer(value: Any, status: int = 200) -> Response:
    """A value of ours as JSON."""
    return Response(msgspec.json.encode(value), status, content_type="application/json")
