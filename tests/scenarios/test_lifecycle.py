"""Uninstalling, reinstalling and the portal's events; forged ones leave no trace."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.frame import Frame, Reply
from tests.support.stand import RunningApp


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something asynchronous has happened."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)


def rows_of(database: Path, member_id: str) -> dict[str, int]:
    """How many rows each table holds of this portal; empty tables are left out."""
    connection = sqlite3.connect(database)
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        counts = {}
        for name in names:
            columns = {row[1] for row in connection.execute(f'PRAGMA table_info("{name}")')}
            if "member_id" in columns:
                query = f'SELECT count(*) FROM "{name}" WHERE member_id = ?'
                counts[name] = connection.execute(query, (member_id,)).fetchone()[0]
        return {name: count for name, count in counts.items() if count}
    finally:
        connection.close()


def send(frame: Frame, event: str, member_id: str, token: str, **data: str) -> Reply:
    """What the event queue posts, from whoever knows the shape of it."""
    fields = {
        "event": event,
        **{f"data[{name}]": value for name, value in data.items()},
        "ts": str(int(time.time())),
        "auth[domain]": frame.sandbox.host,
        "auth[member_id]": member_id,
        "auth[application_token]": token,
    }
    return frame.post_form(f"{frame.app_url}/events", fields)


@pytest.mark.parametrize("clean", [0, 1])
def test_after_an_uninstall_nothing_works_and_tokens_are_gone(
    operator: Frame, clean: int, shared_app: RunningApp
) -> None:
    member_id = operator.fields["member_id"]
    operator.act("pin_all")
    before = rows_of(shared_app.database, member_id)
    assert {"installations", "operator_tokens", "journal_entries"} <= set(before)
    operator.sandbox.control("POST", "uninstall", {"clean": clean})
    eventually(lambda: operator.get("/api/dialogs").status == 401)
    assert operator.act("pin_all").status == 401
    left = rows_of(shared_app.database, member_id)
    assert "operator_tokens" not in left
    assert "browser_sessions" not in left
    assert ("journal_entries" in left) is (clean == 0)
    if clean:
        assert set(left) <= {"installations"}, left


def test_reinstalling_revives_the_portal(operator: Frame) -> None:
    operator.act("pin_all")
    old = operator.token
    operator.sandbox.control("POST", "uninstall", {"clean": 0})
    eventually(lambda: operator.get("/api/dialogs").status == 401)
    assert Frame(operator.sandbox, user_id=1).install().status == 200
    again = Frame(operator.sandbox)
    assert again.open().token
    assert again.get("/api/journal").json()["entries"], "what was kept is there again"
    operator.token = old
    assert operator.get("/api/dialogs").status == 401, "sessions of before stay ended"


def test_a_local_app_that_is_added_again_ends_by_its_new_token_only(operator: Frame) -> None:
    member_id = operator.fields["member_id"]
    old = operator.sandbox.control("GET", "app")["application_token"]
    operator.sandbox.control("POST", "uninstall", {"clean": 0})
    eventually(lambda: operator.get("/api/dialogs").status == 401)
    assert Frame(operator.sandbox, user_id=1).install().status == 200
    again = Frame(operator.sandbox)
    assert again.open().token
    assert send(again, "ONAPPUNINSTALL", member_id, old, CLEAN="1").status == 401
    assert again.get("/api/dialogs").status == 200
    again.sandbox.control("POST", "uninstall", {"clean": 1})
    eventually(lambda: again.get("/api/dialogs").status == 401)


def test_a_changed_application_token_counts_when_an_administrator_brings_it(operator: Frame) -> None:
    member_id, old = operator.fields["member_id"], operator.fields["APPLICATION_TOKEN"]
    operator.sandbox.act("rotate_application_token")
    assert operator.open().token, "an opening by an ordinary operator, with the new token"
    assert operator.post_form(*operator.prepare("/install")).status == 200
    new = operator.fields["APPLICATION_TOKEN"]
    assert new != old
    assert send(operator, "ONAPPUNINSTALL", member_id, new, CLEAN="0").status == 401
    assert operator.get("/api/dialogs").status == 200
    assert Frame(operator.sandbox, user_id=1).install().status == 200
    assert send(operator, "ONAPPUNINSTALL", member_id, old, CLEAN="0").status == 401
    assert operator.get("/api/dialogs").status == 200
    assert send(operator, "ONAPPUNINSTALL", member_id, new, CLEAN="0").status == 200
    eventually(lambda: operator.get("/api/dialogs").status == 401)


def test_a_new_version_shows_the_installer_again_and_goes_on(operator: Frame) -> None:
    operator.sandbox.act("bump_version")
    admin = Frame(operator.sandbox, user_id=1)
    assert admin.install().status == 200
    assert operator.open().token
    assert operator.get("/api/dialogs").status == 200


def test_forged_events_are_refused_alike_and_change_nothing(operator: Frame, shared_app: RunningApp) -> None:
    member_id = operator.fields["member_id"]
    before = rows_of(shared_app.database, member_id)
    known = send(operator, "ONAPPUNINSTALL", member_id, "0" * 32, CLEAN="1")
    unknown = send(operator, "ONAPPUNINSTALL", "f" * 32, "0" * 32, CLEAN="1")
    assert (known.status, unknown.status) == (401, 401)
    assert known.text == unknown.text
    assert operator.get("/api/dialogs").status == 200
    assert rows_of(shared_app.database, member_id) == before
    assert rows_of(shared_app.database, "f" * 32) == {}


def test_a_forged_installation_event_gives_nobody_anything(operator: Frame, shared_app: RunningApp) -> None:
    foreign = "e" * 32
    send(operator, "ONAPPINSTALL", foreign, "1" * 32, VERSION="1", ACTIVE="Y")
    time.sleep(3)
    assert rows_of(shared_app.database, foreign) == {}


def test_the_real_token_works_where_the_forged_one_did_not(operator: Frame) -> None:
    member_id = operator.fields["member_id"]
    token = operator.sandbox.control("GET", "app")["application_token"]
    assert send(operator, "ONAPPUNINSTALL", member_id, token, CLEAN="0").status == 200
    eventually(lambda: operator.get("/api/dialogs").status == 401)


@pytest.mark.parametrize("fields", [{}, {"event": "ONAPPUNINSTALL"}, {"event": "X" * 5000}, {"auth": "x"}])
def test_malformed_events_are_refused(operator: Frame, fields: dict[str, str]) -> None:
    assert operator.post_form(f"{operator.app_url}/events", fields).status in {400, 401, 422}
    assert operator.get("/api/dialogs").status == 200
