"""A running sandbox and a small client that speaks plain HTTP to it."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox import running
from sandbox.portal import Portal

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Reply:
    """Status, headers and decoded JSON."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.text = body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def result(self) -> Any:
        return self.json["result"]

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.json["error"]


def send(url: str, body: Any = None, *, form: Any = None, method: str = "", headers: Any = None) -> Reply:
    """One request: JSON, a form, or neither."""
    head = dict(headers or {})
    data = None
    if form is not None:
        data, head["Content-Type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
    elif body is not None:
        data, head["Content-Type"] = json.dumps(body).encode(), "application/json"
    request = urllib.request.Request(
        url, data, head, method=method or ("POST" if data is not None else "GET")
    )
    try:
        with _opener.open(request, timeout=20) as answer:
            return Reply(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Reply(refusal.code, refusal.headers, refusal.read())


class Box:
    """A sandbox seen from outside."""

    def __init__(self, sandbox: running.Running) -> None:
        self.sandbox = sandbox
        self.origin = sandbox.origin
        self.oauth = sandbox.oauth_origin
        self.send = send

    @property
    def portal(self) -> Portal:
        return self.sandbox.portals[0]

    def control(self, what: str, body: Any = None, method: str = "") -> Any:
        """One request of the control API that must succeed."""
        reply = send(f"{self.origin}/_sandbox/{what}", body, method=method)
        assert reply.status == 200, reply.text
        return reply.json

    def reset(self, seed: str = "facts", **more: Any) -> None:
        self.control("reset", {"seed": seed, "installed": True, **more})

    def fields(self, user_id: int = 27) -> dict[str, str]:
        """The fields of a fresh opening."""
        return dict(self.control(f"open?user_id={user_id}")["fields"])

    def token(self, user_id: int = 27) -> str:
        return self.fields(user_id)["AUTH_ID"]

    def rest(self, method: str, params: Any = None, *, user: int = 27, token: str = "") -> Reply:
        """A REST call with JSON and the token in the body."""
        return send(f"{self.origin}/rest/{method}", {"auth": token or self.token(user), **(params or {})})

    def batch(self, commands: Any, *, user: int = 27, halt: int = 0) -> Any:
        reply = self.rest("batch", {"cmd": commands, "halt": halt}, user=user)
        assert reply.status == 200, reply.text
        return reply.result

    def rows(self, user: int = 27) -> list[Any]:
        """The operator's listing."""
        return list(self.rest("im.recent.get", {"ONLY_OPENLINES": "Y"}, user=user).result)

    def row(self, name: str, user: int = 27) -> Any:
        """The row of one client, by the beginning of the title."""
        return next((row for row in self.rows(user) if row and row["title"].startswith(name)), None)

    def chat_id(self, name: str) -> int:
        """The chat of one client, listed or not."""
        return next(chat.id for chat in self.portal.world.chats.values() if chat.title.startswith(name))


@pytest.fixture
def box() -> Iterator[Box]:
    """A sandbox with the seed `facts` and the app installed."""
    with running.start() as sandbox:
        made = Box(sandbox)
        made.reset()
        yield made
