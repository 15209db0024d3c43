"""Whether an uninstallation comes late, from before the installation. The rule: a genuine one counts, unless.

A late one would end an installation that nobody is shown the installer for again. But a portal's `ts` alone
proves nothing: the documentation's own example bears one of 2016 (page "OnAppUninstall"), and clocks differ.
So it is late only where something can be late: an end that nobody has told us yet, or one told before.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from app.bitrix24.params import EventParams
from app.portals.stores.event_marks import fingerprint, noted, untold_end

LATEST = timedelta(hours=26)
"""How late an event may come at most (assumed: a day, and a bit): an older `ts` says nothing of its event."""

_CLOCK_SKEW = timedelta(seconds=10)
"""How much a portal's clock may be behind itself; nobody installs again within this time."""


def is_late(conn: Connection, event: EventParams, installed_at: datetime, now: datetime) -> bool:
    """Whether the event speaks of a time before `installed_at`, which is by the portal's clock.

    `now` is by our own, which alone says whether what waited in the spool was received before the app was
    installed again. The portal's `ts` counts when an earlier end may be under way: the installer ran while
    the app was installed, as far as we knew; or the same text has ended an installation before.
    """
    again = noted(conn, untold_end(event.member_id))
    received = _at(event.received, 1_000_000)
    if again and received and received < again <= now:
        return True
    at = _at(event.ts, 1)
    if at is None or not installed_at - LATEST <= at < installed_at - _CLOCK_SKEW:
        return False
    return again is not None or noted(conn, fingerprint(event)) is not None


def _at(count: int | None, a_second: int) -> datetime | None:
    """The moment of a count since 1970; None when it names none that can be true."""
    try:
        return None if count is None else datetime.fromtimestamp(count / a_second, UTC)
    except (ValueError, OverflowError, OSError):
        return None
