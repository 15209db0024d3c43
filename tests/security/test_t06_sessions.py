"""T6: sessions that were not given out by us, were somebody else's, or are of before an end."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from itsdangerous import URLSafeTimedSerializer

from app.web.session import HEADER, Signer, Ticket
from tests.security.local import SECRET_KEY, LocalApp
from tests.security.test_t07_csrf import cookie_of
from tests.security.trial import Trial, size
from tests.support.databases import PostgresTemplates, SqliteTemplates
from tests.support.frame import Frame
from tests.support.redis import RedisServer
from tests.support.stand import RunningApp, Sandbox, Stand

THREAT = "T6"
WHAT = "made-up sessions, and sessions after a sign-out or an uninstallation"
ATTEMPTS, PART = 250, 120


def made_up(local: LocalApp, victim: Frame) -> list[dict[str, str]]:
    """Headers that claim a session which the app has not given to the sender."""
    genuine = str(victim.token)
    ticket = local.services.sessions.header.read(genuine, None)
    assert ticket is not None
    value = [ticket.sid, ticket.member_id, ticket.user_id]
    keys = ("", "x", "secret", "dev", "change-me", SECRET_KEY[:-1], SECRET_KEY.upper(), "pinline.header")
    salts = ("pinline.header", "pinline.cookie", "itsdangerous", "cookie-session", "")
    tokens = [URLSafeTimedSerializer(key, salt=salt).dumps(value) for key in keys for salt in salts]
    tokens += [URLSafeTimedSerializer(SECRET_KEY, salt=salt).dumps(value) for salt in salts]
    body, stamp, signature = genuine.split(".")
    other = (
        base64.urlsafe_b64encode(json.dumps(["x" * 43, ticket.member_id, 1]).encode()).decode().rstrip("=")
    )
    tokens += [
        *(f"{other}.{stamp}.{signature}", f"{body}.{stamp}.", f"{body}..{signature}", f"{body}.{stamp}"),
        *(
            f"{body}.AAAAAA.{signature}",
            f"{body}.{stamp}.{signature[:-2]}{'BA' if signature.endswith('AA') else 'AA'}",
            genuine.swapcase(),
            genuine[::-1],
        ),
        *(
            ticket.sid,
            f'["{ticket.sid}"]',
            "null",
            "[]",
            "{}",
            "0",
            "true",
            "../../etc/passwd",
            "' OR 1=1 --",
        ),
        *("A" * 100, "." * 50, f"{genuine},{genuine}", f"Bearer {genuine}", "eyJhbGciOiJub25lIn0.e30."),
    ]
    headers = [{HEADER: token} for token in tokens]
    names = ("pinline", "session", "sid", "__Host-pinline", "x-b24-session")
    values = (genuine, ticket.sid, "x" * 43, cookie_of(local, victim).partition("=")[2])
    headers += [{"Cookie": f"{name}={text}"} for name in names for text in values]
    headers += [{"Authorization": f"Bearer {genuine}"}, {"X-Session": genuine}, {"X-B24_Session": genuine}]
    return headers


def claimed(local: LocalApp, victim: Frame) -> Iterator[str]:
    """Ask for the list and for an action with each; and with the session named in the address."""
    for headers in made_up(local, victim):
        for method, path in (("GET", "/api/dialogs"), ("POST", "/api/actions/pin_all")):
            given = {"Accept": "application/json", "Content-Type": "application/json", **headers}
            answer = victim._http.request(method, f"{local.url}{path}", headers=given, body=b"{}")
            yield f"{method} with {headers}" if answer.status != 401 else ""
    for field in ("session", "sid", "token", "X-B24-Session", "session-token"):
        answer = victim._http.request("GET", f"{local.url}/api/dialogs?{field}={victim.token}")
        yield f"in the address as {field}" if answer.status != 401 else ""


def fixed(local: LocalApp, victim: Frame) -> Iterator[str]:
    """An opening that brings a session of the sender's choice gets another one, and ends the old."""
    frame = Frame(victim.sandbox)
    for _ in range(size(20, 5)):
        before = Frame(victim.sandbox)
        assert before.open().token
        address, fields = frame.prepare("/app")
        given = {HEADER: str(before.token), "Cookie": "pinline=chosen; session=chosen"}
        after = frame.post_form(address, fields, **given).token
        read = local.services.sessions.header.read
        old, new = read(str(before.token), None), read(str(after), None)
        assert old
        assert new
        yield "the same session" if old.sid == new.sid else ""
        yield "the old one lives" if before.get("/api/dialogs").status != 401 else ""


def ended(app: RunningApp, portal: Sandbox) -> Iterator[str]:
    """After an uninstallation, from one second on, no worker accepts the sessions of before."""
    frames = [Frame(portal) for _ in range(5)]
    for frame in frames:
        assert frame.open().token
    for number in range(20):
        assert frames[number % 5].get("/api/journal").status == 200, "every worker knows them"
    portal.control("POST", "uninstall", {"clean": 0})
    until = time.monotonic() + 10
    while "ONAPPUNINSTALL" not in app.log():
        assert time.monotonic() < until, "the event came"
        time.sleep(0.02)
    time.sleep(1.0)
    for number in range(60):
        other = Frame(portal)  # a connection of its own, so that both workers are asked
        other.token = frames[number % 5].token
        yield "a session of before" if other.get("/api/journal").status != 401 else ""


def left(portal: Sandbox) -> Iterator[str]:
    """After a sign-out everywhere, from one second on, no worker accepts a session of that person."""
    frames = [Frame(portal) for _ in range(5)]
    for frame in frames:
        assert frame.open().token
    for number in range(20):
        assert frames[number % 5].get("/api/journal").status == 200, "every worker knows them"
    tokens = [frame.token for frame in frames]
    assert frames[0].request("DELETE", "/api/session?everywhere=1").status == 204
    time.sleep(1.0)
    for number in range(30):
        other = Frame(portal)
        other.token = tokens[number % 5]
        yield "a session of before" if other.get("/api/journal").status != 401 else ""


@pytest.mark.timeout(600)
def test_sessions(
    trial: Trial,
    local: LocalApp,
    victim: Frame,
    quarter: Stand,
    redis_server: RedisServer,
    sqlite_templates: SqliteTemplates,
    postgres_templates: PostgresTemplates,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    trial.attack(claimed(local, victim))
    trial.attack(fixed(local, victim))
    two = {"REDIS_URL": redis_server.url, "WEB_CONCURRENCY": "2"}
    redis_server.flush()
    stores = [postgres_templates.fresh(), sqlite_templates.fresh(tmp_path_factory.mktemp("two"))]
    for number, store in enumerate(stores[: size(2, 1)]):
        with store as url, quarter.app(url, **two) as app:
            portal = Sandbox(quarter.ports, 24 + number, app.url)
            portal.reset("facts")
            Frame(portal, user_id=1).install()
            trial.attack(left(portal))
            trial.attack(ended(app, portal))
    controlled(trial, local, victim)
    trial.verdict()


def controlled(trial: Trial, local: LocalApp, victim: Frame) -> None:
    """A token that is believed without its signature."""
    signer = local.services.sessions.header
    genuine = signer.read(str(victim.token), None)
    assert genuine is not None
    forged = URLSafeTimedSerializer("another key").dumps([genuine.sid, genuine.member_id, genuine.user_id])

    def unsigned(_: Signer, token: str, max_age: int | None) -> Ticket | None:
        found = signer._serializer.loads_unsafe(token)[1]
        return Ticket(*found, datetime.now(UTC)) if found else None

    def asked() -> Iterator[str]:
        answer = victim._http.request("GET", f"{local.url}/api/journal", headers={HEADER: forged})
        yield "accepted" if answer.status == 200 else ""

    assert list(asked()) == [""]
    with trial.without(Signer, "read", unsigned):
        trial.control(asked())
