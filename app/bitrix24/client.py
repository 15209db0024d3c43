"""One operator's REST calls: the client bound to the keeper of tokens.

A token is refreshed only when the portal says that it expired, and then once; the refused request was not
carried out, so it may be sent again, be it a write or not. Who refuses the fresh token, too, is not believed
for a while: refreshes for nothing get an app blocked. A refresh goes on to its own end when the call that
began it has no time left: one that is cut short would lose the pair (page "OAuth auto-renewal").
"""

import math
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from contextvars import copy_context
from typing import Any, Protocol, TypeVar

import msgspec

from app.bitrix24.batch import BatchAnswer, Command
from app.bitrix24.errors import ExpiredToken, PortalBusy
from app.bitrix24.governor import Priority
from app.bitrix24.net import TOTAL_SECONDS
from app.bitrix24.rest import AccessLike, RestClient, Tries

__all__ = ["AccessLike", "Caller", "OperatorKeyLike", "RestClient", "TokenSource"]


_NOT_BELIEVED_SECONDS = 30.0
_MOST_NOTED = 10_000


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
        self._refused_fresh: dict[OperatorKeyLike, float] = {}

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

        tries = Tries()

        def send(access: AccessLike, _seconds: float) -> msgspec.Raw:
            return self._client.call(
                access,
                key.member_id,
                method,
                params,
                user_id=key.user_id,
                priority=priority,
                write=write,
                tries=tries,
            )

        return self._renewing(key, send, TOTAL_SECONDS)

    def batch(
        self,
        key: OperatorKeyLike,
        commands: Sequence[Command],
        *,
        priority: Priority = "interactive",
        write: bool | None = None,
        seconds: float = TOTAL_SECONDS,
    ) -> BatchAnswer:
        """`RestClient.batch` as this operator, a refresh included in `seconds`."""
        tries = Tries()

        def send(access: AccessLike, seconds: float) -> BatchAnswer:
            return self._client.batch(
                access,
                key.member_id,
                commands,
                user_id=key.user_id,
                priority=priority,
                write=write,
                seconds=seconds,
                tries=tries,
            )

        return self._renewing(key, send, seconds)

    def _renewing(
        self, key: OperatorKeyLike, send: Callable[[AccessLike, float], Value], seconds: float
    ) -> Value:
        ends = time.monotonic() + seconds
        access = self._tokens.access(key)
        try:
            return send(access, ends - time.monotonic())
        except ExpiredToken:
            if time.monotonic() - self._refused_fresh.get(key, -math.inf) < _NOT_BELIEVED_SECONDS:
                raise
            access = self._renewed(key, access.token, ends - time.monotonic())
        try:
            return send(access, ends - time.monotonic())
        except ExpiredToken:
            self._note_refused(key)
            raise

    def _note_refused(self, key: OperatorKeyLike) -> None:
        """This operator's fresh token was refused: a fresher one would be, too."""
        if len(self._refused_fresh) >= _MOST_NOTED:
            self._refused_fresh.clear()
        self._refused_fresh[key] = time.monotonic()

    def _renewed(self, key: OperatorKeyLike, stale_token: str, seconds: float) -> AccessLike:
        """The fresh access. Raises PortalBusy when it is not there in time, and what `renew` raises."""
        renewal: Future[AccessLike] = Future()

        def renew() -> None:
            try:
                renewal.set_result(self._tokens.renew(key, stale_token))
            except BaseException as error:  # the end of a thread: whoever waits gets it
                renewal.set_exception(error)

        # No daemon: a process that ends waits for a pair under way.
        threading.Thread(target=copy_context().run, args=(renew,), name="renewal").start()
        try:
            return renewal.result(timeout=max(0.0, seconds))
        except TooLate:
            raise PortalBusy(1.0) from None
