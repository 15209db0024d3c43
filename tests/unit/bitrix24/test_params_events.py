"""Callback, renewal and events: the real shapes are read, every ambiguity is refused, values stay out."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.bitrix24.params import BadParams, parse_callback, parse_event, parse_open, parse_refreshed

RELAXED = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
REFRESHED = {
    "AUTH_ID": "canary-access-0123456789",
    "REFRESH_ID": "canary-refresh-0123456789",
    "AUTH_EXPIRES": "3600",
    "DOMAIN": "portal.bitrix24.com",
    "member_id": "a223c6b3710f85df",
}


@pytest.mark.parametrize("expires", ["3600", 3600, 3600.0, 1_780_319_382_000, "soon", None, []])
def test_a_refreshed_pair(expires: object) -> None:
    """When it ends, the portal says by refusing it."""
    found = parse_refreshed({**REFRESHED, "AUTH_EXPIRES": expires})
    assert (found.domain, found.member_id) == ("portal.bitrix24.com", "a223c6b3710f85df")
    assert "canary" not in repr(found)


@pytest.mark.parametrize("value", [None, True, [], {}, ["canary0123456789"], {"a": "b"}, 1.5, ""])
@pytest.mark.parametrize("name", ["AUTH_ID", "REFRESH_ID", "member_id", "DOMAIN"])
def test_a_refreshed_pair_of_a_wrong_type(name: str, value: object) -> None:
    with pytest.raises(BadParams):
        parse_refreshed({**REFRESHED, name: value})


CALLBACK = {
    "code": "canary-code",
    "state": "st-1",
    "domain": "portal.bitrix24.com",
    "member_id": "a223",
    "scope": "crm,im",
    "server_domain": "oauth.bitrix.info",
}


def test_a_callback() -> None:
    found = parse_callback(list(CALLBACK.items()))
    assert (found.code, found.state, found.domain) == ("canary-code", "st-1", "portal.bitrix24.com")
    assert (found.member_id, found.server_domain) == ("a223", "oauth.bitrix.info")
    assert "canary" not in repr(found)


@pytest.mark.parametrize("name", ["code", "state", "domain", "member_id"])
def test_a_callback_without_a_field_or_with_it_twice(name: str) -> None:
    with pytest.raises(BadParams, match=f"missing:{name}"):
        parse_callback([pair for pair in CALLBACK.items() if pair[0] != name])
    with pytest.raises(BadParams, match=f"duplicate:{name}"):
        parse_callback([*CALLBACK.items(), (name, "other")])


UNINSTALL = {
    "event": "OnAppUninstall",
    "data[LANGUAGE_ID]": "de",
    "data[CLEAN]": "1",
    "ts": "1466439714",
    "auth[domain]": "p.bitrix24.com",
    "auth[member_id]": "a223",
    "auth[application_token]": "canary0123456789",
}
READ = [
    *("event", "ts", "auth[member_id]", "auth[application_token]", "auth[access_token]", "auth[domain]"),
    *("auth[server_endpoint]", "data[CLEAN]", "data[VERSION]"),
]


def test_an_event_without_tokens() -> None:
    found = parse_event(list(UNINSTALL.items()))
    assert (found.event, found.member_id, found.ts) == ("ONAPPUNINSTALL", "a223", 1466439714)
    assert found.data == {"CLEAN": "1"}
    assert found.access_token is None
    assert "canary" not in repr(found)


def test_an_event_with_tokens_and_nested_data() -> None:
    more = {
        "auth[access_token]": "canary-access",
        "auth[refresh_token]": "canary-refresh",
        "auth[expires_in]": "3600",
        "auth[user_id]": "67",
        "auth[server_endpoint]": "https://oauth.bitrix.info/rest/",
        "data[DATA][0][message][text]": "canary text",
        "event_handler_id": "5",
    }
    found = parse_event(list({**UNINSTALL, **more}.items()))
    assert found.access_token == "canary-access"
    assert "canary-refresh" not in str(asdict(found)), "nothing is taken that nobody reads"
    assert "canary-access" in str(asdict(found)), "the search itself works"
    assert "canary text" not in str(asdict(found))
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    "change",
    [
        {"auth[application_token]": ""},
        {"auth[application_token][]": "canary0123456789", "auth[application_token]": ""},
        {"auth[application_token][0]": "canary0123456789", "auth[application_token]": ""},
        {"auth[member_id]": "a b"},
        {"auth[application_token]": "canary 0123456789"},
        {"event": "a-b"},
        {"event": ""},
        {"data[CLEAN]": "1\n"},
        {"data[VERSION]": "9" * 65},
    ],
)
def test_malformed_events_are_refused(change: dict[str, str]) -> None:
    with pytest.raises(BadParams) as caught:
        parse_event(list({**UNINSTALL, **change}.items()))
    assert "canary" not in caught.value.reason


@pytest.mark.parametrize("name", READ)
def test_an_event_field_that_comes_twice_is_refused_where_we_read_it(name: str) -> None:
    fields = {**UNINSTALL, name: UNINSTALL.get(name, "1")}
    with pytest.raises(BadParams, match="duplicate"):
        parse_event([*fields.items(), (name, fields[name])])


@pytest.mark.parametrize(
    "change",
    [
        {"ts": "abc"},
        {"ts": "9" * 19},
        {"ts": "-1"},
        {"auth[domain]": "a b"},
        {"auth[domain]": "https://user@p.example"},
        {"auth[server_endpoint]": "https://oauth.bitrix.info/rest/?x y"},
        {"auth[access_token]": "a b"},
        {"auth[access_token]": "a" * 2049},
    ],
)
def test_what_can_be_done_without_counts_as_absent_where_it_cannot_be_read(change: dict[str, str]) -> None:
    (name,) = change
    empty = parse_event(list({**UNINSTALL, name: ""}.items()))
    assert parse_event(list({**UNINSTALL, **change}.items())) == empty


def test_a_portal_may_name_itself_by_its_address() -> None:
    event = parse_event(list({**UNINSTALL, "auth[domain]": "https://P.bitrix24.com/x"}.items()))
    assert event.domain == "p.bitrix24.com"


def test_what_we_do_not_read_is_not_looked_at() -> None:
    odd = [("data[a][]", "1"), ("data[a][]", "2"), ("data[LANGUAGE_ID]", "de"), ("x" * 5000, "\r\n\0")]
    odd += [("data[TEXT]", "x" * 70_000), ("data[A.B]", "1"), ("data[A][B]", "2"), ("data[имя]", "имя")]
    odd += [(f"data[{number}]", "") for number in range(4000)]
    assert parse_event([*UNINSTALL.items(), *odd]) == parse_event(list(UNINSTALL.items()))


def test_a_short_access_token_is_one() -> None:
    assert parse_event([*UNINSTALL.items(), ("auth[access_token]", "abc")]).access_token == "abc"


NAMES = st.sampled_from(
    [*REFRESHED, *CALLBACK, *UNINSTALL, "PROTOCOL", "PLACEMENT_OPTIONS", "auth", "auth[]", "x[", "]"]
)
PAIRS = st.lists(st.tuples(NAMES | st.text(max_size=6), st.text(max_size=30)), max_size=12)


@RELAXED
@given(PAIRS, PAIRS)
def test_anything_is_parsed_or_refused_with_a_plain_reason(query: Any, form: Any) -> None:
    parsers: list[Callable[[], object]] = [
        lambda: parse_open([("DOMAIN", "p.example"), ("PROTOCOL", "1"), *query], form),
        lambda: parse_open(query, form),
        lambda: parse_callback(query),
        lambda: parse_event([*UNINSTALL.items(), *form]),
        lambda: parse_event(form),
        lambda: parse_refreshed(dict(form)),
    ]
    for parse in parsers:
        assert refusal(parse).isascii()
        assert refusal(parse).isprintable()


def refusal(parse: Callable[[], object]) -> str:
    """The reason, or nothing when it was parsed; any other exception is a bug."""
    try:
        parse()
    except BadParams as error:
        return error.reason
    return ""
