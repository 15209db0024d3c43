"""Installations and their operators. The rule: what identifies a portal changes only with a proof.

Tokens are sealed with their row's identity. An operator's row is written only while the portal is installed,
so a request that outlives an uninstallation leaves nothing behind.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, bindparam, delete, select, update

from app.bitrix24.params import EventParams
from app.portals.model import (
    Installation,
    OperatorKey,
    OperatorRow,
    Proof,
    TokenPair,
    utc_now,
)
from app.portals.stores.application_tokens import ApplicationTokens
from app.portals.stores.event_marks import delivery, fingerprint, first_time, note, untold_end
from app.portals.stores.late_events import is_late
from app.portals.stores.rows import (
    INSTALLATION_COLUMNS,
    first_generation,
    installation_of,
    of_operator,
    proved,
    sealed_pair,
)
from app.storage.crypto import Cipher
from app.storage.engine import reading, upsert
from app.storage.tables import browser_sessions, event_queue, installations, leases, metadata, operator_tokens

_KEY = ["member_id", "user_id"]
_BY_MEMBER = select(*INSTALLATION_COLUMNS).where(installations.c.member_id == bindparam("member_id"))
_BY_DOMAIN = (
    select(*INSTALLATION_COLUMNS)
    .where(installations.c.domain == bindparam("domain"), installations.c.active)
    .order_by(installations.c.updated_at.desc())
    .limit(1)
)


class PortalStore:
    """SQL behind the lifecycle of portals."""

    def __init__(self, engine: Engine, cipher: Cipher, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._cipher = cipher
        self._clock = clock
        self._application_tokens = ApplicationTokens(cipher)

    # Installations

    def installation(self, member_id: str) -> Installation | None:
        """The app in this portal, active or not; None when it never was there, or was wiped out."""
        return self._one(_BY_MEMBER, member_id=member_id)

    def installation_at(self, domain: str) -> Installation | None:
        """The active installation at a portal's address (`host[:port]`)."""
        return self._one(_BY_DOMAIN, domain=domain.lower())

    def save_installation(
        self,
        proof: Proof,
        application_token: str | None = None,
        *,
        replace_token: bool = False,
        at: datetime | None = None,
    ) -> Installation:
        """Install, or install again: revives an uninstalled portal and keeps its generation.

        The application token is kept when one is known, unless `replace_token` says that an
        administrator vouches for the new one: any operator could post another.
        `at` is the moment by the portal's clock, which its events go by, too; ours may be wrong.
        """
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
            if _state(conn, proof.member_id, installations.c.active):
                note(conn, untold_end(proof.member_id), now)
            upsert(conn, installations, row | first, ["member_id"], keep=list(first))
            self._application_tokens.keep(conn, proof.member_id, application_token, replace_token)
            found = conn.execute(_BY_MEMBER, {"member_id": proof.member_id}).one()
        return installation_of(found, now)

    def note_open(self, proof: Proof) -> Installation | None:
        """Take over what a proved opening says of an active portal: it may have moved or been updated.

        None: the app is not installed there. Writes only when something has changed.
        """
        known = self.installation(proof.member_id)
        if known is None or not known.active:
            return None
        news = {name: value for name, value in proved(proof).items() if getattr(known, name) != value}
        if not news:
            return known
        chosen = (installations.c.member_id == proof.member_id) & installations.c.active
        with self._engine.begin() as conn:
            noted = conn.execute(update(installations).where(chosen).values(news)).rowcount
        return self.installation(proof.member_id) if noted else None

    def uninstall(self, member_id: str, clean: bool, told: EventParams | None = None) -> bool:
        """End the installation: tokens and sessions go at once and older sessions are void.

        `clean` removes every row of the portal from every table. `told`: the event that says so; an
        installation that is newer stays. False: there was nothing to end, or this delivery has ended it.
        """
        chosen, now = installations.c.member_id == member_id, self._clock()
        if not clean:
            chosen &= installations.c.active
        news = {"active": False, "generation": installations.c.generation + 1}
        with self._engine.begin() as conn:
            if told and not first_time(conn, delivery(told), now):
                return False
            installed_at = _state(conn, member_id, installations.c.updated_at)
            if installed_at is None or (told and is_late(conn, told, installed_at, now)):
                return False
            if not conn.execute(update(installations).where(chosen).values(news)).rowcount:
                return False
            if told:
                note(conn, fingerprint(told), now)
            tables = metadata.sorted_tables if clean else [operator_tokens, browser_sessions, event_queue]
            for table in tables:
                if "member_id" in table.c:
                    conn.execute(delete(table).where(table.c.member_id == member_id))
            conn.execute(
                delete(leases).where(leases.c.name.startswith(f"refresh:{member_id}:", autoescape=True))
            )
        return True

    def application_token_matches(self, member_id: str, token: str) -> bool:
        """Compare in constant time, with the same work whether or not the portal is known."""
        with reading(self._engine) as conn:
            return self._application_tokens.match(conn, member_id, token)

    def learn_application_token(self, member_id: str, token: str) -> None:
        """Store a first application token that a proved administrator brings; one that is known stays.

        Reads only, as long as one is known: openings are many.
        """
        with reading(self._engine) as conn:
            if self._application_tokens.known(conn, member_id) is not None:
                return
        with self._engine.begin() as conn:
            if is_installed(conn, member_id):
                self._application_tokens.keep(conn, member_id, token, replace=False)

    def adopt_application_token(self, proof: Proof, token: str) -> bool:
        """Put a proved application token in place of another; False: the app is not installed there."""
        with self._engine.begin() as conn:
            if not is_installed(conn, proof.member_id):
                return False
            self._application_tokens.keep(conn, proof.member_id, token, replace=True)
            conn.execute(
                update(installations)
                .where(installations.c.member_id == proof.member_id)
                .values(version=proof.version)
            )
        return True

    def set_version(self, member_id: str, version: str, once: str) -> None:
        """Note another version that a verified event names, when that event comes for the first time."""
        chosen = installations.c.member_id == member_id
        with self._engine.begin() as conn:
            known = conn.execute(select(installations.c.version).where(chosen)).scalar()
            if known != version and first_time(conn, once, self._clock()):
                conn.execute(update(installations).where(chosen).values(version=version))

    def learn_silent(self, member_id: str, learn: Callable[[str, int], tuple[str, int]]) -> None:
        """Keep what `learn` makes of the scope and the doubts that are known of silent mode there.

        See `app.openlines.silence.learnt`. Who learns at the same time goes on from what we have learnt.
        Writes only when something has changed.
        """
        known = self.installation(member_id)
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
        known = self.installation(member_id)
        if known is not None and known.pins_recent is not allowed:
            self._update(member_id, {"pins_recent": allowed, "pins_recent_at": self._clock()})

    # Operators

    def save_operator(
        self,
        proof: Proof,
        pair: TokenPair,
        name: str | None = None,
        is_admin: bool | None = None,
        language: str | None = None,
    ) -> bool:
        """Keep the pair that an opening brought; None keeps what is known of the person.

        False: the portal was uninstalled meanwhile and nothing was stored.
        """
        key = OperatorKey(proof.member_id, proof.user_id)
        given = {"name": name, "is_admin": is_admin, "language": language}
        row = {
            "member_id": key.member_id,
            "user_id": key.user_id,
            **sealed_pair(self._cipher, key, pair.access_token, pair.refresh_token),
            "name": (name or "")[:255],
            "is_admin": bool(is_admin),
            "language": (language or "en")[:8],
            "needs_reopen": False,
            "refused_code": None,
            "refused_at": None,
            "refreshed_at": self._clock(),
        }
        with self._engine.begin() as conn:
            if not is_installed(conn, key.member_id):
                return False
            kept = [column for column, value in given.items() if value is None]
            upsert(conn, operator_tokens, row, _KEY, keep=kept)
        return True

    def name_operator(self, key: OperatorKey, name: str, is_admin: bool) -> None:
        """Keep what the portal says of a person whose tokens are stored already."""
        with self._engine.begin() as conn:
            known = {"name": name[:255], "is_admin": is_admin}
            conn.execute(update(operator_tokens).where(*of_operator(key)).values(known))

    def operator(self, key: OperatorKey) -> OperatorRow | None:
        """What is known of a person who has opened the app."""
        columns = operator_tokens.c
        query = select(columns.name, columns.is_admin, columns.language, columns.needs_reopen)
        with reading(self._engine) as conn:
            row = conn.execute(query.where(*of_operator(key))).first()
        return None if row is None else OperatorRow(key, *row)

    # Inside

    def _one(self, query: Any, **chosen: str) -> Installation | None:
        with reading(self._engine) as conn:
            row = conn.execute(query, chosen).first()
        return None if row is None else installation_of(row, self._clock())

    def _update(self, member_id: str, news: dict[str, Any]) -> None:
        with self._engine.begin() as conn:
            conn.execute(update(installations).where(installations.c.member_id == member_id).values(news))


def _silence(known: Installation) -> tuple[str, int]:
    return known.silent_scope, known.silent_doubts


def is_installed(conn: Connection, member_id: str) -> bool:
    """Whether the app is there, asked in a way that an uninstallation waits for us, or we for it."""
    return bool(_state(conn, member_id, installations.c.active, read=True))


def _state(conn: Connection, member_id: str, column: Column[Any], *, read: bool = False) -> Any:
    """A column of the portal's row, which stays so until the transaction ends; None without a row."""
    query = select(column).where(installations.c.member_id == member_id)
    if conn.dialect.name == "postgresql":
        query = query.with_for_update(read=read)
    return conn.execute(query).scalar()
