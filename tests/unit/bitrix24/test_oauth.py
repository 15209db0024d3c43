"""The authorization servers: what they are sent, whom the secret never reaches, what their errors mean."""

import logging
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from app.bitrix24.errors import (
    AddressRefused,
    BadAnswer,
    InvalidGrant,
    OAuthError,
    PaymentRequired,
    TransportError,
)
from app.bitrix24.net import Network
from app.bitrix24.oauth import AuthServers
from tests.unit.bitrix24.conftest import Tls
from tests.unit.bitrix24.wire import Answerer, Wire, body, close, drip, reply, reset

SECRET = "canary-client-secret"
REFRESH = "canary-refresh-token"
CODE = "canary-code"
PAIR = {
    "access_token": "canary-new-access",
    "refresh_token": "canary-new-refresh",
    "expires": 1780319382,
    "expires_in": 3600,
    "scope": "crm,im",
    "domain": "oauth.bitrix.info",
    "server_endpoint": "https://oauth.bitrix.info/rest/",
    "client_endpoint": "https://portal.bitrix24.com/rest/",
    "status": "F",
    "member_id": "a223",
    "user_id": 67,
}


def servers(*wires: Wire, network: Network | None = None) -> AuthServers:
    network = network or Network(allow_local=True)
    return AuthServers(tuple(wire.url for wire in wires), "app.1", SECRET, network)


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """At the most talkative level there is, no secret may show."""
    caplog.set_level(logging.DEBUG)
    yield
    assert "canary" not in caplog.text


def test_a_code_is_exchanged_with_the_secrets_in_the_body() -> None:
    with Wire(reply(PAIR)) as wire:
        found = servers(wire).exchange(CODE)
    request = wire.requests[0]
    assert (request.method, request.path) == ("POST", "/oauth/token/")
    form = parse_qs(request.body.decode())
    assert form == {
        "grant_type": ["authorization_code"],
        "client_id": ["app.1"],
        "client_secret": [SECRET],
        "code": [CODE],
    }
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in request.headers
    assert (found.access_token, found.refresh_token) == ("canary-new-access", "canary-new-refresh")
    assert (found.member_id, found.user_id) == ("a223", 67)
    assert found.client_endpoint == "https://portal.bitrix24.com/rest/"
    assert found.server == wire.url
    assert "canary" not in repr(found)


def test_a_pair_is_refreshed() -> None:
    with Wire(reply(PAIR)) as wire:
        found = servers(wire).refresh(REFRESH, f"{wire.url}/rest/")
    assert parse_qs(wire.requests[0].body.decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["app.1"],
        "client_secret": [SECRET],
        "refresh_token": [REFRESH],
    }
    assert found.refresh_token == "canary-new-refresh"


def test_over_tls_and_on_kept_connections(tls: Tls) -> None:
    network = Network(allow_local=True, ca_file=tls.ca_file)
    with Wire(reply(PAIR), tls=tls.server) as wire:
        keeper = servers(wire, network=network)
        for _ in range(5):
            keeper.refresh(REFRESH)
        assert wire.connections == 1


def test_plain_http_is_for_development_only() -> None:
    with Wire(reply(PAIR)) as wire:
        with pytest.raises(AddressRefused):
            servers(wire, network=Network()).refresh(REFRESH)
        assert wire.settled() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"expires_in": "3600", "user_id": "67"},
        {"expires_in": "soon"},
        {"expires_in": 10**20, "expires": 10**20},
        {"expires": None},
        {"status": None, "scope": ["crm", "im"]},
        {"scope": "crm im"},
        {"x": [1]},
    ],
)
def test_tolerated_spellings_of_a_pair(change: dict[str, object]) -> None:
    with Wire(reply({**PAIR, **change})) as wire:
        assert servers(wire).refresh(REFRESH).user_id == 67
    with Wire(reply({**PAIR, **change})) as wire:
        assert servers(wire).exchange("code", None).user_id == 67


@pytest.mark.parametrize("empty", [None, "", [], {}, False])
@pytest.mark.parametrize("kind", ["exchange", "refresh"])
def test_an_error_that_says_nothing_is_none(kind: str, empty: object) -> None:
    with Wire(reply({"error": empty, "error_description": None, **PAIR})) as wire:
        assert getattr(servers(wire), kind)(REFRESH).access_token == "canary-new-access"


@pytest.mark.parametrize("odd", [True, {"code": None}, ["x"], 1.5])
@pytest.mark.parametrize("kind", ["exchange", "refresh"])
def test_an_odd_error_is_no_pair(kind: str, odd: object) -> None:
    with Wire(reply({"error": odd, **PAIR})) as wire, pytest.raises(BadAnswer):
        getattr(servers(wire), kind)(REFRESH)


@pytest.mark.parametrize("gone", [None, ""])
def test_a_pair_need_not_say_what_we_know(gone: object) -> None:
    with Wire(reply({**PAIR, "member_id": gone, "client_endpoint": gone})) as wire:
        found = servers(wire).refresh(REFRESH)
    assert (found.access_token, found.member_id, found.client_endpoint) == ("canary-new-access", None, None)


def test_a_pair_without_a_user_is_a_pair() -> None:
    with Wire(
        reply({name: value for name, value in PAIR.items() if name not in ("user_id", "expires")})
    ) as wire:
        assert servers(wire).exchange(CODE).user_id is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply({"error": "invalid_grant"}, 400), InvalidGrant),
        (reply({"error": "invalid_grant"}, 200), InvalidGrant),
        (reply({"error": "bad_verification_code", "error_description": "x"}, 400), InvalidGrant),
        (reply({"error": "PAYMENT_REQUIRED"}, 401), PaymentRequired),
        (reply({"error": "payment_required"}, 200), PaymentRequired),
        (reply({"error": "wrong_client"}, 200), OAuthError),
        (reply({"error": "invalid_client"}, 401), OAuthError),
        (reply({"error": "NOT_INSTALLED"}, 401), OAuthError),
        (reply({"error": ""}, 400), OAuthError),
    ],
)
@pytest.mark.parametrize("kind", ["exchange", "refresh"])
def test_refusals_are_told_by_their_code(answer: Answerer, error: type[OAuthError], kind: str) -> None:
    with Wire(answer) as wire:
        with pytest.raises(OAuthError) as caught:
            getattr(servers(wire), kind)(REFRESH)
        assert type(caught.value) is error
        assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        body(b"<html>502 canary</html>", 502),
        body(b"", 503),
        reply({"error": "invalid_grant"}, 500),
        body(b"<html>login</html>", 200),
        body(b"access_token=canary&refresh_token=canary", 200),
        body(b"[]", 200),
        body(b"null", 200),
        reply({}, 200),
        reply({**PAIR, "access_token": ""}),
        reply({**PAIR, "refresh_token": None}),
        reply({**PAIR, "member_id": ["canary"]}),
        reply({**PAIR, "client_endpoint": "https://user@canary.example/rest/?x=1"}),
        body(b"", 302, {"Location": "https://canary.example/"}),
        close(),
        reset(),
    ],
)
@pytest.mark.parametrize("kind", ["exchange", "refresh"])
def test_a_server_in_trouble_refuses_nothing(answer: Answerer, kind: str) -> None:
    """The pair in store may still be good: only a refusal by code may end it."""
    with Wire(answer) as wire:
        with pytest.raises(TransportError) as caught:
            getattr(servers(wire), kind)(REFRESH)
        assert len(wire.requests) == 1  # a refresh token is spent by the first try
    assert "canary" not in f"{caught.value!r}{caught.value.__cause__!r}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_deadline_holds_for_token_requests_too(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(allow_local=True)
    adapter = network.requests_adapter()
    real = network.send
    monkeypatch.setattr(adapter, "_send", lambda *args: real(*args, deadline=1.0))
    monkeypatch.setattr(network, "requests_adapter", lambda: adapter)
    with Wire(drip(b"H" * 100)) as wire, pytest.raises(TransportError):
        servers(wire, network=network).refresh(REFRESH)


HINTS = [
    "https://evil.example/rest/",
    "https://oauth.bitrix.info.evil.example/rest/",
    "https://evil.example/oauth.bitrix.info/",
    "https://oauth.bitrix.info@evil.example/rest/",
    "https://evil.example#oauth.bitrix.info",
    "https://evil.example?oauth.bitrix.info",
    "https://oauth.bitrix.info:444/rest/",
    "http://oauth.bitrix.info/rest/",
    "https://oauth.bitrix.info./rest/",
    "https://0auth.bitrix.info/rest/",
    "https://oauth.bitrix.ınfo/rest/",
    "https:oauth.bitrix24.tech",
    "//oauth.bitrix24.tech",
    "oauth.bitrix24.tech.evil.example",
    "evil.example/oauth.bitrix24.tech",
    "oauth.bitrix24.tech@evil.example",
    "oauth.bitrix24.tech\\@evil.example",
    "oauth.bitrix24.tech\r\nHost: evil.example",
    " https://oauth.bitrix24.tech",
    "javascript:alert(1)",
    "",
    None,
]


def test_only_allow_listed_servers_are_picked() -> None:
    both = ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech/")
    found = AuthServers(both, "app.1", SECRET, Network())
    assert {found.pick(hint) for hint in HINTS} == {"https://oauth.bitrix.info"}
    for hint in (
        "oauth.bitrix24.tech",
        "https://oauth.bitrix24.tech/rest/",
        "HTTPS://OAuth.Bitrix24.Tech:443/rest/",
    ):
        assert found.pick(hint) == "https://oauth.bitrix24.tech"


def test_a_server_that_a_request_names_gets_not_a_byte() -> None:
    with Wire(reply(PAIR)) as evil, Wire(reply(PAIR)) as wire:
        found = servers(wire)
        found.exchange(CODE, f"{evil.url}/rest/")
        found.refresh(REFRESH, f"localhost:{evil.port}")
        assert evil.settled() == 0
        assert len(wire.requests) == 2


def test_the_authorize_url_holds_the_two_parameters() -> None:
    found = AuthServers(("https://oauth.bitrix.info",), "app.1", SECRET, Network())
    url = found.authorize_url("https://portal.bitrix24.com", "st&te")
    assert url == "https://portal.bitrix24.com/oauth/authorize/?client_id=app.1&state=st%26te"
    for origin in ("https://user@portal.example", "https://portal.example/?x", "javascript:alert(1)"):
        with pytest.raises(AddressRefused):
            found.authorize_url(origin, "state")


def test_the_logs_would_show_the_secret_without_our_care(caplog: pytest.LogCaptureFixture) -> None:
    """Negative control: the library does print it, were its logger not held back."""
    with Wire(reply(PAIR)) as wire:
        found = servers(wire)
        logging.getLogger("requests_oauthlib").setLevel(logging.DEBUG)
        found.refresh(REFRESH)
    assert "canary" in caplog.text
    caplog.clear()
    servers(wire)  # sets the levels again
    assert logging.getLogger("requests_oauthlib").level == logging.WARNING
