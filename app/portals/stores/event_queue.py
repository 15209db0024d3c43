"""Events that wait to be proved. The rule: the queue is bounded and sealed, an event waits once.

Only events of installed portals wait: whoever invents portals cannot fill it, nor have us prove anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, func, select, update

from app.bitrix24.params import EventParams
from app.portals.model import utc_now
from app.portals.stores.event_marks import fingerprint, read, written
from app.storage.crypto import Cipher, Unreadable
from app.storage.engine import reading, upsert
from app.storage.tables import event_queue, installations

MAX_WAITING = 1000
MAX_WAITING_OF_PORTAL = 5
KEEP = timedelta(hours=1)
"""As long as the access token lives that could prove the event."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One event in the queue."""

    id: int
    event: EventParams
    attempts: int


class EventQueue:
    """SQL behind `Events`."""

    def __init__(self, engine: Engine, cipher: Cipher, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine = engine
        self._cipher = cipher
        self._clock = clock

    def put(self, event: EventParams) -> bool:
        """Let the event wait. False: it is dropped, the queue is full or the app not installed."""
        mark = fingerprint(event)
        row = {
            "fingerprint": mark,
            "member_id": event.member_id[:64],
            "event": event.event[:64],
            "payload_sealed": self._cipher.seal(written(event), "event_queue", mark),
            "received_at": self._clock(),
            "attempts": 0,
        }
        counts = select(func.count(), func.count().filter(event_queue.c.member_id == row["member_id"]))
        installed = select(installations.c.active).where(installations.c.member_id == row["member_id"])
        with self.engine.begin() as conn:
            if not conn.execute(installed).scalar():
                return False
            all_waiting, of_portal = conn.execute(counts.select_from(event_queue)).one()
            if all_waiting >= MAX_WAITING or of_portal >= MAX_WAITING_OF_PORTAL:
                return False
            upsert(conn, event_queue, row, ["fingerprint"], keep=["received_at", "attempts"])
        return True

    def waiting(self, limit: int) -> list[Waiting]:
        """The oldest events; those that can no longer be proved or read leave the queue."""
        with self.engine.begin() as conn:
            conn.execute(delete(event_queue).where(event_queue.c.received_at < self._clock() - KEEP))
        query = select(event_queue).order_by(event_queue.c.attempts, event_queue.c.id).limit(limit)
        with reading(self.engine) as conn:
            rows = conn.execute(query).all()
        found = []
        for row in rows:
            try:
                text = self._cipher.open(row.payload_sealed, "event_queue", row.fingerprint)
                event = read(text)
            except Unreadable:
                event = None
            if event is None:
                self.remove(row.id)
            else:
                found.append(Waiting(row.id, event, row.attempts))
        return found

    def remove(self, waiting_id: int) -> None:
        """The event is done or refused."""
        with self.engine.begin() as conn:
            conn.execute(delete(event_queue).where(event_queue.c.id == waiting_id))

    def postpone(self, waiting_id: int) -> None:
        """The authorization server could not tell: the event waits behind the others."""
        with self.engine.begin() as conn:
            conn.execute(
                update(event_queue)
                .where(event_queue.c.id == waiting_id)
                .values(attempts=event_queue.c.attempts + 1)
            )
