"""The journal as CSV. The rules: a cell is never a formula, whatever a client calls herself; a cut is told.

Spreadsheets calculate cells that begin with = + - or @ (OWASP, "CSV Injection"): those get an apostrophe.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.desk.kept.journal_rows import Search
from app.openlines.model import Entry
from app.web.failures import InvalidRequest
from app.web.words import Wording

MOST_ROWS = 20_000
_COLUMNS = ("at", "action", "client", "result", "outcome", "code", "source", "chat", "session", "entry")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets take UTF-8 for their own old encoding


def zone_named(name: str | None) -> tzinfo:
    """A time zone by its IANA name; UTC without one, and where this machine does not know it."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name[:64])
    except ZoneInfoNotFoundError:
        return UTC
    except (ValueError, OSError):
        raise InvalidRequest("zone") from None


def written(entries: Iterable[Entry], search: Search, words: Wording, zone: tzinfo, more: bool) -> str:
    """The table: a row for each result that the search finds, newest entry first.

    `more`: the search finds entries beyond these. Then, and after `MOST_ROWS`, the last row says so.
    """
    out = io.StringIO()
    out.write(_BYTE_ORDER_MARK)
    table = csv.writer(out)
    table.writerow([words.column(name) for name in _COLUMNS])
    rows = _rows(entries, search, words, zone)
    for row in islice(rows, MOST_ROWS):
        table.writerow([harmless(cell) for cell in row])
    if more or next(rows, None) is not None:
        table.writerow([words.table_is_cut()])
    return out.getvalue()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet calculates."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _rows(entries: Iterable[Entry], search: Search, words: Wording, zone: tzinfo) -> Iterator[list[str]]:
    for entry in entries:
        at = entry.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %z")
        for result in entry.results:
            if search.text and not search.fits(entry.action, result):
                continue
            said = words.result(entry.action, result).message
            who, what = result.client_name, (said, result.outcome, result.code or "", entry.source)
            where = (str(result.chat_id), str(result.session_id), entry.id)
            yield [at, entry.action, who, *what, *where]
