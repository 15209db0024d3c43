"""Reads what an authorization server answers: a token pair, an `app.info`, or an error by its code.

A server in trouble (5xx, HTML) is no refusal: the stored pair may still be good, so it is a TransportError.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from app.bitrix24.addresses import parse_url
from app.bitrix24.answer import Answer
from app.bitrix24.envelope import code_of, open_envelope
from app.bitrix24.errors import (
    AddressRefused,
    BadAnswer,
    ExpiredToken,
    InvalidGrant,
    OAuthError,
    PaymentRequired,
    RestError,
)

_DEAD = {"invalid_grant", "bad_verification_code"}
_NOT_OURS = _DEAD | {"invalid_client", "wrong_client"}  # of a token: it proves nothing
_PAYMENT = "payment_required"
_NOT_READ = ("error", "expires", "expires_in")


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """A pair as the server gave it; `server` is the origin that gave it.

    `client_endpoint`, `member_id` and `user_id` are None where it did not say.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    client_endpoint: str | None
    member_id: str | None
    user_id: int | None
    server: str


@dataclass(frozen=True, slots=True)
class AppInfo:
    """What `app.info` of an authorization server says of an access token: the only trusted identity.

    `domain` is lower-case with its port if it has one; `client_endpoint` ends in a slash.
    """

    client_id: str
    member_id: str
    domain: str
    client_endpoint: str
    user_id: int
    status: str
    scope: str
    version: str
    installed: bool
    server: str


class _Refusal(msgspec.Struct):
    error: msgspec.Raw = msgspec.Raw(b"")


_UserId = Annotated[int, msgspec.Meta(gt=0, lt=2**53)]


class _Tokens(msgspec.Struct):
    access_token: str
    refresh_token: str
    client_endpoint: str | None = None
    member_id: str | None = None
    user_id: _UserId | None = None


class _Install(msgspec.Struct):
    """What identifies is typed; version, status and scope inform only, so they never fail a proof."""

    member_id: str = ""
    domain: str = ""
    client_endpoint: str = ""
    installed: bool | int | str | None = None
    version: object = None
    status: object = None
    scope: object = None


class _Info(msgspec.Struct):
    client_id: str
    user_id: _UserId
    install: _Install
    scope: object = None


_refusals = msgspec.json.Decoder(_Refusal)


def check_tokens(answer: Answer) -> None:
    """Raises what a token answer refuses with: InvalidGrant, PaymentRequired, OAuthError or BadAnswer."""
    try:
        code = code_of(_refusals.decode(answer.body).error)
    except (msgspec.DecodeError, RecursionError):
        raise BadAnswer(f"not a token answer ({answer.status})") from None
    if answer.status >= 500:
        raise BadAnswer(f"authorization server in trouble ({answer.status})")
    if code.lower() in _DEAD:
        raise InvalidGrant(code)
    if code.lower() == _PAYMENT:
        raise PaymentRequired(code)
    if code or answer.status >= 400:
        raise OAuthError(code or f"status {answer.status}")


def for_the_library(body: bytes) -> bytes:
    """The answer without what makes the library fail: an `error` that says nothing, and odd lifetimes.

    When a token ends, the portal says by refusing it.
    """
    values = msgspec.json.decode(body)
    if not isinstance(values, dict) or values.get("error"):
        return body
    return msgspec.json.encode({name: value for name, value in values.items() if name not in _NOT_READ})


def read_tokens(values: dict[str, Any], server: str) -> TokenAnswer:
    """The pair of a token answer. Raises BadAnswer, without a word of what was in it."""
    try:
        found = msgspec.convert(values, _Tokens, strict=False)
    except msgspec.ValidationError:
        raise BadAnswer("a token answer without its fields") from None
    if not (found.access_token and found.refresh_token):
        raise BadAnswer("a token answer without its fields")
    return TokenAnswer(
        access_token=found.access_token,
        refresh_token=found.refresh_token,
        client_endpoint=_endpoint(found.client_endpoint) if found.client_endpoint else None,
        member_id=found.member_id or None,
        user_id=found.user_id,
        server=server,
    )


def read_app_info(answer: Answer, server: str) -> AppInfo:
    """The identity behind a token.

    Raises ExpiredToken (not known here), PaymentRequired, another RestError, or BadAnswer.
    """
    try:
        envelope = open_envelope(answer, write=False)
    except RestError as refused:
        raise _of_oauth(refused) from None
    try:
        found = msgspec.json.decode(envelope.result, type=_Info, strict=False)
    except (msgspec.DecodeError, RecursionError):
        raise BadAnswer("an app.info without its fields") from None
    install = found.install
    endpoint = _endpoint(install.client_endpoint)
    return AppInfo(
        client_id=found.client_id,
        member_id=install.member_id,
        domain=install.domain.lower(),
        client_endpoint=endpoint,
        user_id=found.user_id,
        status=_told(install.status, 8),
        scope=_told(install.scope) or _told(found.scope),
        version=_told(install.version, 64),
        installed=str(install.installed).lower() in ("true", "1", "y"),
        server=server,
    )


def _told(value: object, longest: int | None = None) -> str:
    """What informs only, as a text that a column takes: a list is joined, anything odd is empty."""
    if isinstance(value, list):
        return ",".join(filter(None, (_told(each) for each in value if not isinstance(each, list))))
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    return str(value).replace("\0", "")[:longest]


def _of_oauth(refused: RestError) -> RestError | PaymentRequired:
    """What codes of authorization servers mean, which a portal does not have (page "OAuth 2.0")."""
    code = refused.code.lower()
    if code == _PAYMENT:
        return PaymentRequired(refused.code)
    return ExpiredToken(refused.code, refused.status) if code in _NOT_OURS else refused


def _endpoint(url: str) -> str:
    try:
        parse_url(url)
    except AddressRefused:
        raise BadAnswer("a REST address that is none") from None
    return url.rstrip("/") + "/"
