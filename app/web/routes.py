"""Small things that several routes share: fixed paths, the body as pairs, JSON in and out."""

import json
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.bitrix24.fields import MAX_FIELDS
from app.bitrix24.params import BadParams, Fields
from app.web.failures import InvalidRequest

T = TypeVar("T")
FRAME_PATHS = ("/app", "/install")
MAX_BODY = 256 * 1024
FORM = "application/x-www-form-urlencoded"


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


def _body() -> bytes:
    """The body as it came. Each server has errors of its own for broken chunks: the sender's mistake."""
    try:
        return request.get_data(cache=False)
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
