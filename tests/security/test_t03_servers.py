"""T3: an authorization server of the attacker's own. The client secret and refresh tokens go to ours only."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.bitrix24.errors import BitrixError
from app.bitrix24.oauth import AuthServers
from tests.security.connects import connects
from tests.security.local import LocalApp
from tests.security.trial import Trial, some
from tests.support.frame import Frame

THREAT = "T3"
WHAT = "spellings of a foreign authorization server"
ATTEMPTS, PART = 240, 60


@contextmanager
def eavesdropper() -> Iterator[tuple[int, bytearray]]:
    """A listener that keeps every byte it gets and answers nothing useful."""
    heard = bytearray()
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def listen() -> None:
            while not ended.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(0.5)
                    try:
                        heard.extend(_request(connection))
                        connection.sendall(
                            b"HTTP/1.1 404 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                        )
                    except OSError:
                        continue

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield server.getsockname()[1], heard
        finally:
            ended.set()
            thread.join()


def _request(connection: socket.socket) -> bytes:
    """Head and body, as far as they come."""
    content = b""
    with connection.makefile("rb") as reader:
        while (line := reader.readline()) not in (b"", b"\r\n"):
            content += line
        length = re.search(rb"(?i)content-length: *(\d+)", content)
        return content + reader.read(int(length[1]) if length else 0)


def spellings(evil: int, good: int) -> list[str]:
    """Ways of writing the attacker's host so that it looks like ours, or is taken for ours."""
    bad, ours = f"127.0.0.1:{evil}", f"localhost:{good}"
    hosts = [
        bad,
        f"{ours}@{bad}",
        f"{ours}%40{bad}",
        f"user:pass@{bad}",
        f"{ours}:@{bad}",
        f"{ours}#@{bad}",
        f"{ours}?@{bad}",
        f"{ours}/@{bad}",
        f"{ours}\\@{bad}",
        f"{bad}#{ours}",
        f"{bad}?{ours}",
        f"{bad}/{ours}",
        f"{bad}\\{ours}",
        f"{ours}.{bad}",
        f"{bad}.",
        f"127.1:{evil}",
        f"2130706433:{evil}",
        f"0x7f.1:{evil}",
        f"[::ffff:127.0.0.1]:{evil}",
        f"localhost:{evil}",
        f"localhost.:{evil}",
        f"LOCALHOST:{evil}",
        f"localhost:{good}:{evil}",
        f"localhost:{good},{bad}",
        f"localhost:{good} {bad}",
        f"localhost:{good}\r\nHost: {bad}",
        f"localhost%00:{evil}",
        f"\u043bocalhost:{evil}",
        f"xn--ocalhost-nvi:{evil}",
        f"localhost\u3002:{evil}",
    ]
    return [f"{scheme}{host}{path}" for host in hosts for scheme, path in (("http://", "/rest/"), ("", ""))]


def posted(local: LocalApp, victim: Frame, ways: list[str], evil: int, heard: bytearray) -> Iterator[object]:
    """Every way in which a server can be named from outside: opening, installer, event, callback."""
    frame = Frame(victim.sandbox)
    member = victim.fields["member_id"]
    for way in ways:
        for path in ("/app", "/install", "/events"):
            before = len(heard)
            with connects() as seen:
                if path == "/events":
                    event = {
                        "event": "ONAPPINSTALL",
                        "auth[member_id]": member,
                        "auth[application_token]": "e" * 32,
                        "auth[access_token]": "e" * 70,
                        "auth[domain]": victim.sandbox.host,
                        "auth[server_endpoint]": way,
                    }
                    frame.post_form(f"{local.url}/events", event)
                    local.services.events.drain()
                else:
                    address, fields = frame.prepare(path)
                    frame.post_form(address, fields | {"AUTH_ID": "f" * 70, "SERVER_ENDPOINT": way})
            yield len(heard) > before or [place for place in seen if place[1] == evil]


def refreshed(local: LocalApp, ways: list[str], evil: int, heard: bytearray) -> Iterator[object]:
    """The refresh and the exchange themselves, had such a server come that far."""
    for way in ways:
        before = len(heard)
        with connects() as seen:
            for ask in (local.services.servers.refresh, local.services.servers.exchange):
                try:
                    ask("canary-of-a-token", way)
                except BitrixError:
                    continue
        yield len(heard) > before or [place for place in seen if place[1] == evil]


def test_foreign_servers(trial: Trial, local: LocalApp, victim: Frame) -> None:
    with eavesdropper() as (evil, heard):
        ways = spellings(evil, local.ports.oauth)
        assert len(ways) >= 60
        chosen = list(some(ways, 15))
        trial.attack(posted(local, victim, chosen, evil, heard))
        trial.attack(refreshed(local, ways, evil, heard))
        assert heard == b""
        with trial.without(AuthServers, "pick", lambda self, hint: hint or self._allowed[0]):
            trial.control(refreshed(local, ways[:6], evil, heard))
        assert b"client_secret" in heard, "without the list the secret would have gone there"
    trial.figure("bytes heard", "0")
    trial.verdict()
