"""The sealed token that proves a portal's events. The rule: comparing it tells nothing but yes or no.

A portal sends the same token with every event; it comes with the installer's form, with the first event, or
with an administrator's opening (pages "Events safety" and "Simple way of getting tokens").
"""

import logging
from hashlib import sha256
from hmac import compare_digest

from sqlalchemy import Connection, Engine, bindparam, select, update

from app.portals.model import Proof
from app.portals.stores.installed import is_installed
from app.storage.crypto import Cipher, Unreadable
from app.storage.engine import reading
from app.storage.tables import installations

_LOG = logging.getLogger(__name__)
_SEALED = select(installations.c.application_token_sealed).where(
    installations.c.member_id == bindparam("member_id")
)


class ApplicationTokenStore:
    """Compares tokens of events, and keeps those that somebody vouches for."""

    def __init__(self, engine: Engine, cipher: Cipher) -> None:
        self._engine = engine
        self._cipher = cipher
        self._stand_in = cipher.seal("-", *_place(""))

    def matches(self, member_id: str, token: str) -> bool:
        """Compare in constant time, with the same work whether or not the portal is known."""
        with reading(self._engine) as conn:
            known = self._known(conn, member_id)
        compared = known or self._cipher.open(self._stand_in, *_place(""))
        return compare_digest(_digest(compared), _digest(token)) and known is not None

    def learn(self, member_id: str, token: str) -> None:
        """Store a first application token that a proved administrator brings; one that is known stays.

        Reads only, as long as one is known: openings are many.
        """
        with reading(self._engine) as conn:
            if self._known(conn, member_id) is not None:
                return
        with self._engine.begin() as conn:
            if is_installed(conn, member_id):
                self.keep(conn, member_id, token, replace=False)

    def adopt(self, proof: Proof, token: str) -> bool:
        """Put a proved application token in place of another; False: the app is not installed there."""
        with self._engine.begin() as conn:
            if not is_installed(conn, proof.member_id):
                return False
            self.keep(conn, proof.member_id, token, replace=True)
            conn.execute(
                update(installations)
                .where(installations.c.member_id == proof.member_id)
                .values(version=proof.version)
            )
        return True

    def keep(self, conn: Connection, member_id: str, token: str | None, replace: bool) -> None:
        """Store a first token, or with `replace` another one, within the caller's transaction."""
        if not token:
            return
        known = self._known(conn, member_id)
        if known is None or (replace and known != token):
            conn.execute(
                update(installations)
                .where(installations.c.member_id == member_id)
                .values(application_token_sealed=self._cipher.seal(token, *_place(member_id)))
            )

    def _known(self, conn: Connection, member_id: str) -> str | None:
        """The stored token; None when there is none that can be read."""
        sealed = conn.execute(_SEALED, {"member_id": member_id}).scalar()
        try:
            return None if sealed is None else self._cipher.open(sealed, *_place(member_id))
        except Unreadable:
            _LOG.warning("a stored application token cannot be read", extra={"member_id": member_id})
            return None


def _place(member_id: str) -> tuple[str | int, ...]:
    """What the token is bound to."""
    return "installations", member_id, 0, "application_token_sealed"


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
