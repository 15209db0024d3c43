"""The authorization servers: code exchange, refresh, and `app.info`, the one trusted statement of identity.

The client secret goes to hosts of the allow-list only, in a body, and appears in no error and no log
(pages "OAuth 2.0" and "Automatic renewal").
"""

import logging
import time
from typing import Any
from urllib.parse import urlencode

import msgspec
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient
from requests import RequestException, Response, Session
from requests_oauthlib import OAuth2Session

from app.bitrix24.addresses import parse_url
from app.bitrix24.answer import Answer
from app.bitrix24.errors import AddressRefused, BadAnswer, ExpiredToken, RestError, TransportError
from app.bitrix24.net import TOTAL_SECONDS, Network
from app.bitrix24.oauth_answers import (
    AppInfo,
    TokenAnswer,
    check_tokens,
    for_the_library,
    read_app_info,
    read_tokens,
)

__all__ = ["AppInfo", "AuthServers", "TokenAnswer"]

_JSON = {"Content-Type": "application/json"}
_TALKATIVE = ("requests_oauthlib", "oauthlib")  # their debug lines hold secrets
# The library insists on https in the URL it is given; where the request goes is the network's decision.
_STAND_IN = "https://authorization-server/oauth/token/"


class AuthServers:
    """The allow-listed authorization servers, as origins; the first is the default."""

    def __init__(
        self, allowed: tuple[str, ...], client_id: str, client_secret: str, network: Network
    ) -> None:
        self._allowed = tuple(parse_url(server).origin for server in allowed)
        self._client_id = client_id
        self._client_secret = client_secret
        self._network = network
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)

    def pick(self, hint: str | None) -> str:
        """The allow-listed origin that a `server_endpoint` or `server_domain` names, else the default."""
        return next((server for server in self._allowed if _names(hint or "", server)), self._allowed[0])

    def authorize_url(self, domain_origin: str, state: str) -> str:
        """Where a person outside the portal is sent; the app's card tells the rest (page "OAuth 2.0").

        Raises AddressRefused when the origin is none.
        """
        query = urlencode({"client_id": self._client_id, "state": state})
        return f"{parse_url(domain_origin).origin}/oauth/authorize/?{query}"

    def exchange(self, code: str, server: str | None = None) -> TokenAnswer:
        """A token pair for a code, which lives 30 s and works once.

        Raises InvalidGrant, PaymentRequired, OAuthError or TransportError.
        """
        session = _TokenSession(self._client_id, self.pick(server), self._network)
        return session.tokens(code=code, client_secret=self._client_secret)

    def refresh(self, refresh_token: str, server: str | None = None) -> TokenAnswer:
        """A new pair for a refresh token, which is spent by it.

        Raises InvalidGrant, PaymentRequired or OAuthError; after a TransportError the old pair may still
        be good.
        """
        session = _TokenSession(self._client_id, self.pick(server), self._network)
        return session.renewed(refresh_token=refresh_token, client_secret=self._client_secret)

    def app_info(self, access_token: str, server_hint: str | None = None) -> AppInfo:
        """Whose token this is, asked of the hinted server first and then of the others, within 12 s.

        Raises ExpiredToken (no server knows it), PaymentRequired, another RestError, or TransportError (one
        that might know it did not answer).
        """
        ends = time.monotonic() + TOTAL_SECONDS
        first = self.pick(server_hint)
        failure: RestError | TransportError | None = None
        for server in (first, *(other for other in self._allowed if other != first)):
            try:
                return self._ask(access_token, server, ends - time.monotonic())
            except (RestError, TransportError) as error:
                failure = _weightier(failure, error)
        raise failure or TransportError("no authorization server")

    def _ask(self, access_token: str, server: str, seconds: float) -> AppInfo:
        url, body = f"{server}/rest/app.info", msgspec.json.encode({"auth": access_token})
        answer = self._network.insist("POST", url, _JSON, body, deadline=seconds, write=False)
        return read_app_info(answer, server)


class _TokenSession(OAuth2Session):  # type: ignore[misc]  # the library has no types
    """One request for tokens: secrets in the form body, over the guarded network, no cookies, no redirect."""

    def __init__(self, client_id: str, server: str, network: Network) -> None:
        super().__init__(client=WebApplicationClient(client_id))
        self.trust_env = False
        self._server = server
        for scheme in ("https://", "http://"):
            self.mount(scheme, network.requests_adapter())

    def tokens(self, *, code: str, client_secret: str) -> TokenAnswer:
        try:
            found = self.fetch_token(
                _STAND_IN, code=code, client_secret=client_secret, include_client_id=True
            )
        except (OAuth2Error, RequestException, TypeError, ValueError):
            raise BadAnswer("not a token answer") from None
        return read_tokens(found, self._server)

    def renewed(self, *, refresh_token: str, client_secret: str) -> TokenAnswer:
        try:
            found = self.refresh_token(
                _STAND_IN, refresh_token=refresh_token, client_id=self.client_id, client_secret=client_secret
            )
        except (OAuth2Error, RequestException, TypeError, ValueError):
            raise BadAnswer("not a token answer") from None
        return read_tokens(found, self._server)

    def request(self, *_args: Any, data: Any = None, headers: Any = None, **_kwargs: Any) -> Response:
        response = Session.request(
            self, "POST", f"{self._server}/oauth/token/", data=data, headers=headers, allow_redirects=False
        )
        check_tokens(Answer(response.status_code, response.headers, response.content))
        response._content = for_the_library(response.content)
        return response


def _names(hint: str, server: str) -> bool:
    url = hint if "://" in hint else f"{server.partition('://')[0]}://{hint}"
    try:
        return parse_url(url).origin == server
    except AddressRefused:
        return False


def _weightier(
    first: RestError | TransportError | None, second: RestError | TransportError
) -> RestError | TransportError:
    """The first server's word, unless it merely did not know the token and another could not be asked."""
    if first is None or (isinstance(first, ExpiredToken) and isinstance(second, TransportError)):
        return second
    return first
