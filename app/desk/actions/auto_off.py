"""Silent that was forgotten is turned off after the time that the operator, or the portal, has set.

The rules: only what was turned on here counts, since only of that we know since when; what cannot be turned
off now is tried again, ever more seldom, so that nobody's portal is asked for nothing; whatever goes wrong
with one operator stops nobody behind.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Engine, and_, or_, select, update

from app.bitrix24.errors import BitrixError, PortalBusy, RateLimited, TransportError
from app.desk.checks import MOST_TARGETS
from app.desk.kept.settings import PortalSettings, effective
from app.desk.listing.ages import TRUSTED_SECONDS
from app.desk.listing.lists import Lists
from app.openlines.model import ActionAnswer
from app.openlines.outcomes import carried_out
from app.portals.model import Operator, OperatorKey
from app.portals.stores.portal_stores import PortalStores
from app.storage.engine import reading
from app.storage.tables import portal_settings, preferences, silent_marks

SOURCE = "auto"
SHORTEST = timedelta(minutes=15)
SOON = timedelta(minutes=2)
SHARE_SECONDS = 60.0
"""No operator is begun later than this after a round began."""

_mark = silent_marks.c
_LOG = logging.getLogger(__name__)
Act = Callable[[Operator, Sequence[int]], ActionAnswer]


@dataclass(frozen=True, slots=True)
class _Due:
    """A dialog whose time is over."""

    session_id: int
    at: datetime


class AutoOff:
    """Looks who is due; `act(operator, chat_ids)` turns Silent off as a click does."""

    def __init__(
        self, engine: Engine, portals: PortalStores, lists: Lists, act: Act, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._portals = portals
        self._lists = lists
        self._act = act
        self._clock = clock

    def run(self) -> int:
        """One round over everybody whose time is over; returns in how many dialogs Silent went off."""
        began, count = time.monotonic(), 0
        for key, due in self._due().items():
            if time.monotonic() - began > SHARE_SECONDS:
                break
            try:
                count += self._one(key, due)
            except Exception:  # whatever one operator's list holds, the others have their turn
                _LOG.exception("silent could not be turned off", extra={"member_id": key.member_id})
                self._later(key, due)
        return count

    def _due(self) -> dict[OperatorKey, list[_Due]]:
        now = self._clock()
        query = (
            select(
                *(_mark.member_id, _mark.user_id, _mark.session_id, _mark.at),
                preferences.c["values"].label("own"),
                portal_settings.c["values"].label("portal"),
            )
            .join(
                preferences,
                and_(preferences.c.member_id == _mark.member_id, preferences.c.user_id == _mark.user_id),
                isouter=True,
            )
            .join(portal_settings, portal_settings.c.member_id == _mark.member_id, isouter=True)
            .where(_mark.silent, _mark.at <= now - SHORTEST)
            .where(or_(_mark.next_try.is_(None), _mark.next_try <= now))
            .order_by(_mark.at)
        )
        due: dict[OperatorKey, list[_Due]] = {}
        with reading(self._engine) as conn:
            for row in conn.execute(query):
                minutes = minutes_of(row.own, row.portal)
                if minutes and row.at <= now - timedelta(minutes=minutes):
                    key = OperatorKey(row.member_id, row.user_id)
                    due.setdefault(key, []).append(_Due(row.session_id, row.at))
        return due

    def _operator(self, key: OperatorKey) -> Operator | None:
        """The person, if the app may still act for them."""
        installation = self._portals.installations.find(key.member_id)
        person = self._portals.operators.find(key)
        if installation is None or not installation.active or person is None or person.needs_reopen:
            return None
        return Operator.of(installation, person)

    def _one(self, key: OperatorKey, due: list[_Due]) -> int:
        """One operator's dialogs, as far as they are listed and still silent; returns in how many.

        Raises what is neither the portal's refusal nor its silence: SQLAlchemyError and what odd data raises.
        """
        operator = self._operator(key)
        if operator is None:
            self._later(key, due)
            return 0
        try:
            off = self._turn_off(operator, due)
        except BitrixError as error:
            _LOG.warning("silent could not be turned off", extra={"outcome": type(error).__name__})
            passing = isinstance(error, PortalBusy | RateLimited | TransportError)
            self._later(key, due, soon=passing)
            return 0
        self._later(key, [one for one in due if one.session_id not in off])
        if off:
            self._lists.news.note_silent_off(operator, len(off))
        return len(off)

    def _turn_off(self, operator: Operator, due: list[_Due]) -> set[int]:
        """The sessions in which it went off. Raises BitrixError when nothing was done."""
        read = self._lists.get(operator, max_age=TRUSTED_SECONDS)
        if read.error is not None:
            raise read.error
        known = read.known
        sessions = {one.session_id for one in due}
        chats = [row.chat_id for row in known.dialogs if row.session_id in sessions and row.silent]
        if not chats:
            return set()
        results = self._act(operator, chats[:MOST_TARGETS]).results
        return {row.session_id for row in results if carried_out(row.outcome, row.code)}

    def _later(self, key: OperatorKey, due: list[_Due], *, soon: bool = False) -> None:
        """Try again when twice as much time has gone by, or soon when the portal just had no time."""
        now = self._clock()
        mine = (_mark.member_id == key.member_id, _mark.user_id == key.user_id)
        with self._engine.begin() as conn:
            for one in due:
                pause = SOON if soon else max(now - one.at, SHORTEST)
                chosen = (*mine, _mark.session_id == one.session_id, _mark.at == one.at)
                conn.execute(update(silent_marks).where(*chosen).values(next_try=now + pause))


def minutes_of(own: Any, portal: Any) -> int:
    """After how many minutes Silent goes off for an operator, from the stored values; 0 is never."""
    values = effective(own or {}, msgspec.convert(portal or {}, PortalSettings))
    minutes: int = values["auto_silent_off"]
    return minutes
