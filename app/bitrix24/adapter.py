"""Lets requests (and so requests-oauthlib) speak through the guarded connections and nothing else."""

from collections.abc import Mapping
from typing import Any, Protocol

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from app.bitrix24.answer import Answer


class Send(Protocol):
    """`Network.insist`."""

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request as a write: never repeated once it may have left."""


class GuardedAdapter(BaseAdapter):
    """A requests adapter without proxies, redirects or cookies; errors are those of `Network.insist`."""

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._send = send

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send a prepared request; of its headers only the content type goes along."""
        kept = {"Content-Type": request.headers.get("Content-Type") or "application/x-www-form-urlencoded"}
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        answer = self._send(request.method or "POST", request.url or "", kept, body)
        response = Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response.encoding = "utf-8"
        response.request = request
        response.url = request.url or ""
        response._content = answer.body
        return response

    def close(self) -> None:
        """Nothing to close: the connections belong to the network."""
