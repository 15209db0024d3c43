"""T6: sessions that were not given out by us, were somebody else's, or are of before an end."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from itsdangerous import URLSafeTimedSerializer

from app.web import session
from app.web.session import HEADER, HeaderSessions, Signer, Ticket
from scripts.processes import app_settings
from tests.faults.site import APP, App
from tests.faults.twins import Twin, still, twins
from tests.security.local import SECRET_KEY, LocalApp
from tests.security.test_t07_csrf import cookie_of
from tests.security.trial import Trial, size
from tests.support.databases import PostgresTemplates, SqliteTemplates
from tests.support.frame import Frame
from tests.support.ports import free_port
from tests.support.redis import RedisServer
from tests.support.stand import Sandbox, Stand, crashes

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


def tabs(app: App, portal: Sandbox) -> list[Twin]:
    """Five sessions, each open at both workers, which know it by now."""
    found = []
    for _ in range(5):
        frame = Frame(portal)
        assert frame.open().token
        found += twins(app, frame, 2)
    assert {tab.get("/api/journal").status for tab in found} == {200}
    assert len(still(app, found)) == 2, "every worker knows them"
    return found


def asked_again(app: App, opened: list[Twin]) -> Iterator[str]:
    """From one second on no worker accepts any of these sessions."""
    time.sleep(1.0)
    assert len(still(app, opened)) == 2, "both workers are asked"
    for tab in opened:
        for path in ("/api/journal", "/api/dialogs", "/api/views"):
            yield f"a session of before at {path}" if tab.get(path).status != 401 else ""


def ended(app: App, portal: Sandbox) -> Iterator[str]:
    """After an uninstallation."""
    opened = tabs(app, portal)
    portal.control("POST", "uninstall", {"clean": 0})
    until = time.monotonic() + 10
    while "ONAPPUNINSTALL" not in app.log_file.read_text():
        assert time.monotonic() < until, "the event came"
        time.sleep(0.02)
    yield from asked_again(app, opened)


def left(app: App, portal: Sandbox) -> Iterator[str]:
    """After a sign-out everywhere."""
    opened = tabs(app, portal)
    goes = Frame(portal)
    assert goes.open().token
    assert goes.request("DELETE", "/api/session?everywhere=1").status == 204
    yield from asked_again(app, opened)


@contextmanager
def two_workers(
    quarter: Stand, url: str, redis: RedisServer, folder: Path, what: str = APP
) -> Iterator[tuple[App, Sandbox]]:
    """The app with two workers, installed in a fresh portal."""
    redis.flush()
    ports = replace(quarter.ports, app=free_port())
    more = {"REDIS_URL": redis.url, "WEB_CONCURRENCY": "2"}
    app = App(app_settings(ports, url, folder, **more), ports.app, folder / "log", what).start()
    try:
        portal = Sandbox(quarter.ports, 25, app.url)
        portal.reset("facts")
        assert Frame(portal, user_id=1).install().status == 200
        yield app, portal
    finally:
        app.stop()
    assert crashes(app.log_file.read_text()) == []


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
    stores = [postgres_templates.fresh(), sqlite_templates.fresh(tmp_path_factory.mktemp("two"))]
    for store in stores[: size(2, 1)]:
        folder = tmp_path_factory.mktemp("both")
        with store as url, two_workers(quarter, url, redis_server, folder) as (app, portal):
            trial.attack(left(app, portal))
            trial.attack(ended(app, portal))
    for without in ("believing_long", "never_ending")[: size(2, 1)]:
        folder, what = tmp_path_factory.mktemp("weak"), f"tests.security.weakened:{without}()"
        with (
            sqlite_templates.fresh(folder) as url,
            two_workers(quarter, url, redis_server, folder, what) as (app, portal),
        ):
            trial.control(left(app, portal), f"{without}: sign-out")
            trial.control(ended(app, portal), f"{without}: uninstallation")
    controlled(trial, local, victim)
    trial.verdict()


def controlled(trial: Trial, local: LocalApp, victim: Frame) -> None:
    """A token that is believed without its signature; ids that do not change; sessions that do not end."""
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

    def only(what: str) -> list[str]:
        return [found for found in fixed(local, victim) if found == what]

    assert list(asked()) == [""]
    with trial.without(Signer, "read", unsigned):
        trial.control(asked(), "signatures")
    with trial.without(session.secrets, "token_urlsafe", lambda _: "c" * 43):
        trial.control(only("the same session"), "new ids")
    with trial.without(HeaderSessions, "_delete_session", lambda *_: None):
        trial.control(only("the old one lives"), "an end of the old one")
