"""What a browser does inside the portal's frame, without a browser.

Opens the app as the portal page does, keeps the session token and calls the desk's API with it.
"""

import html
import json
import re
from typing import Any
from urllib.parse import urlsplit

import urllib3

from tests.support.stand import Sandbox, http_pool

_TOKEN = re.compile(r'<meta name="session-token" content="([^"]+)"')
_BOOT = re.compile(r'<script type="application/json" id="boot"[^>]*>(.*?)</script>', re.DOTALL)


class Reply:
    """One answer of the app."""

    def __init__(self, answer: urllib3.BaseHTTPResponse) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.text = answer.data.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def token(self) -> str | None:
        """The session token that the page carries, if any."""
        found = _TOKEN.search(self.text)
        return html.unescape(found[1]) if found else None

    @property
    def policy(self) -> dict[str, str]:
        """The Content-Security-Policy by directive."""
        parts = [part.strip().partition(" ") for part in self.headers["Content-Security-Policy"].split(";")]
        return {name: sources for name, _, sources in parts}

    @property
    def boot(self) -> Any:
        """The data that the page starts from."""
        found = _BOOT.search(self.text)
        assert found, f"no boot data in: {self.text[:400]}"
        return json.loads(found[1])


class Frame:
    """One operator's frame. `open()` first; then `get`, `act`, `undo` … carry and renew the session token."""

    def __init__(self, sandbox: Sandbox, user_id: int = 27, lang: str = "en") -> None:
        self.sandbox = sandbox
        self.user_id = user_id
        self.lang = lang
        self.app_url = sandbox.app_url
        self.token: str | None = None
        self.fields: dict[str, str] = {}
        self._http = http_pool()

    def post_form(self, address: str, fields: dict[str, str], **headers: str) -> Reply:
        """POST a form as the portal's page does, with that page's Origin."""
        answer = self._http.request(
            "POST",
            address,
            fields=fields,
            encode_multipart=False,
            redirect=False,
            headers={"Origin": self.origin, "Accept": "text/html", **headers},
        )
        return Reply(answer)

    @property
    def origin(self) -> str:
        """The origin of the portal page around the frame."""
        return self.sandbox.url

    def prepare(self, path: str | None = None, **placement: str) -> tuple[str, dict[str, str]]:
        """Fresh opening data; `path` replaces the handler's path (`/install`)."""
        action, fields = self.sandbox.opening(self.user_id, self.lang, **placement)
        parts = urlsplit(action)
        address = f"{self.app_url}{path or parts.path}?{parts.query}"
        return address, fields

    def install(self) -> Reply:
        """What an administrator's installation does: the installer's POST, then the portal's own finish."""
        reply = self.post_form(*self.prepare("/install"))
        self.sandbox.control("POST", "install")
        return reply

    def open(self, **placement: str) -> Reply:
        """POST the opening; keeps the session token of the page."""
        address, self.fields = self.prepare("/app", **placement)
        reply = self.post_form(address, self.fields)
        self.token = reply.token
        return reply

    def request(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """One request of the page; a renewed token is taken over."""
        session = {"X-B24-Session": self.token} if self.token else {}
        answer = self._http.request(
            method,
            f"{self.app_url}{path}",
            headers={"Accept": "application/json", **session, **headers},
            redirect=False,
            **({} if body is None else {"json": body}),
        )
        self.token = answer.headers.get("X-B24-Session", self.token)
        return Reply(answer)

    def get(self, path: str, **headers: str) -> Reply:
        """GET with the session."""
        return self.request("GET", path, **headers)

    def dialogs(self) -> dict[int, dict[str, Any]]:
        """The list, by chat id."""
        reply = self.get("/api/dialogs")
        assert reply.status == 200, reply.text
        return {dialog["chat_id"]: dialog for dialog in reply.json()["dialogs"]}

    def act(self, name: str, *chat_ids: int, **more: object) -> Reply:
        """One action on some dialogs, or one operator action without any."""
        body = {"chat_ids": list(chat_ids)} if chat_ids else {}
        return self.request("POST", f"/api/actions/{name}", {**body, **more})

    def undo(self, undo_id: str) -> Reply:
        """Take one entry back."""
        return self.request("POST", f"/api/undo/{undo_id}", {})

    def raw(self, path: str, body: bytes) -> Reply:
        """POST these very bytes as JSON, with the session."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        session = {"X-B24-Session": self.token} if self.token else {}
        address = f"{self.app_url}{path}"
        return Reply(self._http.request("POST", address, body=body, headers={**headers, **session}))

    def renew(self, fields: dict[str, str]) -> Reply:
        """Hand over the portal's fresh tokens, as the page does after `refreshAuth`."""
        names = ("AUTH_ID", "REFRESH_ID", "AUTH_EXPIRES", "member_id")
        return self.request(
            "POST", "/api/session", {**{name: fields[name] for name in names}, "DOMAIN": self.sandbox.host}
        )
