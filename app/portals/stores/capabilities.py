"""What a portal can do, which only using it tells. The rule: it is written only when something has changed.

What a portal lacked is unknown again after a week (see `installation_of`).
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, select, update

from app.portals.model import Installation, utc_now
from app.portals.stores.installations import InstallationStore
from app.portals.stores.rows import INSTALLATION_COLUMNS, installation_of
from app.storage.tables import installations


class CapabilityStore:
    """Learns; what is known stands in the `Installation`."""

    def __init__(
        self, engine: Engine, installation_store: InstallationStore, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._engine = engine
        self._installations = installation_store
        self._clock = clock

    def learn_silent(self, member_id: str, learn: Callable[[str, int], tuple[str, int]]) -> None:
        """Keep what `learn` makes of the scope and the doubts that are known of silent mode there.

        See `app.openlines.silence.learnt`. Who learns at the same time goes on from what we have learnt.
        """
        known = self._installations.find(member_id)
        if known is None or learn(*_silence(known)) == _silence(known):
            return
        chosen, now = installations.c.member_id == member_id, self._clock()
        query = select(*INSTALLATION_COLUMNS).where(chosen).with_for_update()
        with self._engine.begin() as conn:
            row = conn.execute(query).first()
            if row is not None:
                scope, doubts = learn(*_silence(installation_of(row, now)))
                news = {"silent_scope": scope, "silent_doubts": doubts, "silent_learnt_at": now}
                conn.execute(update(installations).where(chosen).values(news))

    def learn_recent_pin(self, member_id: str, allowed: bool) -> None:
        """Learn whether the portal lets an open-line chat be pinned in the person's own chat list."""
        known = self._installations.find(member_id)
        if known is None or known.pins_recent is allowed:
            return
        chosen = installations.c.member_id == member_id
        news = {"pins_recent": allowed, "pins_recent_at": self._clock()}
        with self._engine.begin() as conn:
            conn.execute(update(installations).where(chosen).values(news))


def _silence(known: Installation) -> tuple[str, int]:
    return known.silent_scope, known.silent_doubts
