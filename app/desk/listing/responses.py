"""From what is known to what is answered: listings with their notices, and bytes for those who poll."""

from datetime import datetime

import msgspec

from app.bitrix24.errors import BitrixError, PortalBusy, RateLimited, RestError, TimedOut
from app.desk.listing.known import Known, PackedList
from app.desk.listing.news import News
from app.desk.model import ListingBody
from app.openlines.model import Left, Listing, Notice, Person
from app.portals.model import Operator


class _ListingJson(msgspec.Struct):
    """`Listing` with its dialogs still in JSON."""

    as_of: datetime
    stale: bool
    operator: Person
    dialogs: msgspec.Raw
    notices: list[Notice]
    left: list[Left]


def body_of(operator: Operator, packed: PackedList, error: BitrixError | None, news: News) -> ListingBody:
    """A kept list as a JSON answer, without looking at its dialogs."""
    left, notices = news.told(operator)
    notices = notices_of(packed.skipped, error) + notices
    person = Person(operator.user_id, operator.name or None)
    dialogs = msgspec.Raw(packed.dialogs)
    body = _ListingJson(packed.as_of, error is not None, person, dialogs, notices, left)
    marks = [packed.digest, *(f"{notice.code}{notice.count or ''}" for notice in notices)]
    marks += [f"{gone.chat_id}{gone.code}" for gone in left]
    return ListingBody(
        msgspec.json.encode(body), "-".join(marks), packed.as_of.isoformat(), wordless=not notices
    )


def listing_of(operator: Operator, known: Known, error: BitrixError | None, news: News) -> Listing:
    """What is known as an answer; `error` is why it is older than wished."""
    left, notices = news.told(operator)
    return Listing(
        as_of=known.as_of,
        stale=error is not None,
        operator=Person(operator.user_id, operator.name or None),
        dialogs=known.dialogs,
        notices=notices_of(known.skipped, error) + notices,
        left=left,
    )


def notices_of(skipped: int, error: BitrixError | None) -> list[Notice]:
    """Codes only: the words are the web's."""
    codes = [] if error is None else [_notice_code(error)]
    return [Notice(code, "") for code in codes + (["rows_skipped"] if skipped else [])]


def _notice_code(error: BitrixError) -> str:
    if isinstance(error, PortalBusy | RateLimited):
        return "portal_busy"
    if isinstance(error, TimedOut):
        return "portal_timeout"
    return "portal_error" if isinstance(error, RestError) else "portal_unavailable"
