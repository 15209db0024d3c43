"""The authorization server's memory: token pairs and one-time codes. A token is one user's of one portal."""

import secrets
import threading
import time
from dataclasses import dataclass, field

ACCESS_SECONDS = 3600
CODE_SECONDS = 30


@dataclass
class Pair:
    """An access token with its refresh token."""

    access: str
    refresh: str
    portal: int
    user_id: int
    expires_at: float
    refreshed: bool = False
    dead: bool = False
    scope: tuple[str, ...] = ()
    client_id: str = ""  # whose: another application of the portal has tokens, too

    @property
    def expired(self) -> bool:
        """Whether the hour is over."""
        return time.time() >= self.expires_at


@dataclass
class Code:
    """An authorization code: 30 seconds, one use."""

    value: str
    portal: int
    user_id: int
    expires_at: float


@dataclass
class Tokens:
    """All pairs and codes of all portals."""

    client_id: str
    client_secret: str
    by_access: dict[str, Pair] = field(default_factory=dict)
    by_refresh: dict[str, Pair] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def issue(self, portal: int, user_id: int, scope: tuple[str, ...], client_id: str = "") -> Pair:
        """A fresh pair; earlier pairs of the user stay what they are."""
        pair = Pair(
            access=secrets.token_hex(35),
            refresh=secrets.token_hex(35),
            portal=portal,
            user_id=user_id,
            expires_at=time.time() + ACCESS_SECONDS,
            scope=scope,
            client_id=client_id or self.client_id,
        )
        with self.lock:
            self.by_access[pair.access] = pair
            self.by_refresh[pair.refresh] = pair
        return pair

    def issue_code(self, portal: int, user_id: int) -> Code:
        """A code for the redirect to the application."""
        code = Code(secrets.token_hex(24), portal, user_id, time.time() + CODE_SECONDS)
        with self.lock:
            self.codes[code.value] = code
        return code

    def take_code(self, value: str) -> Code | None:
        """The code, once and in time."""
        with self.lock:
            code = self.codes.pop(value, None)
        return code if code and code.expires_at > time.time() else None

    def take_refresh(self, value: str, *, reuse: bool) -> Pair | None:
        """The pair of a refresh token; without `reuse` a second try finds nothing."""
        with self.lock:
            pair = self.by_refresh.get(value)
            if pair is None or pair.dead or (pair.refreshed and not reuse):
                return None
            pair.refreshed = True
            return pair

    def expire(self, portal: int, user_id: int | None) -> int:
        """End the hour of the live access tokens of a user, or of everybody."""
        with self.lock:
            pairs = [pair for pair in self.by_access.values() if self.owned(pair, portal, user_id)]
            for pair in pairs:
                pair.expires_at = 0.0
        return len(pairs)

    def kill(self, portal: int, user_id: int | None = None) -> int:
        """Make every token of the portal worthless, as an uninstall does."""
        with self.lock:
            pairs = [pair for pair in self.by_access.values() if self.owned(pair, portal, user_id)]
            for pair in pairs:
                pair.dead = True
        return len(pairs)

    def forget(self, portal: int) -> None:
        """Drop every token and code of a portal, as if they had never been."""
        with self.lock:
            self.by_access = {key: pair for key, pair in self.by_access.items() if pair.portal != portal}
            self.by_refresh = {key: pair for key, pair in self.by_refresh.items() if pair.portal != portal}
            self.codes = {key: code for key, code in self.codes.items() if code.portal != portal}

    @staticmethod
    def owned(pair: Pair, portal: int, user_id: int | None) -> bool:
        """Whether the pair belongs to that portal (and user)."""
        return pair.portal == portal and user_id in (None, pair.user_id)
