"""An operator's list: one request, shared while it runs, kept, and dressed with what we know.

The rules: a list is shown older rather than not at all, and then it says so; a list that the portal gave is
never lost because our own database does not answer: it is dressed with what was known before.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Engine

from app.bitrix24.batch import BatchAnswer
from app.bitrix24.client import Caller
from app.bitrix24.errors import (
    AccessDenied,
    BitrixError,
    ExpiredToken,
    NotInstalled,
    PortalBusy,
    RestError,
    TransportError,
)
from app.bitrix24.governor import Priority
from app.bitrix24.net import TOTAL_SECONDS
from app.desk.listing.asking import Asking, Page
from app.desk.listing.details import carry_over
from app.desk.listing.dressing import Dressing, list_key
from app.desk.listing.flights import Flights
from app.desk.listing.known import KeptList, Known
from app.desk.listing.known_lists import KnownLists
from app.desk.listing.news import News
from app.openlines.dialogs import Seen, read_rows
from app.openlines.listing import LINES
from app.openlines.model import Dialog, Person
from app.openlines.readings import NO_READINGS, Readings
from app.portals.model import Installation, Operator
from app.portals.stores.installations import InstallationStore
from app.storage.cache import Cache

SHARED_SECONDS = 4.0
"""How old a list may be that another tab of the same operator has just asked for."""

_URGENT_AGE = 60.0
_LOG = logging.getLogger(__name__)

Learn = Callable[[Seen, set[int]], None]


@dataclass(frozen=True, slots=True)
class Read:
    """A list, and why it is older than wished, if it is."""

    kept: KeptList
    error: BitrixError | None = None

    @property
    def known(self) -> Known:
        """The list with its dialogs."""
        return self.kept.known


class Lists:
    """The operators' lists of this process (and, through the cache, of its sisters)."""

    def __init__(
        self,
        engine: Engine,
        caller: Caller,
        installations: InstallationStore,
        cache: Cache,
        clock: Callable[[], datetime],
        *,
        alone: bool,
    ) -> None:
        self._clock = clock
        self.news = News(cache, clock)
        self.asking = Asking(caller, installations, cache, self.news, clock)
        self.known = KnownLists(cache, clock, self.news)
        self.flights: Flights[KeptList] = Flights()
        self.dressing = Dressing(engine, clock, alone=alone)

    def get(self, operator: Operator, *, max_age: float, seconds: float = TOTAL_SECONDS) -> Read:
        """The operator's list, at most `max_age` seconds old, or older with the error that made it so.

        The portal is asked for so many seconds at most. Raises BitrixError when nothing is known yet, or when
        the operator may not see the list any more.
        """
        packed = self.known.packed(operator)
        age = None if packed is None else (self._clock() - packed.as_of).total_seconds()
        if packed is not None and age is not None and 0 <= age <= max_age:
            return Read(KeptList(packed))
        urgent = age is None or not 0 <= age < _URGENT_AGE
        try:
            priority: Priority = "interactive" if urgent else "background"
            kept = self.flights.run(
                list_key(operator), lambda: self._renew(operator, priority, seconds), seconds
            )
        except (TransportError, PortalBusy, RestError) as error:
            if packed is None or isinstance(error, ExpiredToken | NotInstalled | AccessDenied):
                raise
            return Read(KeptList(packed), error)
        return Read(kept)

    def read(
        self, operator: Operator, *, seconds: float = TOTAL_SECONDS, touched: Iterable[int] = ()
    ) -> Known:
        """Ask the portal for the list now, for so many seconds at most; `touched` as for `absorb`.

        Raises BitrixError.
        """
        until = time.monotonic() + seconds
        answer, asked_at = self.asking.ask(operator, seconds=seconds)
        left = until - time.monotonic()
        return self.absorb(operator, answer, asked_at, touched=touched, seconds=left).known

    def _renew(self, operator: Operator, priority: Priority, seconds: float) -> KeptList:
        until = time.monotonic() + seconds
        answer, asked_at = self.asking.ask(operator, priority, seconds)
        page = self.asking.page(operator, answer, "list", priority, until - time.monotonic())
        asked_for_lines = LINES.key in answer.results or LINES.key in answer.errors
        source = self.asking.source(operator, page)
        if not asked_for_lines and (kept := self.known.renew(operator, source, asked_at)) is not None:
            return kept
        return self._keep(operator, page, asked_at, source=source)

    def absorb(
        self,
        operator: Operator,
        answer: BatchAnswer,
        asked_at: datetime,
        *,
        touched: Iterable[int] = (),
        learn: Learn | None = None,
        seconds: float = TOTAL_SECONDS,
    ) -> KeptList:
        """Take the list out of an answer, keep it and return what is known now.

        `touched` are the chats that commands before the list changed; `learn` looks at the bare list (and
        the chats flagged silent) before our own knowledge is put on. Pages that are missing are asked for,
        for so many seconds at most. Raises the list command's error.
        """
        page = self.asking.page(operator, answer, "list", seconds=seconds)
        return self._keep(operator, page, asked_at, touched, learn)

    def _keep(
        self,
        operator: Operator,
        page: Page,
        asked_at: datetime,
        touched: Iterable[int] = (),
        learn: Learn | None = None,
        source: str = "",
    ) -> KeptList:
        """`source` is given when nothing was written just before, so that what was known then still holds."""
        former = self.dressing.former(operator)
        step = self.dressing.step(operator, self.known.stamp(operator))
        seen = self._see(operator, page, former.readings)
        flagged = {dialog.chat_id for dialog in seen.dialogs if dialog.silent}
        if learn is not None:
            learn(seen, flagged)
            page = replace(page, installation=self.asking.installation(operator))
        known = Known(as_of=asked_at, skipped=seen.skipped + page.cut, flagged=sorted(flagged), dialogs=[])
        if known.skipped:
            _LOG.warning("rows of a list could not be read", extra={"rows": known.skipped})
        dressed = self.dressing.dress(operator, seen, former, page.scope, step if source else None)
        if dressed is None:
            known.dialogs = self._dressed_before(operator, seen.dialogs)
            return self.known.put(operator, known, touched)
        made, news = dressed
        written = [row.written for row in made.dressed.values()]
        known.dialogs = [row.dialog for row in written]
        known.source = source or self.asking.source(operator, page)
        kept = self.known.put(operator, known, touched, written)
        self.dressing.keep(operator, made, news, kept, step)
        return kept

    def _see(self, operator: Operator, page: Page, former: Readings = NO_READINGS) -> Seen:
        """Read the rows, without our own knowledge."""
        return read_rows(
            page.rows,
            me=Person(operator.user_id, operator.name or None),
            lines=page.lines,
            origin=_origin(operator, page.installation),
            now=self._clock(),
            former=former,
        )

    def look(self, operator: Operator, answer: BatchAnswer, key: str) -> list[Dialog]:
        """Read the rows under `key` with their silent state, without keeping them; maybe not all rows.

        Raises the list command's error.
        """
        page = self.asking.page(operator, answer, key, whole=False)
        seen = self._see(operator, page)
        marked = self.dressing.mark(operator, seen, page.scope)
        return self._dressed_before(operator, seen.dialogs) if marked is None else marked

    def redress(self, operator: Operator, known: Known, touched: Iterable[int]) -> Known:
        """Put top and silent marks on a known list again after they changed here."""
        self.dressing.redress(operator, known, self.asking.scope(operator))
        return self.known.put(operator, known, touched).known

    def _dressed_before(self, operator: Operator, dialogs: Sequence[Dialog]) -> list[Dialog]:
        """The dialogs with what the list before had put on."""
        before = self.known.get(operator)
        return carry_over(dialogs, before.by_chat() if before else {})

    def tidy(self, patience: float = 0.0) -> None:
        """Let go of what nobody can use any more, and write down what waits (see `Memories.write`)."""
        self.dressing.formers.tidy()
        self.dressing.memories.write(patience)


def _origin(operator: Operator, installation: Installation | None) -> str:
    """The portal's own origin: its domain as proved, its scheme from the REST endpoint."""
    if installation is None:
        return f"https://{operator.domain}"
    return f"{urlsplit(installation.client_endpoint).scheme}://{installation.domain}"
