"""The REST log that Bitrix24's market asks for: every call, tied to its click, nothing personal, for days.

Its lines are held against what the sandbox's portals were really asked.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scripts.processes import ROOT
from tests.support.acting import own
from tests.support.databases import SqliteTemplates
from tests.support.frame import Frame
from tests.support.stand import RunningApp, Stand

Line = dict[str, Any]


@pytest.fixture
def app(stand: Stand, sqlite_templates: SqliteTemplates, tmp_path: Path) -> Iterator[RunningApp]:
    """An app of its own: its log holds what this test did and nothing else."""
    with sqlite_templates.fresh(tmp_path) as url, stand.app(url, LOG_RETENTION_DAYS="3") as running:
        yield running


def folder(app: RunningApp) -> Path:
    """Where the app keeps the REST log."""
    return app.server.log.parent / "logs"


def calls(app: RunningApp) -> list[Line]:
    """The lines of the REST log."""
    files = sorted(folder(app).glob("rest-*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def answered(app: RunningApp) -> dict[str, Line]:
    """The log lines of answered requests by their id."""
    lines = [json.loads(line) for line in app.log().splitlines() if line.startswith("{")]
    return {line["request_id"]: line for line in lines if line["event"] == "request"}


def click(app: RunningApp, frame: Frame, name: str, chat: int) -> tuple[Line, list[Line]]:
    """The line of one click and the calls that were made for it."""
    known = set(answered(app))
    assert frame.act(name, chat).status < 600
    route = "/api/actions/<name>"
    (line,) = (line for key, line in answered(app).items() if key not in known and line["route"] == route)
    return line, [call for call in calls(app) if call["request_id"] == line["request_id"]]


def test_every_call_is_in_the_log_and_belongs_to_a_request(stand: Stand, app: RunningApp) -> None:
    portal = stand.portal(app)
    portal.forget()
    Frame(portal, user_id=1).install()
    frame = Frame(portal)
    assert frame.open().token
    chat, other = own(frame, pinned=False)[:2]
    line, made = click(app, frame, "pin", chat)
    assert [call["commands"] for call in made], "the click's own call"
    assert any("imopenlines.session.mode.pin" in call["commands"] for call in made)
    for call in made:
        assert (call["member_id"], call["user_id"]) == (line["member_id"], line["user_id"])
        assert (call["outcome"], call["status"]) == ("ok", 200)
        assert call["duration_ms"] > 0
    assert frame.get(f"/api/dialogs/{chat}").status == 200
    portal.expire_tokens(27)
    assert frame.act("silence", other).status == 200
    portal.fault("503", times=9)
    line, made = click(app, frame, "unpin", chat)
    assert line["status"] >= 400
    assert made, "calls that failed are told, too"
    assert all(call["outcome"] != "ok" for call in made)
    portal.heal()
    known, rows = answered(app), calls(app)
    asked = [row for row in portal.requests() if row["host"] == "portal"]
    assert len(rows) == len(asked) >= 8, "a line for each request that the portal got"
    tied = [row for row in rows if row["request_id"] in known]
    assert len(tied) == len(rows), "and each belongs to a request"
    assert len({row["request_id"] for row in rows}) >= 6, "to its own one"
    assert {(row["member_id"], row["user_id"]) for row in rows} >= {(line["member_id"], 27)}


def test_the_log_holds_neither_tokens_nor_texts_nor_names(stand: Stand, app: RunningApp) -> None:
    portal = stand.portal(app)
    Frame(portal, user_id=1).install()
    frame = Frame(portal)
    listed = frame.open().boot["listing"]["dialogs"]
    frame.act("pin", own(frame, pinned=False)[0])
    messages = frame.get(f"/api/dialogs/{listed[0]['chat_id']}").json()["messages"]
    personal = {row["client_name"] for row in listed} | {row["last_message"]["text"] for row in listed}
    personal |= {row["text"] for row in messages} | {row["author_name"] for row in messages}
    secret = {frame.fields[name] for name in ("AUTH_ID", "REFRESH_ID")} | {str(frame.token)}
    canaries = {text for text in personal | secret if text and len(text) > 3}
    assert len(canaries) > 20
    text = "".join(path.read_text() for path in folder(app).iterdir())
    assert portal.control("GET", "app")["member_id"] in text, "the search finds what is there"
    assert [canary for canary in canaries if canary in text] == []
    told = json.dumps([listed, messages], ensure_ascii=False)
    assert [canary for canary in personal if canary and canary in told], "and the app knows them"


@pytest.mark.parametrize(("days", "left"), [("3", [1, 2, 3]), ("30", [1, 2, 3, 4, 29, 30])])
def test_the_log_is_kept_for_as_long_as_is_set(app: RunningApp, days: str, left: list[int]) -> None:
    """The second setting is the control: the same files stay where more days are set."""
    today = datetime.now(UTC).date()
    folder(app).mkdir(exist_ok=True)
    for age in (1, 2, 3, 4, 29, 30, 31, 400):
        (folder(app) / f"rest-{(today - timedelta(days=age)).isoformat()}.jsonl").write_text("{}\n")
    done = subprocess.run(
        [sys.executable, "-m", "flask", "purge"],
        cwd=ROOT,
        env={**app.server._env, "LOG_RETENTION_DAYS": days},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    dates = sorted(path.name[5:15] for path in folder(app).glob("rest-*.jsonl"))
    ages = sorted((today - datetime.strptime(day, "%Y-%m-%d").date()).days for day in dates)
    assert [age for age in ages if age] == left
