"""Who is asking: the handshake. The rule: nothing posted is believed, only the authorization server is.

What a browser posts names a portal and a token; the authorization server alone says whose token it is
(page "Simple way of getting tokens").
"""

from urllib.parse import urlsplit

from app.bitrix24.errors import ExpiredToken
from app.bitrix24.oauth import AppInfo, AuthServers
from app.bitrix24.params import OpenParams
from app.portals.model import Proof

UNKNOWN_TOKEN = "unknown_token"  # noqa: S105 - a reason  # nosec B105
"""The reason of a token that the authorization server does not know, or not any more."""


class ProofRejected(PermissionError):
    """The authorization server does not confirm the claim. `reason` is a short code, safe to log and show."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Handshake:
    """Proves claims about access tokens. `client_id` is our own."""

    def __init__(self, auth_servers: AuthServers, client_id: str) -> None:
        self._servers = auth_servers
        self._client_id = client_id

    def prove(self, params: OpenParams, *, installing: bool = False) -> Proof:
        """Prove an opening of the app or, with `installing`, of its installer.

        Raises ProofRejected; OAuthError and TransportError when the authorization server cannot tell.
        """
        return self.prove_token(
            params.access_token,
            member_id=params.member_id,
            domain=params.domain,
            server_hint=params.server_endpoint,
            installing=installing,
        )

    def prove_token(
        self,
        access_token: str,
        *,
        member_id: str,
        domain: str | None = None,
        server_hint: str | None = None,
        installing: bool = False,
    ) -> Proof:
        """Prove that the token is ours and belongs to this portal (and `domain`, where one was claimed).

        `server_hint` only orders the allow-listed servers. While `installing`, the portal does not count
        us as installed yet. Raises as `prove` does.
        """
        try:
            info = self._servers.app_info(access_token, server_hint)
        except ExpiredToken:
            raise ProofRejected(UNKNOWN_TOKEN) from None
        reason = self._objection(info, member_id, domain, installing)
        if reason:
            raise ProofRejected(reason)
        return Proof(
            member_id=info.member_id,
            user_id=info.user_id,
            domain=info.domain.lower(),
            client_endpoint=info.client_endpoint,
            oauth_server=info.server,
            status=info.status,
            scope=info.scope,
            version=info.version,
        )

    def _objection(self, info: AppInfo, member_id: str, domain: str | None, installing: bool) -> str | None:
        """The first thing that does not fit, or None."""
        if info.client_id != self._client_id:
            return "foreign_client"
        if info.member_id != member_id:
            return "other_portal"
        if domain is not None and info.domain.lower() != domain.lower():
            return "other_domain"
        if urlsplit(info.client_endpoint).netloc.lower() != info.domain.lower():
            return "other_endpoint"
        if not installing and not info.installed:
            return "not_installed"
        return None
