"""An operator's calls: a token that expired is refreshed once and the call is sent again."""

import itertools
import threading
import time
from dataclasses import dataclass, field

import pytest

from app.bitrix24.batch import Command
from app.bitrix24.buckets import MemoryBuckets
from app.bitrix24.client import Caller, RestClient
from app.bitrix24.errors import ExpiredToken, InvalidGrant, PortalBusy, RateLimited
from app.bitrix24.governor import Governor
from app.bitrix24.net import Network
from app.bitrix24.trace import CallRecord
from tests.unit.bitrix24.wire import Request, Wire, reply

KEY_FIELDS = ("member", 27)


@dataclass(frozen=True)
class Key:
    member_id: str
    user_id: int


@dataclass(frozen=True)
class Access:
    client_endpoint: str
    token: str


@dataclass
class Keeper:
    """Tokens of one operator; each renewal gives the next of the list."""

    endpoint: str
    tokens: list[str]
    renewed: list[str] = field(default_factory=list)

    def access(self, _key: Key) -> Access:
        return Access(self.endpoint, self.tokens[0])

    def renew(self, _key: Key, stale_token: str) -> Access:
        self.renewed.append(stale_token)
        if len(self.tokens) == 1:
            raise InvalidGrant("invalid_grant")
        self.tokens.pop(0)
        return Access(self.endpoint, self.tokens[0])


def portal(valid: str):  # type: ignore[no-untyped-def]
    """Answers to the one valid token, refuses the others."""

    def answer(sock, request: Request) -> bool:  # type: ignore[no-untyped-def]
        if request.json()["auth"] != valid:
            return reply({"error": "expired_token"}, 401)(sock, request)
        return reply({"result": {"result": {"a": 5}}})(sock, request)

    return answer


def caller(keeper: Keeper, records: list[CallRecord]) -> Caller:
    client = RestClient(Network(allow_local=True), Governor(MemoryBuckets()), records.append)
    return Caller(client, keeper)


def test_an_expired_token_is_refreshed_once() -> None:
    records: list[CallRecord] = []
    with Wire(portal("new")) as wire:
        keeper = Keeper(f"{wire.url}/rest/", ["old", "new"])
        found = caller(keeper, records).batch(
            Key(*KEY_FIELDS), [Command("a", "imopenlines.session.mode.pin")]
        )
        assert bytes(found.results["a"]) == b"5"
        caller(keeper, records).call(Key(*KEY_FIELDS), "profile")
    assert keeper.renewed == ["old"]
    assert [record.outcome for record in records] == ["expired_token", "ok", "ok"]
    assert {record.user_id for record in records} == {27}


def test_a_second_refusal_is_passed_on() -> None:
    with Wire(portal("never")) as wire:
        keeper = Keeper(f"{wire.url}/rest/", ["old", "new"])
        with pytest.raises(ExpiredToken):
            caller(keeper, []).call(Key(*KEY_FIELDS), "profile")
        assert len(wire.requests) == 2
    assert keeper.renewed == ["old"]


def test_who_refuses_the_fresh_token_too_costs_no_refresh_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Wire(portal("never")) as wire:
        keeper = Keeper(f"{wire.url}/rest/", ["old", "new", "newer", "newest"])
        calls = caller(keeper, [])
        for _ in range(5):
            with pytest.raises(ExpiredToken):
                calls.call(Key(*KEY_FIELDS), "profile")
        assert keeper.renewed == ["old"]
        with pytest.raises(ExpiredToken):
            calls.call(Key("member", 28), "profile")
        assert keeper.renewed == ["old", "new"], "another operator is asked for"
        monkeypatch.setattr("app.bitrix24.client._NOT_BELIEVED_SECONDS", 0.0)
        with pytest.raises(ExpiredToken):
            calls.call(Key(*KEY_FIELDS), "profile")
        assert keeper.renewed == ["old", "new", "newer"], "and later so is this one"


def test_a_fresh_token_that_was_accepted_may_expire_at_once() -> None:
    for_once = itertools.cycle([reply({"error": "expired_token"}, 401), reply({"result": 5})])
    with Wire(lambda sock, request: next(for_once)(sock, request)) as wire:
        keeper = Keeper(f"{wire.url}/rest/", ["old", "new", "newer"])
        calls = caller(keeper, [])
        assert [bytes(calls.call(Key(*KEY_FIELDS), "profile")) for _ in range(2)] == [b"5", b"5"]
    assert keeper.renewed == ["old", "new"]


def test_a_refresh_gives_no_further_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of them, and the one that was refused for the token."""
    monkeypatch.setattr("app.bitrix24.rest._RATE_PAUSE", 0.001)
    full, expired = reply({"error": "QUERY_LIMIT_EXCEEDED"}, 503), reply({"error": "expired_token"}, 401)
    records: list[CallRecord] = []
    with Wire(full, expired, full, full) as wire:
        keeper = Keeper(f"{wire.url}/rest/", ["old", "new"])
        with pytest.raises(RateLimited):
            caller(keeper, records).call(Key(*KEY_FIELDS), "profile")
        assert len(wire.requests) == len(records) == 4


def test_a_refresh_that_fails_is_passed_on() -> None:
    with Wire(portal("never")) as wire:
        keeper = Keeper(f"{wire.url}/rest/", ["old"])
        with pytest.raises(InvalidGrant):
            caller(keeper, []).call(Key(*KEY_FIELDS), "profile")
        assert len(wire.requests) == 1


def test_a_refresh_that_takes_too_long_goes_on_alone() -> None:
    may_end, ended = threading.Event(), threading.Event()

    class Slow(Keeper):
        def renew(self, key: Key, stale_token: str) -> Access:
            may_end.wait(20)
            access = super().renew(key, stale_token)
            ended.set()
            return access

    with Wire(portal("new")) as wire:
        keeper = Slow(f"{wire.url}/rest/", ["old", "new"])
        began = time.monotonic()
        with pytest.raises(PortalBusy):
            caller(keeper, []).batch(
                Key(*KEY_FIELDS), [Command("a", "imopenlines.session.mode.pin")], seconds=3.0
            )
        assert time.monotonic() - began < 6.0
        assert len(wire.requests) == 1
        may_end.set()
        assert ended.wait(20)
        caller(keeper, []).call(Key(*KEY_FIELDS), "profile")
    assert keeper.renewed == ["old"]
