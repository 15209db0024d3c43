"""A pretend authorization server and portal on one port: tokens that rotate, `app.info`, and a batch."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs

CLIENT_ID, CLIENT_SECRET = "local.test.1", "canary-client-secret"


@dataclass
class Pretend:
    """Its state; tests look at it and change it while it serves."""

    port: int = 0
    member_id: str = "m1"
    client_id: str = CLIENT_ID
    installed: bool = True
    admins: set[int] = field(default_factory=lambda: {1})
    access: dict[str, int] = field(default_factory=dict)
    refresh: dict[str, int] = field(default_factory=dict)
    refreshes: int = 0
    infos: int = 0
    batches: list[list[str]] = field(default_factory=list)
    hang: float = 0.0
    clock: float | None = None
    fail: tuple[int, dict[str, str] | None] | None = None
    answer: dict[str, Any] = field(default_factory=dict)
    bound: list[dict[str, str]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def origin(self) -> str:
        """Where it serves."""
        return f"http://{self.domain}"

    @property
    def domain(self) -> str:
        """The portal's address."""
        return f"127.0.0.1:{self.port}"

    def pair(self, user_id: int) -> tuple[str, str]:
        """A fresh pair of this person."""
        number = next(self.numbers)
        access, refresh = f"canary-access-{number}", f"canary-refresh-{number}"
        self.access[access], self.refresh[refresh] = user_id, user_id
        return access, refresh

    def token(self, form: dict[str, list[str]]) -> tuple[int, Any]:
        """POST /oauth/token/: a refresh token is good once."""
        time.sleep(self.hang)
        with self.lock:
            self.refreshes += 1
            if self.fail:
                return self.fail
            user_id = self.refresh.pop(form["refresh_token"][0], None)
            if form["client_secret"] != [CLIENT_SECRET] or user_id is None:
                return 400, {"error": "invalid_grant"}
            access, refresh = self.pair(user_id)
        known = {
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": 3600,
            "client_endpoint": f"{self.origin}/rest/",
            "server_endpoint": f"{self.origin}/rest/",
            "member_id": self.member_id,
            "user_id": user_id,
            "status": "L",
            "scope": "im,imopenlines",
        }
        return 200, known | self.answer

    def app_info(self, auth: str) -> tuple[int, Any]:
        """POST /rest/app.info as the authorization server answers it."""
        self.infos += 1
        if self.fail:
            return self.fail
        if auth not in self.access:
            return 401, {"error": "expired_token"}
        install = {
            "installed": self.installed,
            "version": "3",
            "status": "L",
            "scope": "im,imopenlines",
            "domain": self.domain,
            "client_endpoint": f"{self.origin}/rest/",
            "member_id": self.member_id,
            **self.answer,
        }
        info = {
            "client_id": self.client_id,
            "scope": "im",
            "install": install,
            "user_id": str(self.access[auth]),
        }
        return 200, {"result": info, "time": {}}

    def batch(self, auth: str, commands: dict[str, str]) -> tuple[int, Any]:
        """POST /rest/batch as the portal answers it."""
        self.batches.append([command.partition("?")[0] for command in commands.values()])
        results: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for key, command in commands.items():
            method, _, query = command.partition("?")
            fields = {name.lower(): values[0] for name, values in parse_qs(query).items()}
            code = self.refuse.get(method) or self.refuse.get(f"{method}:{fields.get('placement', '')}")
            if code is not None:
                errors[key] = {"error": code, "error_description": ""}
            else:
                results[key] = self._carry_out(method, fields, self.access.get(auth, 0))
        maps = {"result": results or [], "result_error": errors or []}
        moment = {} if self.clock is None else {"finish": self.clock}
        return 200, {"result": maps, "time": {"duration": 0.01, **moment}}

    def _carry_out(self, method: str, fields: dict[str, str], user_id: int) -> Any:
        kind, _, verb = method.partition(".")
        if method == "profile":
            return {"ID": str(user_id), "ADMIN": user_id in self.admins, "NAME": "Ada", "LAST_NAME": "Admin"}
        mine = [row for row in self.bound if kind in row]
        if verb == "get":
            return mine
        row = {kind: fields[kind], "handler": fields["handler"]}
        self.bound = [each for each in self.bound if each != row]
        if verb == "bind":
            self.bound.append(row)
        return True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one piece
    pretend: Pretend

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/oauth/token/":
            status, answer = self.pretend.token(parse_qs(body.decode()))
        else:
            values = json.loads(body)
            if self.path == "/rest/app.info":
                status, answer = self.pretend.app_info(values["auth"])
            else:
                status, answer = self.pretend.batch(values["auth"], values["cmd"])
        data = b"<html>broken</html>" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if answer is None else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def serving() -> Iterator[Pretend]:
    """Serve on a free port for the length of the block."""
    pretend = Pretend()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"pretend": pretend}))
    pretend.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield pretend
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
