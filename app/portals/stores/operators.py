"""Who has opened the app in a portal. The rule: a person is kept only while the app is installed there.

So a request that outlives an uninstallation leaves nothing behind. Each token is sealed for its own row.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, select, update

from app.portals.model import OperatorKey, OperatorRow, Proof, TokenPair, utc_now
from app.portals.stores.installed import is_installed
from app.portals.stores.rows import of_operator, sealed_pair
from app.storage.crypto import Cipher
from app.storage.engine import reading, upsert
from app.storage.tables import operator_tokens

_KEY = ["member_id", "user_id"]


class OperatorStore:
    """SQL behind signing in; a pair is renewed by `TokenStore`."""

    def __init__(self, engine: Engine, cipher: Cipher, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._cipher = cipher
        self._clock = clock

    def find(self, key: OperatorKey) -> OperatorRow | None:
        """What is known of a person who has opened the app."""
        columns = operator_tokens.c
        query = select(columns.name, columns.is_admin, columns.language, columns.needs_reopen)
        with reading(self._engine) as conn:
            row = conn.execute(query.where(*of_operator(key))).first()
        return None if row is None else OperatorRow(key, *row)

    def save(
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

    def set_profile(self, key: OperatorKey, name: str, is_admin: bool) -> None:
        """Keep what the portal says of a person whose tokens are stored already."""
        with self._engine.begin() as conn:
            known = {"name": name[:255], "is_admin": is_admin}
            conn.execute(update(operator_tokens).where(*of_operator(key)).values(known))
