"""Batch: PHP must read exactly the parameters that were meant, and we whatever shape its arrays take."""

import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.bitrix24.batch import Command, decode, encode
from app.bitrix24.envelope import Envelope
from app.bitrix24.errors import BadAnswer, BitrixError, OperationTimeLimit

RELAXED = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def parse_str(query: str) -> dict[str, Any]:
    """PHP's parse_str for the names that we emit: nested brackets, no repeats."""
    found: dict[str, Any] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        path = unquote_plus(name).replace("]", "").split("[")
        place = found
        for step in path[:-1]:
            place = place.setdefault(step, {})
        assert path[-1] not in place
        place[path[-1]] = unquote_plus(value)
    return found


def as_php_sees(value: Any) -> Any:
    """What PHP makes of a value: text, nested arrays; nulls and empty arrays vanish."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        seen = {str(name): as_php_sees(item) for name, item in pairs}
        return {name: item for name, item in seen.items() if item not in (None, {})}
    return None if value is None else str(value)


NAMES = st.text("ABCXYZ_abc019", min_size=1, max_size=8)
INNER = st.text("<>=!%&+ #aZ.-é字🙂", min_size=1, max_size=8)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text().filter(lambda text: "$result[" not in text),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INNER, inner, max_size=3),
    max_leaves=8,
)


@RELAXED
@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_php_reads_what_was_meant(params: dict[str, Any]) -> None:
    text = encode([Command("a", "im.recent.get", params)])["a"]
    method, _, query = text.partition("?")
    assert method == "im.recent.get"
    assert not set(query) & set("#?+ $")
    assert parse_str(query) == as_php_sees(params)


@pytest.mark.parametrize(
    "commands",
    [
        [],
        [Command(f"k{index}", "profile") for index in range(51)],
        [Command("a", "profile"), Command("a", "profile")],
        [Command("0", "profile")],
        [Command("", "profile")],
        [Command("a-b", "profile")],
        [Command("a", "profile?x=1")],
        [Command("a", "profile#")],
        [Command("a", "profile", {"a.b": 1})],
        [Command("a", "profile", {"a b": 1})],
        [Command("a", "profile", {"a[b]": 1})],
        [Command("a", "profile", {"": 1})],
        [Command("a", "profile", {"A": {"": 1}})],
        [Command("a", "profile", {"A": {"x]": 1}})],
        [Command("a", "profile", {"A": "$result[list][0]"})],
        [Command("a", "profile", {"A": {"B": ["text $result[list] text"]}})],
        [Command("a", "profile", {"A": b"bytes"})],
        [Command("a", "profile", {"A": "\ud800"})],
    ],
)
def test_what_a_portal_would_misread_is_refused(commands: list[Command]) -> None:
    with pytest.raises(ValueError):
        encode(commands)


def test_fifty_commands_and_a_harmless_dollar_are_fine() -> None:
    assert len(encode([Command(f"k{index}", "profile") for index in range(50)])) == 50
    assert encode([Command("a", "profile", {"A": "$results #1 & more"})]) == {
        "a": "profile?A=%24results%20%231%20%26%20more"
    }


def answer(body: object, **envelope: object) -> Any:
    raw = msgspec.Raw(json.dumps(body).encode())
    clock = msgspec.Raw(json.dumps(envelope.get("time", {})).encode())
    return decode(Envelope(result=raw, time=clock), 1.5, keys_of(body))


def keys_of(body: object) -> list[str]:
    """Every key in the maps of an answer that may be one of a command."""
    maps = [part for part in body.values() if isinstance(part, dict)] if isinstance(body, dict) else []
    return sorted({key for part in maps for key in part if key.isidentifier() and key.isascii()})


KEYS = st.text("abc", min_size=1, max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@RELAXED
@given(st.dictionaries(KEYS, JSON, max_size=4), st.sampled_from([[], {}, None]))
def test_results_come_back_by_key(results: dict[str, Any], empty: object) -> None:
    body = {"result": results or empty, "result_error": empty, "result_total": empty, "result_time": empty}
    found = answer(body)
    assert {key: json.loads(bytes(raw)) for key, raw in found.results.items()} == results
    assert found.errors == {}


@RELAXED
@given(st.lists(JSON, max_size=4))
def test_a_list_answers_no_command(items: list[Any]) -> None:
    found = answer({"result": items, "result_error": [{"error": "ERROR_METHOD_NOT_FOUND"}] if items else []})
    assert (found.results, found.errors) == ({}, {})


@RELAXED
@given(JSON)
def test_any_answer_is_read_or_refused_with_a_type(body: Any) -> None:
    try:
        found = answer(body)
    except BitrixError:
        return
    assert found.seconds == 1.5


@RELAXED
@given(st.dictionaries(st.sampled_from(["result", "result_error", "result_time"]), JSON))
def test_any_maps_are_read_or_refused_with_a_type(body: dict[str, Any]) -> None:
    try:
        found = answer(body)
    except BadAnswer:
        return
    assert not set(found.results) & set(found.errors)


def test_errors_of_commands_are_typed_even_without_a_code() -> None:
    errors = {
        "a": {"error": "", "error_description": "no"},
        "b": {"error": "OPERATION_TIME_LIMIT"},
        "c": "text",
        "d": None,
        "e": {"error": {"code": "X"}},
    }
    found = answer({"result": [], "result_error": errors}).errors
    assert [found[key].code for key in "abcde"] == ["", "OPERATION_TIME_LIMIT", "", "", "X"]
    assert isinstance(found["b"], OperationTimeLimit)
    assert found["b"].retry_after == 10


def test_times_are_read_where_they_are_told() -> None:
    clocks = {"a": {"operating": 1.5, "duration": "x"}, "b": {"operating": "3.25"}, "c": [], "d": None}
    body = {"result": {"a": 1, "b": 2}, "result_time": clocks}
    assert answer(body, time={"duration": 0.25}).seconds == 0.25
    assert answer(body, time={"duration": "0.5"}).seconds == 0.5
    assert answer(body, time=[]).seconds == 1.5
    assert answer(body, time={"finish": 1_700_000_000.5}).at == datetime(
        2023, 11, 14, 22, 13, 20, 500_000, UTC
    )
    for odd in ({}, {"finish": "soon"}, {"finish": 1e300}, {"finish": -1e17}, []):
        assert answer(body, time=odd).at is None


@pytest.mark.parametrize("part", ["result", "result_error", "result_time"])
@pytest.mark.parametrize("kind", [list, dict])
def test_what_nobody_asked_for_costs_no_memory(part: str, kind: type) -> None:
    count = 300_000
    items: Any = [0] * count if kind is list else {f"k{number}": 0 for number in range(count)}
    raw = msgspec.Raw(json.dumps({part: items}).encode())
    tracemalloc.start()
    found = decode(Envelope(result=raw), 0.1, ["k7", "mine"])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2**20
    assert list(found.results) == (["k7"] if kind is dict and part == "result" else [])
