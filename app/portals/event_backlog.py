"""Events that came while the database did not answer. The rule: acknowledged means kept, and applied once.

They wait in a sealed file and are decided on as soon as the database answers again; a thread that exists
only meanwhile sees to it.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from app.bitrix24.params import EventParams
from app.portals.stores.event_marks import read, written
from app.storage.shared import SharedStoreDown
from app.storage.spool import Spool

_PAUSE_SECONDS = 1.0
_THREADS = 8
_LOG = logging.getLogger(__name__)


def may_pass(error: Exception) -> bool:
    """Whether the stores may decide on the same event later, as where a release step is still to come.

    Not so for what the event itself causes: a value that no column takes.
    """
    stores = isinstance(error, SQLAlchemyError | SharedStoreDown)
    return stores and not isinstance(error, DataError | IntegrityError)


class Backlog:
    """`decide` does what has to be done with an event, `answers` tells whether the database is there."""

    def __init__(
        self, spool: Spool, decide: Callable[[EventParams], object], answers: Callable[[], bool]
    ) -> None:
        self._spool = spool
        self._decide = decide
        self._answers = answers
        self._changing = threading.Lock()
        self._follower: threading.Thread | None = None
        self._failing = False

    @property
    def is_failing(self) -> bool:
        """Whether the database failed a moment ago and has not answered since: no use in asking it."""
        return self._failing

    def put(self, event: EventParams, *, failed: bool) -> None:
        """Keep the event; raises `SpoolFull`. `failed`: the database was asked and did not answer.

        Either way somebody looks from now on whether it answers again.
        """
        self._failing = failed or self._failing
        try:
            self._spool.put(written(event))
        finally:
            with self._changing:
                if self._follower is None:
                    self._follower = threading.Thread(target=self._follow, name="event backlog", daemon=True)
                    self._follower.start()

    def drain(self) -> int:
        """Decide on what is kept, also on what processes that are gone have left; returns how many."""
        return self._spool.drain(self._take)

    def _follow(self) -> None:
        while True:
            time.sleep(_PAUSE_SECONDS)
            try:
                if self._answers():
                    self._failing = False
                    self.drain()
            except Exception as error:  # nobody else would look after what is kept
                if not may_pass(error):
                    _LOG.error("kept events are not worked through", exc_info=error)
            with self._changing:
                if self._spool.is_empty and not self._failing:
                    self._follower = None
                    return

    def _take(self, texts: list[str]) -> None:
        """Events of one portal stay in their order; portals do not wait for each other."""
        by_portal = defaultdict(list)
        for text in texts:
            if event := read(text):
                by_portal[event.member_id].append(event)
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="event backlog") as pool:
            list(pool.map(self._take_in_turn, by_portal.values()))

    def _take_in_turn(self, events: list[EventParams]) -> None:
        for event in events:
            self._take_one(event)

    def _take_one(self, event: EventParams) -> None:
        """What cannot be done at all must not hold up the others."""
        fields = {"member_id": event.member_id, "name": event.event}
        try:
            decided = self._decide(event)
        except Exception as error:
            if may_pass(error):
                raise
            _LOG.error("a kept event failed", extra={"fields": fields}, exc_info=error)
        else:
            _LOG.info("kept event", extra={"fields": {**fields, "accepted": decided == "ok"}})
