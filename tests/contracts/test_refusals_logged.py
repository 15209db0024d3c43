"""Refusals leave the lines that docs/security-details.md names, with their reason and without secrets."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.web.logs import JsonLines
from tests.support.databases import SqliteTemplates
from tests.support.every_route import Walk, walk, walked


class Lines(logging.Handler):
    """Keeps log lines as they are written."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(JsonLines())
        self.found: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(json.loads(self.format(record)))


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything that our own loggers say."""
    kept, root = Lines(), logging.getLogger()
    root.addHandler(kept)
    yield kept
    root.removeHandler(kept)


@pytest.fixture
def person(sqlite_templates: SqliteTemplates, tmp_path: Path) -> Iterator[Walk]:
    """Somebody who has used everything."""
    with sqlite_templates.fresh(tmp_path) as url, walked(tmp_path, url) as somebody:
        yield somebody


def said(lines: Lines, event: str) -> set[str]:
    """Reasons, names of errors, or what became of it, in lines of one kind."""
    names = ("reason", "error", "outcome", "accepted")
    chosen = [line for line in lines.found if line["event"] == event]
    return {next(str(line[name]) for name in names if name in line) for line in chosen}


def test_refusals_leave_a_line_with_their_reason(lines: Lines, person: Walk) -> None:
    client = person.client
    token, person.token = person.token, ""
    fields = person.open("/app", 27)
    query = {"DOMAIN": person.box.origin.partition("://")[2], "PROTOCOL": "0", "LANG": "en", "APP_SID": "x"}
    foreign = {"Origin": "https://evil.example"}
    client.post("/app", query_string=query, data=fields, headers=foreign)
    client.post("/app", query_string=query, data=fields | {"AUTH_ID": "f" * 70})
    client.get("/api/journal", headers={"X-B24-Session": person.token, **foreign})
    client.get("/app?code=1&state=invented&domain=x.example&member_id=1")
    client.put("/api/settings/portal", json={"retention_days": 30}, headers={"X-B24-Session": person.token})
    client.get("/api/journal")
    client.post("/events", data={"event": "ONAPPUNINSTALL"})
    forged = {"auth[member_id]": fields["member_id"], "auth[application_token]": "f" * 32}
    client.post("/events", data={"event": "ONAPPUNINSTALL"} | forged)
    refused = said(lines, "request failed")
    assert refused >= {"NotInstalledHere", "foreign_origin", "unknown_token", "foreign_state", "AdminsOnly"}
    assert "session_expired" in refused
    assert len(said(lines, "event")) == 2, "one event was genuine, one was not"
    assert said(lines, "event refused") != set()
    assert [line for line in lines.found if line["event"] == "installed"]
    failed = [line for line in lines.found if line["event"] == "request failed"]
    assert all(len(str(line["request_id"])) > 1 for line in failed)
    secrets, text = (token, person.token, fields["AUTH_ID"], fields["REFRESH_ID"]), json.dumps(lines.found)
    assert [secret for secret in secrets if secret and secret in text] == []


def test_whoever_is_let_in_leaves_a_line_without_name_or_token(lines: Lines, person: Walk) -> None:
    lines.found.clear()
    fields = person.open("/app", 27)
    (begun,) = [line for line in lines.found if line["event"] == "session begun"]
    (asked,) = [line for line in lines.found if line["event"] == "request"]
    assert set(begun) == {"at", "level", "logger", "event", "request_id", "member_id", "user_id"}
    assert (begun["member_id"], begun["user_id"]) == (fields["member_id"], 27)
    assert begun["request_id"] == asked["request_id"]
    text = json.dumps(begun)
    assert person.token
    assert [word for word in (person.token, fields["AUTH_ID"], fields["REFRESH_ID"]) if word in text] == []
    lines.found.clear()
    person.client.post("/app", data=fields | {"AUTH_ID": "f" * 70})
    assert "session begun" not in {line["event"] for line in lines.found}, "nobody was let in"


def test_every_way_in_leaves_one(lines: Lines, person: Walk) -> None:
    lines.found.clear()
    walk(person.app, person.box)
    asked = {
        line["request_id"]: (line["method"], line["route"])
        for line in lines.found
        if line["event"] == "request"
    }
    begun = {asked[line["request_id"]] for line in lines.found if line["event"] == "session begun"}
    assert begun == {("POST", "/app"), ("GET", "/app"), ("POST", "/api/session")}


def test_what_is_let_through_is_no_refusal(lines: Lines, person: Walk) -> None:
    lines.found.clear()
    person.token = ""
    person.open("/app", 27)
    assert person.ask("GET", "/api/journal").status_code == 200
    assert said(lines, "request failed") == set()
