"""The real app, its portal replaced by recorded answers: what is left of a request is the app's own work.

Each answer has changed since the one before as lists do between two polls: clients wrote in a few dialogs.
Only for measuring.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, cycle, islice
from typing import Any

import msgspec
from flask import Flask

from app import create_app as create_real_app
from app.bitrix24.answer import Answer
from app.bitrix24.batch import BatchAnswer
from app.bitrix24.buckets import MemoryBuckets
from app.bitrix24.governor import Governor
from app.openlines.packed import unpack
from app.openlines.values import _parsed
from app.web import api
from app.web.services import EXTENSION

CHANGED = 5
"""Dialogs that changed since the last poll."""

_ANSWERS = 24
Row = dict[str, Any]


def _rewritten(row: Row, number: int) -> Row:
    """The row after its client has written once more."""
    message = row["message"]
    at = (datetime.fromisoformat(message["date"]) + timedelta(seconds=15 * number)).isoformat()
    client = int(row["chat"]["entity_id"].split("|")[3])
    news = {
        "id": message["id"] + number,
        "text": f"One more thing, {number}",
        "date": at,
        "author_id": client,
    }
    return {**row, "message": {**message, **news}, "counter": row["counter"] + number, "date_update": at}


def polls(raw: bytes) -> Iterator[bytes]:
    """A list as poll after poll finds it, for ever; no two neighbours differ in more than `CHANGED` rows."""
    rows = msgspec.json.decode(raw, type=list[msgspec.Raw])
    lists = [raw]
    for number in range(1, _ANSWERS):
        for place in range(CHANGED):
            at = (number * 7 + place * 41) % len(rows)
            rows[at] = msgspec.Raw(msgspec.json.encode(_rewritten(msgspec.json.decode(rows[at]), number)))
        lists.append(msgspec.json.encode(rows))
    return cycle(chain(lists, lists[-2:0:-1]))


class Replay:
    """Asks the portal once; then the lists follow each other as `polls` says."""

    def __init__(self, caller: Any, before: Callable[[Any], None] = lambda key: None) -> None:
        self._caller = caller
        self._before = before
        self._answers: Iterator[BatchAnswer] | None = None

    def batch(self, key: Any, commands: Any, **more: Any) -> BatchAnswer:
        """The answer to a list request."""
        self._before(key)
        if self._answers is None:
            first = self._caller.batch(key, commands, **more)
            lists = polls(bytes(first.results["list"]))
            self._answers = (replace(first, results={"list": msgspec.Raw(raw)}) for raw in lists)
        return next(self._answers)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._caller, name)


class ReplayedNetwork:
    """The same one floor below: the answers are still in their envelopes."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._answers: Iterator[Answer] | None = None

    def post_json(self, url: str, body: bytes, **more: Any) -> Answer:
        """The answer to a list request; others go on to the portal."""
        if set(msgspec.json.decode(body).get("cmd", ())) != {"list"}:
            answer: Answer = self._network.post_json(url, body, **more)
            return answer
        if self._answers is None:
            self._answers = _enveloped(self._network.post_json(url, body, **more))
        return next(self._answers)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)


def _enveloped(first: Answer) -> Iterator[Answer]:
    """The answer to a batch with one list, then those that follow."""
    whole = msgspec.json.decode(first.body, type=dict[str, msgspec.Raw])
    batch = msgspec.json.decode(whole["result"], type=dict[str, msgspec.Raw])
    results = msgspec.json.decode(batch["result"], type=dict[str, msgspec.Raw])
    answers = []
    for raw in islice(polls(bytes(results["list"])), 2 * _ANSWERS - 2):
        inner = msgspec.json.encode({**results, "list": msgspec.Raw(raw)})
        result = msgspec.json.encode({**batch, "result": msgspec.Raw(inner)})
        answers.append(first._replace(body=msgspec.json.encode({**whole, "result": msgspec.Raw(result)})))
    return cycle(answers)


def _never_fresh() -> tuple[Flask, Any]:
    app = create_real_app()
    api.SHARED_SECONDS = -1.0
    return app, app.extensions[EXTENSION].desk._lists


def create_app() -> Flask:
    """The app whose lists are never fresh enough."""
    app, lists = _never_fresh()
    lists.asking._caller = Replay(lists.asking._caller)
    return app


def create_enveloped_app() -> Flask:
    """The same, with the REST client's work on the answer; no portal is there to be spared."""
    app, lists = _never_fresh()
    client = lists.asking._caller._client
    client._network = ReplayedNetwork(client._network)
    client._governor = Governor(MemoryBuckets(), rate=1e6, burst=1_000_000)
    return app


def create_cold_app() -> Flask:
    """The same, but every list is the first one that the process sees of its operator."""
    app, lists = _never_fresh()

    def forget(key: Any) -> None:
        lists.dressing.formers.forget(key.member_id)
        lists.asking._cache.delete_prefix("list:")
        unpack.cache_clear()
        _parsed.cache_clear()

    lists.asking._caller = Replay(lists.asking._caller, forget)
    return app
