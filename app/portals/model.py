"""The nouns of the lifecycle: a portal's installation, an operator, the access that one token gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The clock of this room: aware UTC."""
    return datetime.now(UTC)


class NotInstalledHere(LookupError):
    """The app is not installed, or not active any more, on the portal that was opened."""


@dataclass(frozen=True, slots=True)
class OperatorKey:
    """Whose request this is: the portal's stable `member_id` and the person's `user_id` there."""

    member_id: str
    user_id: int


@dataclass(frozen=True, slots=True)
class Access:
    """What one REST call needs: where to (`…/rest/`) and with which access token. Never logged."""

    client_endpoint: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the authorization server says of an access token (its `app.info`): the only trusted identity."""

    member_id: str
    user_id: int
    domain: str
    client_endpoint: str
    oauth_server: str
    status: str
    scope: str
    version: str


@dataclass(frozen=True, slots=True)
class TokenPair:
    """A portal's token pair for one person, as received. When it ends, the portal says by refusing it."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Installation:
    """The app in one portal. `generation` grows with every uninstall: older browser sessions end.

    `silent_scope` (`chat`, `personal` or `unknown`) and `silent_doubts` are what writes of silent mode have
    taught, `pins_recent` whether the portal pins open-line chats in its own list; None is unknown.
    """

    member_id: str
    domain: str
    client_endpoint: str
    oauth_server: str
    status: str
    scope: str
    version: str
    installed_by: int
    generation: int
    active: bool
    silent_scope: str = "unknown"
    silent_doubts: int = 0
    pins_recent: bool | None = None


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """What we remember of a person between openings."""

    key: OperatorKey
    name: str
    is_admin: bool
    language: str
    needs_reopen: bool


@dataclass(frozen=True, slots=True)
class Operator:
    """The person at the desk, as the verified session knows them."""

    member_id: str
    user_id: int
    name: str
    language: str
    domain: str
    generation: int
    is_admin: bool = False

    @property
    def key(self) -> OperatorKey:
        """The pair under which tokens, lists and journals are kept."""
        return OperatorKey(self.member_id, self.user_id)

    @classmethod
    def of(cls, installation: Installation, person: OperatorRow) -> "Operator":
        """A person whom we know, at the desk of their portal."""
        return cls(
            member_id=installation.member_id,
            user_id=person.key.user_id,
            name=person.name,
            language=person.language,
            domain=installation.domain,
            generation=installation.generation,
            is_admin=person.is_admin,
        )


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """An operator's pair as stored, and where it works. `needs_reopen`: the pair is dead.

    `refused`: the code with which the authorization server refused lately to renew the pair.
    """

    key: OperatorKey
    access: Access
    refresh_token: str = field(repr=False)
    oauth_server: str
    needs_reopen: bool
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class InstallReport:
    """What an installation achieved. Names are like `event:ONAPPUPDATE` and `placement:IM_SIDEBAR`.

    `bound` stand in the portal now; `refused` do not, with the portal's code ("" when it gave none).
    """

    installation: Installation
    operator: Operator
    bound: tuple[str, ...]
    refused: Mapping[str, str]
