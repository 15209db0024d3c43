"""The journal: pages of entries, searched on demand, and the same as a table to take away."""

import re
from datetime import UTC, datetime

import msgspec
from flask import Blueprint, Response

from app.desk.checks import ENTRY, LARGEST_ID, MOST_ENTRIES
from app.desk.kept.journal_rows import Search
from app.openlines.model import Entry
from app.web.access import operator_required
from app.web.failures import InvalidRequest
from app.web.guard import operator
from app.web.journal_csv import MOST_ROWS, written, zone_named
from app.web.language import wording
from app.web.routes import json_answer, one, one_number
from app.web.services import services

MOST_TEXT = 100

blueprint = Blueprint("journal", __name__, url_prefix="/api")


class Entries(msgspec.Struct):
    """The answer of GET /api/journal; `more`: older entries follow, which `before` asks for."""

    entries: list[Entry]
    more: bool


@blueprint.get("/journal")
@operator_required
def journal() -> Response:
    """The operator's entries, newest first, searched by `q` and `action`; of one dialog also colleagues'."""
    before = one("before") or None
    if before and not re.fullmatch(ENTRY, before):
        raise InvalidRequest("value:before")
    limit = one_number("limit", 50, 1, MOST_ENTRIES) or 50
    chat_id = one_number("chat_id", None, 1, LARGEST_ID)
    desk, search = services().desk, _search()
    found = desk.records.journal(operator(), before, limit, chat_id, search)
    more = (
        len(found) == limit
        if chat_id
        else bool(found) and desk.records.has_older(operator(), found[-1].id, search)
    )
    return json_answer(Entries(wording().entries(found), more))


@blueprint.get("/journal.csv")
@operator_required
def journal_table() -> Response:
    """What the search finds, a row for each result; times in `zone` (an IANA name), else in UTC.

    A table that could not take everything ends with a row that says so.
    """
    search, zone = _search(), zone_named(one("zone"))
    found, more = _found(search)
    body = written(found, search, wording(), zone, more)
    answer = Response(body, content_type="text/csv; charset=utf-8")
    name = f"pinline-journal-{datetime.now(UTC):%Y-%m-%d}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _search() -> Search:
    text = (one("q") or "").strip()[:MOST_TEXT]
    outcomes, codes = wording().said_of(text) if text else ((), ())
    return Search(text, one("action") or None, outcomes, codes)


def _found(search: Search) -> tuple[list[Entry], bool]:
    """All entries that are found, up to what a table holds; whether there are more."""
    desk, entries, rows = services().desk, list[Entry](), 0
    while rows < MOST_ROWS:
        before = entries[-1].id if entries else None
        page = desk.records.journal(operator(), before, MOST_ENTRIES, None, search)
        if not page:
            return entries, False
        entries += page
        rows += sum(len(entry.results) for entry in page)
    return entries, desk.records.has_older(operator(), entries[-1].id, search)
