"""Events of a portal's queue. The rule: nothing happens without the application token or a proof.

Nothing is sent twice by the queue, so an event is taken in within a few rows of SQL and answered at once
(page "Events"); where the database does not answer in time the event is kept beside it and decided on later.
Whatever is not proved yet gets the same answer for known and unknown portals; what no installed portal
claims leaves no trace.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from typing import Literal

from app.bitrix24.errors import BitrixError, RestError
from app.bitrix24.params import EventParams
from app.portals.event_backlog import Backlog, may_pass
from app.portals.lifecycle import Lifecycle
from app.portals.model import utc_now
from app.portals.proof import Handshake, ProofRejected
from app.portals.stores.event_marks import fingerprint, taken_in
from app.portals.stores.event_queue import EventQueue
from app.portals.stores.portal_stores import PortalStores
from app.storage.health import answers
from app.storage.leases import LeaseBusy, kept_lease
from app.storage.spool import Spool

_THREADS = 8
_PATIENCE_SECONDS = 2.0
"""How long the sender waits for our database at most; a healthy one takes milliseconds."""

_DRAIN_SECONDS = 30.0
"""How long others wait for a killed process; one that lives keeps its turn, however long proofs take."""

_PROVABLE = frozenset({"ONAPPINSTALL", "ONAPPUPDATE"})
_LOG = logging.getLogger(__name__)


class Events:
    """Takes events in and, later, proves those that came before we knew the portal's application token."""

    def __init__(
        self,
        portals: PortalStores,
        queue: EventQueue,
        lifecycle: Lifecycle,
        handshake: Handshake,
        spool: Spool,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._portals = portals
        self._queue = queue
        self._lifecycle = lifecycle
        self._handshake = handshake
        self._clock = clock
        self._backlog = Backlog(spool, self._decide, lambda: answers(queue.engine))
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="event")

    def accept(self, event: EventParams) -> Literal["ok", "refused", "kept"]:
        """Apply an event that carries the right application token; genuine ones without use are "ok" too.

        With another token an installation or update of an installed portal waits for its proof, as portals
        may change theirs; the sender is refused all the same. "kept": the database could not tell in time,
        the event is decided on when it does. Raises `SpoolFull` when it could not even be kept.
        """
        event = taken_in(event, self._clock())
        failing = self._backlog.is_failing
        if not failing:
            deciding = self._threads.submit(copy_context().run, self._decide, event)
            try:
                return deciding.result(_PATIENCE_SECONDS)
            except Exception as trouble:
                if not (isinstance(trouble, TimeoutError) or may_pass(trouble)):
                    raise
                deciding.cancel()
                _LOG.warning("an event is kept for later: %s", type(trouble).__name__)
        self._backlog.put(event, failed=not failing)
        return "kept"

    def _decide(self, event: EventParams) -> Literal["ok", "refused"]:
        if self._portals.application_tokens.matches(event.member_id, event.application_token):
            self._apply(event)
            return "ok"
        if event.event in _PROVABLE and event.access_token:
            self._queue.put(event)
        return "refused"

    def drain(self, limit: int = 20) -> int:
        """Decide on kept events and prove waiting ones, one process at a time; returns how many are done."""
        decided = self._backlog.drain()
        try:
            with kept_lease(self._queue.engine, "events:drain", _DRAIN_SECONDS, 0):
                waiting = self._queue.waiting(limit)
                return decided + sum(self._settle(each.id, each.event) for each in waiting)
        except LeaseBusy:
            return decided

    def _apply(self, event: EventParams) -> None:
        if event.event == "ONAPPUNINSTALL":
            self._lifecycle.uninstall(event)
        elif event.event in _PROVABLE and event.data.get("VERSION"):
            self._portals.installations.set_version(
                event.member_id, event.data["VERSION"], once=fingerprint(event)
            )

    def _settle(self, waiting_id: int, event: EventParams) -> bool:
        """Prove one event; False: it stays, since the authorization server or the portal could not tell."""
        token = event.access_token or ""
        try:
            proof = self._handshake.prove_token(
                token, member_id=event.member_id, domain=event.domain, server_hint=event.server_endpoint
            )
            adopted = self._lifecycle.adopt(proof, token, event)
        except (ProofRejected, RestError) as error:
            _LOG.info("event dropped: %s", error, extra={"member_id": event.member_id})
        except BitrixError as error:
            _LOG.warning("event waits: %s", error, extra={"member_id": event.member_id})
            self._queue.postpone(waiting_id)
            return False
        else:
            _LOG.info("event proved" if adopted else "event dropped: no administrator, or not installed")
        self._queue.remove(waiting_id)
        return True
