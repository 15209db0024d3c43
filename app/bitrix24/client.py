"""One operator's REST calls: the client bound to the keeper of tokens.

A token is refreshed only when the portal says that it expired, and then once; the refused request was not
carried out, so it may be sent again, be it a write or not.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from app.bitrix24.batch import BatchAnswer, Command
from app.bitrix24.errors import ExpiredToken
from app.bitrix24.governor import Priority
from app.bitrix24.net import TOTAL_SECONDS
from app.bitrix24.rest import AccessLike, RestClient

__all__ = ["AccessLike", "Caller", "OperatorKeyLike", "RestClient", "TokenSource"]


class OperatorKeyLike(Hashable, Protocol):
    """Whose tokens to use."""

    @property
    def member_id(self) -> str:
        """The portal."""

    @property
    def user_id(self) -> int:
        """The person there."""


Key = TypeVar("Key", bound=OperatorKeyLike, contravariant=True)
Value = TypeVar("Value")


class TokenSource(Protocol[Key]):
    """Who keeps the tokens of operators."""

    def access(self, key: Key) -> AccessLike:
        """The access as stored. Raises BitrixError when there is none."""

    def renew(self, key: Key, stale_token: str) -> AccessLike:
        """Refresh once, unless the stored token is another than `stale_token` by now. Raises BitrixError."""


class Caller:
    """One operator's calls: client and keeper of tokens, with one refresh when a token expired."""

    def __init__(self, client: RestClient, tokens: TokenSource[Any]) -> None:
        self._client = client
        self._tokens = tokens

    def call(
        self,
        key: OperatorKeyLike,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        priority: Priority = "interactive",
        write: bool | None = None,
    ) -> msgspec.Raw:
        """`RestClient.call` as this operator."""

        def send(access: AccessLike) -> msgspec.Raw:
            return self._client.call(
                access, key.member_id, method, params, user_id=key.user_id, priority=priority, write=write
            )

        return self._renewing(key, send)

    def batch(
        self,
        key: OperatorKeyLike,
        commands: Sequence[Command],
        *,
        priority: Priority = "interactive",
        write: bool | None = None,
        seconds: float = TOTAL_SECONDS,
    ) -> BatchAnswer:
        """`RestClient.batch` as this operator."""

        def send(access: AccessLike) -> BatchAnswer:
            return self._client.batch(
                access,
                key.member_id,
                commands,
                user_id=key.user_id,
                priority=priority,
                write=write,
                seconds=seconds,
            )

        return self._renewing(key, send)

    def _renewing(self, key: OperatorKeyLike, send: Callable[[AccessLike], Value]) -> Value:
        access = self._tokens.access(key)
        try:
            return send(access)
        except ExpiredToken:
            return send(self._tokens.renew(key, access.token))
