"""Every answer of every route carries the headers that guard it; a new route is asked too, or is noticed."""

from collections.abc import Iterator

import pytest
from flask import Flask, Response

from app.config import Settings
from app.portals.model import Operator
from app.web.access import public
from app.web.services import EXTENSION, Services
from app.web.session import set_cookie, start_session
from tests.support import apps
from tests.support.answers import ANYONE, NOBODY, Seen, faults_of
from tests.support.databases import SqliteTemplates
from tests.support.every_route import Walk, anything, routes, seen, walked


@pytest.fixture(scope="module")
def settings(
    sqlite_templates: SqliteTemplates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Settings as in production."""
    folder = tmp_path_factory.mktemp("headers")
    with sqlite_templates.fresh(folder) as url:
        yield apps.production(url, folder)


@pytest.fixture
def production(settings: Settings) -> Iterator[Flask]:
    """The app that nobody has asked anything yet."""
    with apps.made(settings) as app:
        yield app


@pytest.fixture(scope="module")
def person(sqlite_templates: SqliteTemplates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Somebody who has used everything."""
    folder = tmp_path_factory.mktemp("walk")
    with sqlite_templates.fresh(folder) as url, walked(folder, url) as somebody:
        yield somebody


def test_every_route_was_seen_doing_what_it_is_for(person: Walk) -> None:
    assert routes(person.app) - person.served == set()
    assert {200, 204, 303, 304, 401, 403, 404} <= {answer.status for answer in person.answers}
    proved = [answer for answer in person.answers if answer.framer not in (NOBODY, ANYONE)]
    assert sum('id="boot"' in answer.text for answer in proved) == 3, "desk, administrator's desk, card"


def test_every_answer_has_its_headers(person: Walk) -> None:
    assert [fault for answer in person.answers for fault in faults_of(answer)] == []


def test_an_unchanged_list_has_the_policy_of_data(person: Walk, production: Flask) -> None:
    (unchanged,) = [answer for answer in person.answers if answer.status == 304]
    assert unchanged.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    page = seen("page", production.test_client().get("/")).headers["Content-Security-Policy"]
    assert faults_of(_without(unchanged, "Content-Security-Policy", page)) == [
        f"{unchanged.what} 304: policy"
    ]


def test_no_nonce_comes_twice(person: Walk) -> None:
    nonces = [answer.nonce for answer in person.answers if answer.nonce]
    assert len(nonces) == len(set(nonces)) > 10


def test_refusals_of_a_signed_in_person_have_them(person: Walk) -> None:
    person.open("/app", 27)
    answers = anything(person.app, {"X-B24-Session": person.token})
    assert {200, 404, 405, 422} <= {answer.status for answer in answers}
    assert [fault for answer in answers for fault in faults_of(answer)] == []


@pytest.mark.parametrize("session", ["", "forged"])
def test_nobody_gets_an_answer_without_them(production: Flask, session: str) -> None:
    answers = anything(production, {"X-B24-Session": session} if session else None)
    assert len(answers) == len(routes(production)) + 4 * len({rule for _, rule in routes(production)})
    assert [fault for answer in answers for fault in faults_of(answer, secure=True)] == []
    assert {answer.status for answer in answers if answer.what.startswith(("TRACE", "PATCH"))} == {405}


def test_errors_have_them_too(production: Flask) -> None:
    def broken() -> Response:
        raise ZeroDivisionError

    production.view_functions["home.home"] = public(broken)
    client = production.test_client()
    answers = [
        seen("broken", client.get("/")),
        seen("large", client.post("/events", data={"x": "y" * 300_000})),
        seen("large", client.post("/app", data={"x": "y" * 300_000}), ANYONE),
        seen("no such page", client.get("/none")),
        seen("no such request", client.get("/api/none")),
    ]
    assert [answer.status for answer in answers] == [500, 413, 413, 404, 404]
    assert [fault for answer in answers for fault in faults_of(answer, secure=True)] == []


def test_a_new_route_is_noticed_and_checked(production: Flask) -> None:
    @production.get("/planted")
    @public
    def planted() -> Response:
        careless = {"X-Frame-Options": "ALLOWALL", "Access-Control-Allow-Origin": "*"}
        return Response("x", headers={**careless, "Cache-Control": "public, max-age=60"})

    answers = [answer for answer in anything(production) if answer.what == "GET /planted"]
    found = {fault.rpartition(" ")[2] for answer in answers for fault in faults_of(answer)}
    assert found >= {"X-Frame-Options", "Access-Control-Allow-Origin", "Cache-Control"}
    assert ("GET", "/planted") in routes(production)


def test_cookies_are_the_hosts_own_and_out_of_reach_of_scripts(production: Flask) -> None:
    services: Services = production.extensions[EXTENSION]
    services.portals.installations.save(apps.PROOF)
    begun = production.test_client().get("/login?domain=portal.example")
    signed_in = Response()
    with production.test_request_context("/app"):
        person = Operator("0" * 32, 27, "Maria", "en", "portal.example", 1)
        start_session(services.sessions, person)
        set_cookie(services.sessions, signed_in)
    for answer in (begun, signed_in):
        (cookie,) = answer.headers.getlist("Set-Cookie")
        name, *attributes = cookie.replace("=", ";", 1).split(";")
        assert name.startswith("__Host-pinline")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {text.strip() for text in attributes}
        assert "domain" not in cookie.lower()


def _without(answer: Seen, name: str, value: str | None = None) -> Seen:
    headers = {key: text for key, text in answer.headers.items() if key != name}
    return Seen(**vars(answer) | {"headers": headers if value is None else headers | {name: value}})


@pytest.mark.parametrize(
    "name",
    [
        "Content-Security-Policy",
        "X-Content-Type-Options",
        "Referrer-Policy",
        "Permissions-Policy",
        "Cache-Control",
        "Strict-Transport-Security",
        "Content-Type",
    ],
)
def test_a_header_that_is_missing_is_found(production: Flask, name: str) -> None:
    page = seen("page", production.test_client().get("/"))
    assert faults_of(page, secure=True) == []
    assert faults_of(_without(page, name), secure=True)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("frame-ancestors 'none'", "frame-ancestors https://evil.example"),
        ("frame-ancestors 'none'", "frame-ancestors 'none' https://evil.example"),
        ("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
        ("default-src 'none'", "default-src 'self'"),
        ("base-uri 'none'", "base-uri 'self'"),
        ("'nonce-", "'nonce-another"),
    ],
)
def test_a_policy_that_says_too_much_is_found(production: Flask, good: str, bad: str) -> None:
    page = seen("page", production.test_client().get("/"))
    policy = page.headers["Content-Security-Policy"]
    assert good in policy
    assert faults_of(_without(page, "Content-Security-Policy", policy.replace(good, bad)))
