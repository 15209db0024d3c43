"""Browser sessions: by header, by an exact installation, in SQL and in Redis; no cookie has any power."""

import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from flask import Flask
from redis import Redis

from app.portals.model import Operator
from app.storage.engine import make_engine
from app.storage.sessions import RedisSessions, Sessions, SqlSessions
from app.web import session
from app.web.session import HEADER, HeaderSessions, Record, Signer, Ticket, renewed
from tests.support.apps import MEMBER, PROOF
from tests.unit.web.told import Web

SECRET = "a secret key of tests"
OPERATOR = Operator(MEMBER, 27, "Мария", "ru", "portal.example", 5, True)


@pytest.fixture(params=["sql", "redis"])
def store(request: pytest.FixtureRequest) -> Sessions:
    if request.param == "redis":
        return RedisSessions(Redis.from_url(request.getfixturevalue("redis_url")))
    return SqlSessions(make_engine(request.getfixturevalue("settings").database_url))


def carrier(store: Sessions, generation: int | None = 5) -> HeaderSessions:
    return HeaderSessions(Flask(__name__), store, SECRET, secure=True, alive=lambda member_id: generation)


def test_a_session_survives_in_every_store(store: Sessions) -> None:
    app = Flask(__name__)
    app.session_interface = first = carrier(store)
    with app.test_request_context("/app", method="POST"):
        token = session.start_session(first, OPERATOR)
        first.save_session(app, session.session, app.response_class())
    app.session_interface = second = carrier(store)
    with app.test_request_context("/api/dialogs", headers={HEADER: token}):
        assert session.session_operator(second) == OPERATOR
    app.session_interface = uninstalled = carrier(store, None)
    with app.test_request_context("/api/dialogs", headers={HEADER: token}):
        assert session.session_operator(uninstalled) is None
    app.session_interface = reinstalled = carrier(store, 6)
    with app.test_request_context("/api/dialogs", headers={HEADER: token}):
        assert session.session_operator(reinstalled) is None


def test_another_language_is_kept_and_prolongs_nothing(store: Sessions) -> None:
    app = Flask(__name__)
    app.session_interface = sessions = carrier(store)
    record = msgspec.structs.asdict(Record.of(OPERATOR))
    sessions._upsert_session(timedelta(seconds=4), record, "sid")
    headers = {HEADER: sessions.header.sign("sid", MEMBER, 27)}
    with app.test_request_context("/api/preferences", method="PUT", headers=headers):
        session.session["language"] = "pl"
        sessions.save_session(app, session.session, app.response_class())
    with app.test_request_context("/api/dialogs", headers=headers):
        assert session.session["language"] == "pl"
    until = time.monotonic() + 20
    while store.load("sid") is not None:
        assert time.monotonic() < until, "it lives on"
        time.sleep(0.1)


def test_a_stored_record_that_is_not_ours_is_no_session(store: Sessions) -> None:
    app = Flask(__name__)
    for bad in (b"", b"\x80\x04K\x01.", b"\x81\xa1a\x01", b"not msgpack at all"):
        store.save("sid", MEMBER, 27, bad, 60)
        app.session_interface = sessions = carrier(store)
        headers = {HEADER: sessions.header.sign("sid", MEMBER, 27)}
        with app.test_request_context("/api/dialogs", headers=headers):
            assert session.session_operator(sessions) is None


def test_a_record_holds_nothing_else() -> None:
    assert Record.of(OPERATOR).operator() == OPERATOR
    assert set(Record.__struct_fields__) == {
        "member_id", "user_id", "generation", "name", "language", "domain", "is_admin",
    }  # fmt: skip


def test_tokens_cannot_be_forged_or_swapped() -> None:
    header, cookie = Signer(SECRET, "header"), Signer(SECRET, "cookie")
    token = header.sign("sid", MEMBER, 27)
    found = header.read(token, 600)
    assert found is not None
    assert (found.sid, found.member_id, found.user_id) == ("sid", MEMBER, 27)
    assert cookie.read(token, 600) is None
    assert Signer("another secret key", "header").read(token, 600) is None
    other = "A" if token[-2] != "A" else "B"  # not the last character: two of its bits mean nothing
    assert header.read(token[:-2] + other + token[-1], 600) is None
    assert header.read(token, -1) is None
    for nonsense in ("", ".", "a.b.c", "é" * 50, "x" * 5000):
        assert header.read(nonsense, None) is None


def test_a_token_is_renewed_after_half_its_life() -> None:
    now = datetime.now(UTC)
    assert not renewed(Ticket("s", MEMBER, 1, now - timedelta(minutes=4)))
    assert renewed(Ticket("s", MEMBER, 1, now - timedelta(minutes=6)))


def test_an_old_token_brings_a_new_one(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.desk.answer = {"theme": "dark"}
    fresh = web.client.get("/api/preferences", headers=web.headers())
    assert (fresh.status_code, HEADER in fresh.headers) == (200, False)
    monkeypatch.setattr(session, "TOKEN_SECONDS", 0.0)
    monkeypatch.setattr(session.Signer, "read", _never_too_old(session.Signer.read))
    renewal = web.client.get("/api/preferences", headers=web.headers())
    assert renewal.status_code == 200
    assert renewal.headers[HEADER] != ""


def _never_too_old(read: object) -> object:
    def patient(self: Signer, token: str, max_age: int | None) -> Ticket | None:
        return read(self, token, None)  # type: ignore[operator]

    return patient


def test_the_cookie_loads_the_page_and_nothing_else(web: Web) -> None:
    web.token()
    with web.app.app_context():
        sessions = web.services.sessions
        value = sessions.cookie.sign("a-session", MEMBER, 27)
    assert sessions.cookie_name == "__Host-pinline"
    web.client.set_cookie(sessions.cookie_name, value, domain="localhost", secure=True)
    web.desk.answer = {}
    assert web.client.get("/api/preferences").status_code == 401
    assert web.client.put("/api/preferences", json={}).status_code == 401
    assert [name for name, *_ in web.desk.calls] == []
    assert web.client.get("/api/preferences", headers=web.headers()).status_code == 200


def test_an_uninstalled_portal_has_no_sessions(web: Web) -> None:
    web.desk.answer = {}
    headers = web.headers()
    assert web.client.get("/api/preferences", headers=headers).status_code == 200
    web.services.portals.installations.uninstall(MEMBER, clean=False)
    web.services.sessions.forget()
    assert web.client.get("/api/preferences", headers=headers).status_code == 401
    web.services.portals.installations.save(PROOF)
    web.services.sessions.forget()
    assert web.client.get("/api/preferences", headers=headers).status_code == 401


def test_an_installation_that_comes_back_is_seen_at_once() -> None:
    now = [5]
    sessions = HeaderSessions(Flask(__name__), None, SECRET, secure=True, alive=lambda _: now[0])  # type: ignore[arg-type]
    assert sessions.lives(MEMBER, 5)
    now[0] = 6
    assert sessions.lives(MEMBER, 6), "what is remembered is another one, so it is asked again"
    now[0] = 7
    assert sessions.lives(MEMBER, 6), "a yes is believed for a second"
    assert not sessions.lives(MEMBER, 4)
