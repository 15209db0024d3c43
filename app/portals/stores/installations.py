"""Where the app is installed. The rule: what identifies a portal changes only with a proof."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, bindparam, delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.bitrix24.params import EventParams
from app.portals.model import Installation, Proof, utc_now
from app.portals.stores.application_tokens import ApplicationTokenStore
from app.portals.stores.event_marks import delivery, fingerprint, first_time, note, untold_end
from app.portals.stores.installed import held
from app.portals.stores.late_events import is_late
from app.portals.stores.rows import INSTALLATION_COLUMNS, first_generation, installation_of, proved
from app.portals.stores.upkeep import sweep
from app.storage.engine import reading, upsert
from app.storage.tables import browser_sessions, event_queue, installations, leases, operator_tokens

_LOG = logging.getLogger(__name__)

_BY_MEMBER = select(*INSTALLATION_COLUMNS).where(installations.c.member_id == bindparam("member_id"))
_BY_DOMAIN = (
    select(*INSTALLATION_COLUMNS)
    .where(installations.c.domain == bindparam("domain"), installations.c.active)
    .order_by(installations.c.updated_at.desc())
    .limit(1)
)


class InstallationStore:
    """SQL behind the lifecycle of portals."""

    def __init__(
        self,
        engine: Engine,
        application_tokens: ApplicationTokenStore,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._application_tokens = application_tokens
        self._clock = clock

    def find(self, member_id: str) -> Installation | None:
        """The app in this portal, active or not; None when it never was there, or was wiped out."""
        return self._one(_BY_MEMBER, member_id=member_id)

    def find_at(self, domain: str) -> Installation | None:
        """The active installation at a portal's address (`host[:port]`)."""
        return self._one(_BY_DOMAIN, domain=domain.lower())

    def save(
        self,
        proof: Proof,
        application_token: str | None = None,
        *,
        replace_token: bool = False,
        at: datetime | None = None,
    ) -> Installation:
        """Install, or install again: revives an uninstalled portal and keeps its generation.

        What is left of an installation that was to be wiped goes before.

        The application token is kept when one is known, unless `replace_token` says that an
        administrator vouches for the new one: any operator could post another.
        `at` is the moment by the portal's clock, which its events go by, too; ours may be wrong.
        """
        if self._is_being_wiped(proof.member_id):
            sweep(self._engine, proof.member_id)
        now = self._clock()
        row = {
            "member_id": proof.member_id,
            **proved(proof),
            "installed_by": proof.user_id,
            "active": True,
            "updated_at": at or now,
        }
        first = {
            "generation": first_generation(now),
            "silent_scope": "unknown",
            "silent_doubts": 0,
        }
        with self._engine.begin() as conn:
            if held(conn, proof.member_id, installations.c.active):
                note(conn, untold_end(proof.member_id), now)
            upsert(conn, installations, row | first, ["member_id"], keep=list(first))
            self._application_tokens.keep(conn, proof.member_id, application_token, replace_token)
            found = conn.execute(_BY_MEMBER, {"member_id": proof.member_id}).one()
        return installation_of(found, now)

    def note_open(self, proof: Proof) -> Installation | None:
        """Take over what a proved opening says of an active portal: it may have moved or been updated.

        None: the app is not installed there. Writes only when something has changed.
        """
        known = self.find(proof.member_id)
        if known is None or not known.active:
            return None
        news = {name: value for name, value in proved(proof).items() if getattr(known, name) != value}
        if not news:
            return known
        chosen = (installations.c.member_id == proof.member_id) & installations.c.active
        with self._engine.begin() as conn:
            noted = conn.execute(update(installations).where(chosen).values(news)).rowcount
        return self.find(proof.member_id) if noted else None

    def set_version(self, member_id: str, version: str, once: str) -> None:
        """Note another version that a verified event names, when that event comes for the first time."""
        chosen = installations.c.member_id == member_id
        with self._engine.begin() as conn:
            known = conn.execute(select(installations.c.version).where(chosen)).scalar()
            if known != version and first_time(conn, once, self._clock()):
                conn.execute(update(installations).where(chosen).values(version=version))

    def uninstall(self, member_id: str, clean: bool, told: EventParams | None = None) -> bool:
        """End the installation: tokens and sessions go at once and older sessions are void.

        `clean` removes every row of the portal from every table: in steps, and what the database does not
        manage now goes with the next sweep or purge. `told`: the event that says so; an installation that is
        newer stays. False: there was nothing to end, or this delivery has ended it.
        """
        chosen, now = installations.c.member_id == member_id, self._clock()
        news: dict[Any, Any] = {"active": False, "generation": installations.c.generation + 1}
        if clean:
            news |= {"wiping": True, installations.c.application_token_sealed: None}
        else:
            chosen &= installations.c.active
        with self._engine.begin() as conn:
            if told and not first_time(conn, delivery(told), now):
                return False
            installed_at = held(conn, member_id, installations.c.updated_at)
            if installed_at is None or (told and is_late(conn, told, installed_at, now)):
                return False
            if not conn.execute(update(installations).where(chosen).values(news)).rowcount:
                return False
            if told:
                note(conn, fingerprint(told), now)
            for table in (operator_tokens, browser_sessions, event_queue):
                conn.execute(delete(table).where(table.c.member_id == member_id))
            conn.execute(
                delete(leases).where(leases.c.name.startswith(f"refresh:{member_id}:", autoescape=True))
            )
        if clean:
            self._wipe(member_id)
        return True

    def _is_being_wiped(self, member_id: str) -> bool:
        query = select(installations.c.wiping).where(installations.c.member_id == member_id)
        with reading(self._engine) as conn:
            return bool(conn.execute(query).scalar())

    def _wipe(self, member_id: str) -> None:
        try:
            sweep(self._engine, member_id)
        except SQLAlchemyError as error:
            _LOG.warning("not wiped yet: %s", type(error).__name__, extra={"member_id": member_id})

    def _one(self, query: Any, **chosen: str) -> Installation | None:
        with reading(self._engine) as conn:
            row = conn.execute(query, chosen).first()
        return None if row is None else installation_of(row, self._clock())
