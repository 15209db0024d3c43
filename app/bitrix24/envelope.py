"""Opens the envelope of a REST answer: the result, or the one typed error that the body tells.

The body decides, never the status: errors come with 200, results may be null, codes may be empty or numbers
(pages "REST error codes" and "Limits"). What is no such envelope is a BadAnswer.
"""

import re
import time
from collections.abc import Mapping

import msgspec

from app.bitrix24.answer import Answer
from app.bitrix24.errors import BadAnswer, OperationTimeLimit, RateLimited, RestError, classify

OPERATION_PAUSE = 10.0  # seconds, when a portal does not say when the method may run again
_MAX_PAUSE = 600.0
_MOST_COMMAS = 1_500_000
"""In one answer: two bytes on the wire may become an object of 70 bytes here, and far more when it is read. A
list's rows have a comma in 21 bytes, so 16 MiB, the most that is read, hold 800,000; 50 messages of nothing
but 20,000 commas hold a million."""
_LONGEST_ERROR = 64 * 1024  # bytes; a code is a word
_NULL = b"null"
_ODD = re.compile(r"[^A-Za-z0-9_.:-]+")


class Envelope(msgspec.Struct):
    """A REST answer, its parts still undecoded; an absent part is empty."""

    result: msgspec.Raw = msgspec.Raw(b"")
    error: msgspec.Raw = msgspec.Raw(b"")
    time: msgspec.Raw = msgspec.Raw(b"")
    operating_reset_at: msgspec.Raw = msgspec.Raw(b"")


class Times(msgspec.Struct):
    """The portal's own clockwork: when it was done, how long it took, when its method's use is forgotten."""

    finish: float | None = None
    duration: float | None = None
    operating_reset_at: float | None = None


class _Problem(msgspec.Struct):
    error: msgspec.Raw = msgspec.Raw(b"")
    code: msgspec.Raw = msgspec.Raw(b"")
    operating_reset_at: msgspec.Raw = msgspec.Raw(b"")


_envelopes = msgspec.json.Decoder(Envelope)
_problems = msgspec.json.Decoder(_Problem)
_times = msgspec.json.Decoder(Times, strict=False)
_numbers = msgspec.json.Decoder(float, strict=False)


def open_envelope(answer: Answer, *, write: bool = True) -> Envelope:
    """The envelope of a successful answer. Raises RestError by its code, or BadAnswer.

    A 503 or 429 without a readable body counts as "too many requests" (RateLimited) for a read. For a write
    it does not: a proxy in front of a portal says the same when the portal may have carried it out.
    """
    try:
        envelope = _envelopes.decode(_checked(answer.body))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        if answer.status in (429, 503) and not write:
            raise RateLimited("QUERY_LIMIT_EXCEEDED", answer.status, retry_after(answer.headers)) from None
        raise BadAnswer(f"not a REST answer ({answer.status})") from None
    if _present(envelope.error) or (envelope.error and not envelope.result):
        raise _refusal(envelope, answer)
    if not envelope.result:
        raise BadAnswer(f"neither a result nor an error ({answer.status})")
    return envelope


def problem(raw: msgspec.Raw, reset_at: float | None = None) -> RestError:
    """The error of one command of a batch: `{"error": …}`, or whatever stands in its place."""
    try:
        found = _problems.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return classify("", 200)
    return _classified(code_of(found.error), 200, number(found.operating_reset_at) or reset_at, None)


def times(raw: msgspec.Raw) -> Times:
    """The `time` part; what cannot be read is None."""
    try:
        return _times.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return Times()


def number(raw: msgspec.Raw) -> float | None:
    """A number or a number in a string, else None."""
    try:
        return _numbers.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def code_of(raw: msgspec.Raw) -> str:
    """An error code as safe text: at most 64 of letters, digits and `_.:-`; an object's own `code`."""
    try:
        value = msgspec.json.decode(raw) if len(memoryview(raw)) <= _LONGEST_ERROR else None
    except (msgspec.DecodeError, RecursionError):
        return ""
    if isinstance(value, dict):
        value = value.get("code", "")
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    return _ODD.sub("_", str(value))[:64].strip("_")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The header of that name in seconds (at most 60), None when it is absent or a date."""
    text = headers.get("Retry-After", "")
    return min(60.0, float(text)) if text.isdecimal() and text.isascii() and len(text) < 9 else None


def _checked(body: bytes) -> bytes:
    """Raw parts are not decoded here, so refuse broken UTF-8 and far too many parts before they travel on."""
    if body.count(b",") > _MOST_COMMAS:
        raise BadAnswer("an answer of too many parts")
    if not body.isascii():
        body.decode()
    return body


def _present(raw: msgspec.Raw) -> bool:
    return bool(raw) and bytes(raw) != _NULL


def _refusal(envelope: Envelope, answer: Answer) -> RestError:
    reset_at = times(envelope.time).operating_reset_at or number(envelope.operating_reset_at)
    return _classified(code_of(envelope.error), answer.status, reset_at, retry_after(answer.headers))


def _classified(code: str, status: int, reset_at: float | None, header: float | None) -> RestError:
    error = classify(code, status)
    if isinstance(error, OperationTimeLimit):
        error.retry_after = _pause(reset_at)
    elif isinstance(error, RateLimited):
        error.retry_after = header
    return error


def _pause(reset_at: float | None) -> float:
    """Seconds until an operating limit is lifted, between one second and ten minutes."""
    if reset_at is None:
        return OPERATION_PAUSE
    return min(_MAX_PAUSE, max(1.0, reset_at - time.time()))
