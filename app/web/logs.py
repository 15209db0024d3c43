"""Log lines as JSON with the request's id; nothing that looks like a token or an address's query gets out.

The record of REST requests is also kept in a file a day, which is what Bitrix24's support asks for.
"""

import logging
import os
import re
import sys
import threading
import traceback
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from app.bitrix24.trace import CallRecord, request_id
from app.storage.health import OUTAGES

REQUESTS = logging.getLogger("pinline.request")
CALLS = logging.getLogger("pinline.rest")
NOTES = logging.getLogger("pinline")
_OURS = ("pinline", "app")  # everything else speaks from WARNING on, like the root
_QUIET = ("urllib3", "requests", "requests_oauthlib", "oauthlib", "werkzeug", "alembic")
_NAMED = re.compile(
    r"""(?ix) (["']?\b(?:auth|auth_id|refresh_id|access_token|refresh_token|client_secret|application_token
        |code|state|token|password|authorization|x-b24-session)\b["']?\s*[=:]\s*["']?) [^\s&"',;}]+"""
)
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"fields", "message", "asctime", "taskName"}
_LONG = re.compile(r"[A-Za-z0-9_\-.]{40,}")
_URL = re.compile(r"\b([a-z][a-z0-9+.\-]*://)(?:[^\s/@]+@)?([^\s/?#]+)[^\s]*", re.IGNORECASE)


def redacted(text: str) -> str:
    """The text without values of secret names, long opaque runs, and anything behind an address's host."""
    return _LONG.sub("…", _NAMED.sub(r"\1…", _URL.sub(r"\1\2", text)))


class Redact(logging.Filter):
    """Puts the redacted text into the record before any handler sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always keep the record."""
        record.msg, record.args = redacted(record.getMessage()), None
        return True


class JsonLines(logging.Formatter):
    """One JSON object a line. Tracebacks are places only: an exception's text may quote data.

    A store that does not answer is no mistake of ours and has no place in our code.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line; fields given as `extra={"fields": {...}}` come along unchanged."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "event": redacted(record.getMessage()),
            "request_id": request_id.get(),
        }
        line.update(getattr(record, "fields", None) or {})
        line.update({name: value for name, value in vars(record).items() if name not in _USUAL})
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = type(record.exc_info[1]).__name__
            if not isinstance(record.exc_info[1], OUTAGES):
                line["places"] = _places(record.exc_info[1])
        return msgspec.json.encode(line).decode()


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def configure_logs(level: str) -> None:
    """Send everything to stdout as JSON lines. Only our own loggers follow the level that is set."""
    root = logging.getLogger()
    handler = next((h for h in root.handlers if isinstance(h.formatter, JsonLines)), None)
    if handler is None:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(JsonLines())
        root.addHandler(handler)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("gunicorn.error").addFilter(Redact())


class CallLog:
    """The record of REST requests: a log line, and a line in the file of the day."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._day: date | None = None
        self._file: int | None = None
        self._writing = threading.Lock()

    def __call__(self, record: CallRecord) -> None:
        """Write one request down. A file that cannot be written never fails the request.

        Nobody changes the file meanwhile: its number might belong to a portal's connection then.
        """
        fields = msgspec.to_builtins(record)
        CALLS.info("call", extra={"fields": fields})
        line = msgspec.json.encode({"at": datetime.now(UTC), **fields}) + b"\n"
        try:
            with self._writing:
                os.write(self._today(), line)
        except OSError as error:
            NOTES.warning("the REST log cannot be written: %s", error.strerror)

    def _today(self) -> int:
        today = datetime.now(UTC).date()
        if self._file is None or today != self._day:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"rest-{today.isoformat()}.jsonl"
            previous, self._file = self._file, os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._day = today
            if previous is not None:
                os.close(previous)
        return self._file

    def purge(self, days: int, today: date) -> int:
        """Remove the files of days that are over for longer than `days`; returns how many."""
        limit = f"rest-{(today - timedelta(days=days)).isoformat()}.jsonl"
        old = [path for path in self._folder.glob("rest-*.jsonl") if path.name < limit]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)
