"""The sandbox portal of these tests: one process, begun anew for each, moved by its control API."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from scripts.processes import Ports, sandbox
from tests.support.ports import free_port

Record = dict[str, Any]


class Portal:
    """A running sandbox portal."""

    def __init__(self, folder: Path) -> None:
        self.ports = Ports(portal=free_port(), oauth=free_port(), app=free_port())
        self._process = sandbox(self.ports, folder / "sandbox.log")
        self._http = urllib3.PoolManager(retries=False, timeout=30)

    def start(self) -> "Portal":
        """Start the process."""
        self._process.start(self.ports.portal, "/_sandbox/users")
        return self

    def stop(self) -> None:
        """Stop it."""
        self._process.stop()

    def control(self, method: str, what: str, body: object = None, **query: object) -> Any:
        """One control request; raises AssertionError unless it answers 2xx."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        address = f"{self.ports.portal_url}/_sandbox/{what}?{urlencode(given)}"
        answer = self._http.request(method, address, **({} if method == "GET" else {"json": body or {}}))
        assert answer.status < 300, f"{method} {what}: {answer.status} {answer.data[:300]!r}"
        return answer.json() if answer.data else None

    def begin(self, seed: str = "facts", **more: object) -> None:
        """A new portal of that seed with the app installed, unlimited, without faults, nothing counted."""
        self.control("POST", "reset", {"seed": seed, "installed": True, **more})
        self.heal()
        self.switch(limiter=False)
        self.forget()

    def switch(self, **values: object) -> None:
        """Change how the portal behaves."""
        self.control("POST", "switches", values)

    def fault(self, kind: str, method: str = "*", **more: object) -> None:
        """Let requests to the portal go wrong from now on."""
        self.control("POST", "faults", {"target": "portal", "method": method, "kind": kind, **more})

    def heal(self) -> None:
        """End all faults."""
        self.control("DELETE", "faults")

    def act(self, what: str, **more: object) -> Any:
        """Let a client, a colleague or the portal do something."""
        return self.control("POST", "act", {"what": what, **more})

    def expire_tokens(self) -> None:
        """Make everybody's access token expire."""
        self.control("POST", "expire_tokens", {"user_id": None})

    def truth(self, user_id: int) -> dict[int, Record]:
        """What the portal itself knows of a person's dialogs, by chat id."""
        return {row["chat_id"]: row for row in self.control("GET", "truth", user_id=user_id)}

    def requests(self) -> list[Record]:
        """Requests to the portal and the authorization server since `forget()`."""
        return list(self.control("GET", "requests"))

    def forget(self) -> None:
        """Start counting from zero."""
        self.control("DELETE", "requests")

    def opening(self, user_id: int, lang: str) -> tuple[str, dict[str, str]]:
        """The address and fields that the portal page posts, with a fresh token pair."""
        form = self.control("GET", "open", user_id=user_id, lang=lang)
        return form["action"], form["fields"]
