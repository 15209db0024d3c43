"""Log lines: JSON, with the request's id, without anything secret; with controls that the search works."""

import json
import logging
import os
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.bitrix24.trace import CallRecord, request_id
from app.web.logs import CallLog, JsonLines, redacted

TOKEN = "f3a9c1d2e4b5f3a9c1d2e4b5f3a9c1d2e4b5f3a9c1d2e4b5f3a9c1d2e4b5f3a9"
RECORD = CallRecord("member", 27, "batch", ("im.recent.get",), "ok", 200, 12.5, "7F3A-91C2")


@pytest.mark.parametrize(
    "text",
    [
        f"AUTH_ID={TOKEN}",
        "refresh_token=short-one&x=1",
        "{'access_token': 'short-one'}",
        '{"auth":"short-one"}',
        "Authorization: short-one",
        f"nothing named but {TOKEN}",
        "GET https://portal.example/app?code=short-one&state=x",
        "postgresql+psycopg://user:short-one@host/name",
        "redis://:short-one@host:6379/0",
    ],
)
def test_secrets_are_taken_out(text: str) -> None:
    assert TOKEN not in redacted(text)
    assert "short-one" not in redacted(text)


def test_ordinary_words_stay() -> None:
    text = "worker 17 stopped: member 0123456789abcdef0123456789abcdef, portal https://portal.example"
    assert redacted(text) == text


def line(
    message: str, *args: object, error: BaseException | None = None, **fields: object
) -> dict[str, object]:
    record = logging.LogRecord("pinline", logging.INFO, __file__, 1, message, args, None)
    record.__dict__.update(fields)
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    found: dict[str, object] = json.loads(JsonLines().format(record))
    return found


def test_a_line_is_json_with_the_requests_id() -> None:
    token = request_id.set("7F3A-91C2")
    found = line("said\n%s", "forged line", fields={"member_id": "m"}, user_id=27)
    request_id.reset(token)
    assert found["event"] == "said\nforged line"
    assert (found["request_id"], found["member_id"], found["user_id"]) == ("7F3A-91C2", "m", 27)


def test_an_exception_is_told_by_its_places_only() -> None:
    try:
        raise ValueError(f"quoting {TOKEN}")
    except ValueError as error:
        found = line("failed", error=error)
    assert found["exception"] == "ValueError"
    assert "test_log_lines.py" in str(found["places"])
    assert TOKEN not in json.dumps(found)


def test_calls_are_kept_for_days(tmp_path: Path) -> None:
    log = CallLog(tmp_path / "logs")
    log(RECORD)
    log(RECORD)
    today = datetime.now(UTC).date()
    path = tmp_path / "logs" / f"rest-{today.isoformat()}.jsonl"
    kept = [json.loads(text) for text in path.read_text().splitlines()]
    assert [row["commands"] for row in kept] == [["im.recent.get"]] * 2
    assert path.stat().st_mode & 0o077 == 0
    for old in ("2026-01-01", "2026-01-05", "2026-01-08"):
        (tmp_path / "logs" / f"rest-{old}.jsonl").touch()
    assert log.purge(3, date(2026, 1, 8)) == 1
    names = sorted(found.name for found in (tmp_path / "logs").iterdir())
    assert names[:2] == ["rest-2026-01-05.jsonl", "rest-2026-01-08.jsonl"]


def test_a_log_that_cannot_be_written_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where a folder should be")
    CallLog(tmp_path / "logs")(RECORD)


def test_nobody_changes_the_file_under_a_line_that_is_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, writing, write = CallLog(tmp_path), threading.Event(), os.write

    def slowly(number: int, line: bytes) -> int:
        writing.set()
        time.sleep(0.3)
        return write(number, line)

    log(RECORD)
    monkeypatch.setattr("app.web.logs.os.write", slowly)
    first = threading.Thread(target=log, args=(RECORD,))
    first.start()
    assert writing.wait(5)
    log._day = None  # midnight
    log(RECORD)
    first.join()
    (file,) = tmp_path.glob("rest-*.jsonl")
    assert len(file.read_text().splitlines()) == 3
