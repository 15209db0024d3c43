"""The form that opens the app: real shapes are read, every ambiguity is refused."""

import json
from dataclasses import asdict

import pytest

from app.bitrix24.params import BadParams, OpenParams, parse_open

QUERY = {"DOMAIN": "portal.bitrix24.com", "PROTOCOL": "1", "LANG": "en", "APP_SID": "0" * 32}
FORM = {
    "AUTH_ID": "canary-access-0123456789",
    "AUTH_EXPIRES": "3600",
    "REFRESH_ID": "canary-refresh-0123456789",
    "member_id": "a223c6b3710f85df22e9377d6c4f7553",
    "status": "L",
    "PLACEMENT": "DEFAULT",
}
NEWER = {
    "SERVER_ENDPOINT": "https://oauth.bitrix.info/rest/",
    "APPLICATION_TOKEN": "canary0123456789",
    "APPLICATION_SCOPE": "crm,im,imopenlines",
    "PLACEMENT_OPTIONS": "[]",
}


def opened(query: dict[str, str] | None = None, form: dict[str, str] | None = None) -> OpenParams:
    both = ({**QUERY, **(query or {})}, {**FORM, **(form or {})})
    return parse_open(*(list(fields.items()) for fields in both))


def test_an_opening_as_portals_post_it() -> None:
    found = opened()
    assert (found.domain, found.origin) == ("portal.bitrix24.com", "https://portal.bitrix24.com")
    assert found.language == "en"
    assert (found.access_token, found.refresh_token) == (FORM["AUTH_ID"], FORM["REFRESH_ID"])
    assert (found.member_id, found.placement) == (FORM["member_id"], "DEFAULT")
    assert (found.server_endpoint, found.application_token, found.dialog_chat_id) == (None, None, None)
    assert "canary" not in repr(found)


def test_the_fields_of_newer_portals() -> None:
    found = opened(form=NEWER)
    assert found.server_endpoint == "https://oauth.bitrix.info/rest/"
    assert found.application_token == "canary0123456789"
    assert "canary" not in repr(found)


def test_informational_fields_may_be_missing() -> None:
    found = parse_open(
        [("DOMAIN", "p.example"), ("PROTOCOL", "1")],
        [(name, FORM[name]) for name in ("AUTH_ID", "REFRESH_ID", "member_id")],
    )
    assert (found.language, found.placement) == ("", "DEFAULT")


@pytest.mark.parametrize("name", ["AUTH_ID", "REFRESH_ID", "member_id"])
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_a_portal_that_got_no_token_is_told_by_name(name: str, how: str) -> None:
    form = {field: value for field, value in FORM.items() if field != name} | (
        {name: ""} if how == "empty" else {}
    )
    with pytest.raises(BadParams) as caught:
        parse_open(list(QUERY.items()), list(form.items()))
    assert caught.value.reason == f"missing:{name}"


@pytest.mark.parametrize("name", ["DOMAIN", "PROTOCOL"])
def test_the_query_must_be_there(name: str) -> None:
    query = {field: value for field, value in QUERY.items() if field != name}
    with pytest.raises(BadParams, match=f"missing:{name}"):
        parse_open(list(query.items()), list(FORM.items()))


@pytest.mark.parametrize("name", [*QUERY, *FORM, *NEWER])
@pytest.mark.parametrize("same", [True, False])
def test_a_field_that_comes_twice_is_refused_wherever_it_stands(name: str, same: bool) -> None:
    query, form = list(QUERY.items()), list({**FORM, **NEWER}.items())
    value = {**QUERY, **FORM, **NEWER}[name] if same else "other-0123456789"
    for extended in ((query, [*form, (name, value)]), ([*query, (name, value)], form)):
        with pytest.raises(BadParams):
            parse_open(*extended)
    with pytest.raises(BadParams, match="duplicate"):
        parse_open([*query, ("x", "1")], [*form, ("x", "1")])


@pytest.mark.parametrize("name", list(FORM))
def test_a_token_in_the_url_is_refused(name: str) -> None:
    form = {field: value for field, value in FORM.items() if field != name}
    with pytest.raises(BadParams, match=f"misplaced:{name}"):
        parse_open([*QUERY.items(), (name, FORM[name])], list(form.items()))


@pytest.mark.parametrize(
    ("domain", "protocol", "expected"),
    [
        ("Portal.Bitrix24.com", "1", "https://portal.bitrix24.com"),
        ("portal.example:443", "1", "https://portal.example"),
        ("portal.example:80", "0", "http://portal.example"),
        ("portal.example:443", "0", "http://portal.example:443"),
        ("b24.corp.example:8443", "1", "https://b24.corp.example:8443"),
        ("localhost:9000", "0", "http://localhost:9000"),
        ("xn--80akhbyknj4f.xn--p1ai", "1", "https://xn--80akhbyknj4f.xn--p1ai"),
        ("192.0.2.1", "1", "https://192.0.2.1"),
        ("[2001:db8::1]:9000", "1", "https://[2001:db8::1]:9000"),
    ],
)
def test_domains(domain: str, protocol: str, expected: str) -> None:
    assert opened({"DOMAIN": domain, "PROTOCOL": protocol}).origin == expected


BAD_DOMAINS = [
    "https://portal.example",
    "portal.example/",
    "portal.example/rest",
    "user@portal.example",
    "portal.example:0",
    "portal.example:65536",
    "portal.example:",
    "portal.example:80a",
    "portal..example",
    ".portal.example",
    "portal.example.",
    "-portal.example",
    "portal_x.example",
    "portal.example evil.example",
    "portal.example;script-src *",
    "portal.example\r\nX: 1",
    "portal.example\n",
    "*.example",
    "'self'",
    "портал.рф",
    "a" * 64 + ".example",
    "a." * 130 + "example",
    "[::1%lo]",
]


@pytest.mark.parametrize("domain", BAD_DOMAINS)
def test_what_is_no_host_is_refused(domain: str) -> None:
    with pytest.raises(BadParams, match="bad:DOMAIN"):
        opened({"DOMAIN": domain})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("AUTH_ID", "a" * 2049),
        ("AUTH_ID", "with space 0123456789"),
        ("AUTH_ID", "line\n0123456789"),
        ("AUTH_ID", "٣" * 20),
        ("REFRESH_ID", "a" * 2049),
        ("member_id", "a/b"),
        ("member_id", "a:b"),
        ("member_id", "a*"),
        ("member_id", "a%"),
        ("member_id", "a\n"),
        ("member_id", "порт"),
        ("member_id", "a" * 65),
        ("PROTOCOL", "2"),
    ],
)
def test_fields_out_of_bounds_are_refused_without_their_value(field: str, value: str) -> None:
    changed = {field: value}
    with pytest.raises(BadParams) as caught:
        opened(*((changed, None) if field in QUERY else (None, changed)))
    assert caught.value.reason == f"bad:{field}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("LANG", "../../etc"),
        ("LANG", "en2"),
        ("LANG", "e" * 11),
        ("LANG", "en\r\nX: 1"),
        ("PLACEMENT", "default"),
        ("PLACEMENT", "A" * 65),
        ("PLACEMENT_OPTIONS", json.dumps({"dialogId": "chat1"}) + " " * 16_384),
        ("PLACEMENT_OPTIONS", '{"dialogId": "chat\n1"}'),
        ("SERVER_ENDPOINT", "https://oauth.bitrix.info/rest/ x"),
        ("SERVER_ENDPOINT", "https://a.example/?x"),
        ("APPLICATION_TOKEN", "a b" * 9),
        ("APPLICATION_TOKEN", "a" * 2049),
    ],
)
def test_what_can_be_done_without_counts_as_absent_where_it_cannot_be_read(field: str, value: str) -> None:
    changed, empty = {field: value}, {field: ""}
    query = field in QUERY
    found = opened(*((changed, NEWER) if query else (None, NEWER | changed)))
    assert found == opened(*((empty, NEWER) if query else (None, NEWER | empty)))
    assert value not in str(asdict(found))
    assert "oauth.bitrix.info" in str(asdict(opened(form=NEWER))), "the search itself works"


def test_options_with_a_line_end_between_their_parts_are_read() -> None:
    assert opened(form={"PLACEMENT_OPTIONS": '{\n"dialogId": "chat7"\n}'}).dialog_chat_id == 7


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(BadParams, match="too_many_fields"):
        parse_open(list(QUERY.items()), [*FORM.items(), *((f"x{number}", "") for number in range(500))])


@pytest.mark.parametrize("name", ["x" * 201, "x" * 100_000])
def test_long_names_are_refused(name: str) -> None:
    with pytest.raises(BadParams, match="long_name"):
        opened(form={name: "1"})


@pytest.mark.parametrize(
    "token",
    ["abc123", "tok:en:1", "{a1}", "short", "a:b:c", "a" * 2048, "".join(map(chr, range(0x21, 0x7F)))],
)
@pytest.mark.parametrize("name", ["AUTH_ID", "REFRESH_ID", "APPLICATION_TOKEN"])
def test_tokens_are_opaque(name: str, token: str) -> None:
    found = opened(form={name: token})
    assert token in (found.access_token, found.refresh_token, found.application_token)


@pytest.mark.parametrize("member_id", ["member-1", "portal_a", "a.b", "..", "A" * 64])
def test_portals_may_be_called_otherwise(member_id: str) -> None:
    assert opened(form={"member_id": member_id}).member_id == member_id


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "undefined", "null", "0", '"x"', "{", "{'a':1}", "[" * 5000]
)
def test_placement_options_that_say_nothing(text: str) -> None:
    found = opened(form={"PLACEMENT_OPTIONS": text})
    assert (found.placement_options, found.dialog_chat_id) == ({}, None)


@pytest.mark.parametrize(
    ("dialog", "expected"),
    [
        ("chat1763", 1763),
        ("27", None),
        ("chat", None),
        ("chat0", None),
        ("chat-1", None),
        ("chat1763x", None),
        ("xchat1763", None),
        ("chat" + "9" * 19, None),
        ("chat١", None),
        ("imol|1", None),
        (1763, None),
        (None, None),
        (["chat1763"], None),
    ],
)
def test_the_chat_of_a_placement(dialog: object, expected: int | None) -> None:
    options = json.dumps({"dialogId": dialog, "URI": "/online/", "nested": {"a": [1]}})
    found = opened(form={"PLACEMENT": "IM_SIDEBAR", "PLACEMENT_OPTIONS": options})
    assert found.dialog_chat_id == expected
    assert found.placement_options["URI"] == "/online/"
    assert "nested" not in found.placement_options
