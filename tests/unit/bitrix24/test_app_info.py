"""The proof of a token: `app.info` of the authorization servers, asked in turn."""

import pytest

from app.bitrix24.errors import (
    AccessDenied,
    BadAnswer,
    BitrixError,
    ExpiredToken,
    NotInstalled,
    PaymentRequired,
    RestError,
    TransportError,
)
from app.bitrix24.net import Network
from app.bitrix24.oauth import AuthServers
from tests.unit.bitrix24.wire import Answerer, Wire, body, reply

INFO = {
    "client_id": "app.1",
    "scope": "crm,im",
    "expires": "2026-08-31T23:59:59+00:00",
    "install": {
        "installed": True,
        "version": "3",
        "status": "F",
        "scope": "crm,im",
        "domain": "Portal.bitrix24.com",
        "uri": "https://portal.bitrix24.com",
        "client_endpoint": "https://portal.bitrix24.com/rest/",
        "member_id": "a223",
        "member_type": "x",
    },
    "user_id": "67",
}
UNKNOWN = reply({"error": "NO_AUTH_FOUND"}, 401)


def servers(*wires: Wire) -> AuthServers:
    return AuthServers(tuple(wire.url for wire in wires), "app.1", "secret", Network(allow_local=True))


def test_app_info_tells_whose_token_it_is() -> None:
    with Wire(reply({"result": INFO, "time": {}})) as wire:
        found = servers(wire).app_info("canary-token")
    assert (wire.requests[0].path, wire.requests[0].json()) == ("/rest/app.info", {"auth": "canary-token"})
    assert (found.client_id, found.member_id, found.user_id) == ("app.1", "a223", 67)
    assert found.domain == "portal.bitrix24.com"
    assert found.client_endpoint == "https://portal.bitrix24.com/rest/"
    assert (found.status, found.scope, found.version, found.installed) == ("F", "crm,im", "3", True)
    assert found.server == wire.url


@pytest.mark.parametrize(
    ("installed", "expected"),
    [(True, True), ("Y", True), (1, True), ("1", True), (False, False), ("N", False)],
)
def test_spellings_of_installed(installed: object, expected: bool) -> None:
    info = {**INFO, "install": {**INFO["install"], "installed": installed, "version": 3}}  # type: ignore[dict-item]
    with Wire(reply({"result": info})) as wire:
        found = servers(wire).app_info("canary-token")
    assert (found.installed, found.version) == (expected, "3")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"scope": ["crm", "im"]}, ("F", "crm,im", "3")),
        ({"status": 7}, ("7", "crm,im", "3")),
        ({"status": "much too long", "version": "9" * 99}, ("much too", "crm,im", "9" * 64)),
        ({"status": {"x": []}, "version": True, "scope": {"im": 1}}, ("", "crm,im", "")),
        ({"status": "F\0", "version": 1.5, "scope": [None, ["x"], "im"]}, ("F", "im", "1.5")),
    ],
)
def test_what_informs_only_fails_no_proof(told: dict[str, object], expected: tuple[str, str, str]) -> None:
    info = {**INFO, "install": {**INFO["install"], **told}}  # type: ignore[dict-item]
    with Wire(reply({"result": info})) as wire:
        found = servers(wire).app_info("canary-token")
    assert (found.status, found.scope, found.version) == expected
    assert (found.member_id, found.user_id) == ("a223", 67)


@pytest.mark.parametrize("name", ["member_id", "domain", "client_endpoint"])
@pytest.mark.parametrize("odd", [7, ["a223"], None, {}, True])
def test_what_identifies_stays_strict(name: str, odd: object) -> None:
    info = {**INFO, "install": {**INFO["install"], name: odd}}  # type: ignore[dict-item]
    with Wire(reply({"result": info})) as wire, pytest.raises(BadAnswer):
        servers(wire).app_info("canary-token")


@pytest.mark.parametrize(
    "result",
    [None, [], "x", {}, {**INFO, "install": []}, {**INFO, "user_id": "x"}, {**INFO, "install": {}}],
)
def test_an_app_info_without_its_fields_proves_nothing(result: object) -> None:
    with Wire(reply({"result": result})) as wire, pytest.raises(BadAnswer):
        servers(wire).app_info("canary-token")


def test_the_other_servers_are_asked_when_the_first_does_not_know_the_token() -> None:
    with Wire(UNKNOWN) as first, Wire(reply({"result": INFO})) as second:
        found = servers(first, second).app_info("canary-token")
        assert found.server == second.url
        servers(first, second).app_info("canary-token", f"{second.url}/rest/")
        assert (len(first.requests), len(second.requests)) == (1, 2)


@pytest.mark.parametrize(
    ("one", "two", "error"),
    [
        (UNKNOWN, UNKNOWN, ExpiredToken),
        (UNKNOWN, body(b"", 502), TransportError),
        (body(b"", 502), UNKNOWN, TransportError),
        (reply({"error": "APPLICATION_NOT_FOUND"}, 401), UNKNOWN, NotInstalled),
        (reply({"error": "ACCESS_DENIED"}, 403), body(b"", 502), AccessDenied),
        (reply({"error": "PAYMENT_REQUIRED"}, 401), UNKNOWN, PaymentRequired),
        (UNKNOWN, reply({"error": "payment_required"}, 200), PaymentRequired),
        (body(b"", 502), reply({"error": "PAYMENT_REQUIRED"}, 401), PaymentRequired),
        (reply({"error": "wrong_client"}, 200), UNKNOWN, ExpiredToken),
        (reply({"error": "invalid_grant"}, 400), reply({"error": "invalid_client"}, 401), ExpiredToken),
        (reply({"error": "invalid_grant"}, 400), body(b"", 502), TransportError),
        (reply({"error": "SOMETHING_NEW"}, 400), UNKNOWN, RestError),
    ],
)
def test_what_is_told_when_no_server_proves_the_token(
    one: Answerer, two: Answerer, error: type[BitrixError]
) -> None:
    with Wire(one) as first, Wire(two) as second, pytest.raises(error) as told:
        servers(first, second).app_info("canary-token")
    assert type(told.value) is error or error is TransportError
