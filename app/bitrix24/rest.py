"""REST calls to a portal: one place that sends, classifies, repeats what is safe to repeat, and records.

Nothing that may have been carried out is ever sent again; what was refused before execution may be.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import SystemRandom
from typing import Any, Protocol, TypeVar

import msgspec

from app.bitrix24.answer import Answer
from app.bitrix24.batch import BatchAnswer, Command, check_method, decode, encode
from app.bitrix24.envelope import Envelope, open_envelope
from app.bitrix24.errors import BitrixError, PortalBusy, RateLimited, TransportError
from app.bitrix24.governor import Governor, Priority
from app.bitrix24.net import TOTAL_SECONDS, Network
from app.bitrix24.retries import Retries, may_repeat, outcome_of, writes
from app.bitrix24.trace import CallRecord, request_id

_REPEATS = 2
_REPEAT_SECONDS = 3.0
_RATE_PAUSE = 1.0  # seconds, half as much again with each refusal
_LEAST_READ = 0.1
_LEAST_WRITE = 2.0
"""Seconds that must be left: a write that is given up too early is one of which nobody knows."""

_chance = SystemRandom()  # spreads the processes that wait

Value = TypeVar("Value")
Read = Callable[[Envelope, float], tuple[Value, str]]


class AccessLike(Protocol):
    """Where to and with which token."""

    @property
    def client_endpoint(self) -> str:
        """The portal's REST base as the authorization server named it; ends in a slash."""

    @property
    def token(self) -> str:
        """The access token."""


@dataclass(slots=True)
class Tries:
    """How often one question has been repeated: twice at most, be there a fresh token in between or not."""

    repeats: int = 0


@dataclass(frozen=True, slots=True)
class _Request:
    """One request as it is sent and recorded."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    portal: str
    user_id: int | None
    method: str
    commands: tuple[str, ...]
    priority: Priority
    write: bool
    seconds: float = TOTAL_SECONDS


class RestClient:
    """Single calls and batches with an explicit access; it refreshes nothing.

    Refusals because of the request rate are repeated at most twice within 3 s, and the governor is told;
    reads that broke off are repeated once. Each attempt takes its place in the budget and has its line in the
    log. `write` None means: told by the names of the methods; `tries`: what was sent of this before.
    """

    def __init__(self, network: Network, governor: Governor, log: Callable[[CallRecord], None]) -> None:
        self._network = network
        self._governor = governor
        self._log = log
        self._retries = Retries()

    def call(
        self,
        access: AccessLike,
        portal: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        user_id: int | None = None,
        priority: Priority = "interactive",
        write: bool | None = None,
        tries: Tries | None = None,
    ) -> msgspec.Raw:
        """Call one method; returns its `result`, undecoded.

        Raises RestError (by code), PortalBusy, NotSent, TimedOut, BadAnswer or TransportError.
        """
        request = _Request(
            url=_url(access, check_method(method)),
            body=msgspec.json.encode({**(params or {}), "auth": access.token}),
            portal=portal,
            user_id=user_id,
            method=method,
            commands=(),
            priority=priority,
            write=writes([method]) if write is None else write,
        )
        return self._send(request, _result, tries or Tries())

    def batch(
        self,
        access: AccessLike,
        portal: str,
        commands: Sequence[Command],
        *,
        user_id: int | None = None,
        priority: Priority = "interactive",
        write: bool | None = None,
        seconds: float = TOTAL_SECONDS,
        tries: Tries | None = None,
    ) -> BatchAnswer:
        """Send up to 50 commands in one request; the portal runs them in order and stops at none.

        The answer has to come within `seconds`, the wait for a place among the portal's requests and all
        repeats included. Raises as `call` does when the whole batch failed, PortalBusy also when too little
        of the time is left to begin; failures of single commands are in the answer.
        """
        methods = tuple(command.method for command in commands)
        request = _Request(
            url=_url(access, "batch"),
            body=msgspec.json.encode({"halt": 0, "cmd": encode(commands), "auth": access.token}),
            portal=portal,
            user_id=user_id,
            method="batch",
            commands=methods,
            priority=priority,
            write=writes(methods) if write is None else write,
            seconds=seconds,
        )
        keys = tuple(command.key for command in commands)
        return self._send(request, partial(_answers, keys), tries or Tries())

    def _send(self, request: _Request, read: Read[Value], tries: Tries) -> Value:
        """Send, and send again where that is safe, within 3 s of the start."""
        started = time.monotonic()
        self._retries.earn(request.portal)
        # A portal may close every kept connection. Once that has used up its repeats it is asked on new ones,
        # which cannot be stale: it gets neither twice the requests nor errors in place of answers.
        fresh = not self._retries.left(request.portal)
        while True:
            try:
                return self._attempt(request, read, started, tries.repeats > 0, fresh)
            except RateLimited as error:
                self._wait_out(request, error, started, tries.repeats)
            except BitrixError as error:
                if tries.repeats or not self._worth_repeating(request, error, started):
                    raise
                fresh = fresh or isinstance(error, TransportError)
            tries.repeats += 1

    def _attempt(
        self, request: _Request, read: Read[Value], started: float, repeated: bool, fresh: bool
    ) -> Value:
        ends = started + request.seconds
        least = _LEAST_WRITE if request.write else _LEAST_READ
        wait = ends - least - time.monotonic()
        if repeated:
            wait = min(wait, started + _REPEAT_SECONDS - time.monotonic())
        began = time.perf_counter()
        outcome, status = "failed", None
        answer: Answer | None = None
        try:
            with self._governor.slot(request.portal, request.priority, wait=wait):
                began = time.perf_counter()
                left = ends - time.monotonic()
                if left < least:
                    raise PortalBusy(1.0)
                answer = self._network.post_json(
                    request.url, request.body, deadline=left, write=request.write, fresh=fresh
                )
            status = answer.status
            value, outcome = read(open_envelope(answer, write=request.write), time.perf_counter() - began)
        except BitrixError as error:
            outcome = outcome_of(error)
            answer = error.__context__ = None  # whoever keeps the error keeps the frames that read it
            raise error.with_traceback(None)  # noqa: B904 - it is the same error
        finally:
            self._record(request, outcome, status, time.perf_counter() - began)
        return value

    def _wait_out(self, request: _Request, error: RateLimited, started: float, repeats: int) -> None:
        """Tell the governor, which holds everybody back; pass the refusal on when there is no time left."""
        jitter = _chance.uniform(1.0, 1.2)
        pause = (error.retry_after or _RATE_PAUSE * 1.5**repeats) * jitter
        self._governor.limited(request.portal, pause)
        late = time.monotonic() - started + pause > _REPEAT_SECONDS
        if repeats >= _REPEATS or late or not self._retries.spend(request.portal):
            raise RateLimited(error.code, error.status, pause) from None

    def _worth_repeating(self, request: _Request, error: BitrixError, started: float) -> bool:
        if not may_repeat(error, request.write) or time.monotonic() - started > _REPEAT_SECONDS:
            return False
        return self._retries.spend(request.portal)

    def _record(self, request: _Request, outcome: str, status: int | None, seconds: float) -> None:
        self._log(
            CallRecord(
                member_id=request.portal,
                user_id=request.user_id,
                method=request.method,
                commands=request.commands,
                outcome=outcome,
                status=status,
                duration_ms=round(seconds * 1000, 1),
                request_id=request_id.get(),
            )
        )


def _url(access: AccessLike, method: str) -> str:
    return f"{access.client_endpoint.rstrip('/')}/{method}"


def _result(envelope: Envelope, _seconds: float) -> tuple[msgspec.Raw, str]:
    return envelope.result, "ok"


def _answers(keys: tuple[str, ...], envelope: Envelope, seconds: float) -> tuple[BatchAnswer, str]:
    answer = decode(envelope, seconds, keys)
    return answer, "partial" if answer.errors else "ok"
