"""T2: a portal's host that is an internal one: written out, behind a redirect, or by a name that changes.

Nothing is connected to before the proof, and afterwards only what the guard has looked at.
"""

import contextlib
import socket
import time
from collections.abc import Iterator, Sequence
from functools import partial
from ipaddress import ip_address
from typing import Any

from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from app.bitrix24.addresses import Guard, Target
from app.bitrix24.answer import Answer
from app.bitrix24.errors import BadAnswer, BitrixError
from app.bitrix24.lookups import system_look_up
from app.bitrix24.net import Network
from app.bitrix24.params import OpenParams
from app.desk.opening import Opening
from app.portals.model import Access, Installation
from tests.security.connects import connects
from tests.security.local import LocalApp
from tests.security.spellings import HOSTS, NAMED
from tests.security.trial import Trial, some
from tests.support.frame import Frame
from tests.unit.bitrix24.wire import Wire, raw

THREAT = "T2"
WHAT = "hosts of the inside: direct, by redirect, by changing names"
ATTEMPTS, PART = 480, 120

PUBLIC = "8.8.8.8"


def look_up(host: str, port: int) -> Sequence[str]:
    """The system's answer, or that of a name server in an attacker's hands."""
    return [NAMED[host]] if host in NAMED else system_look_up(host, port)


class Changing:
    """A name server that says something else each time; the last answer for good."""

    def __init__(self, answers: list[list[str]]) -> None:
        self.answers = answers

    def __call__(self, host: str, port: int) -> Sequence[str]:
        """The next answer."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def inside(seen: list[tuple[str, int]], *known: int) -> list[tuple[str, int]]:
    """Those connections that went where they must not."""
    return [
        (host, port)
        for host, port in seen
        if port not in known and not (ip_address(host).is_global and not ip_address(host).is_multicast)
    ]


def asked(network: Network, host: str, times: int = 1) -> list[tuple[str, int]]:
    """Send a token to this host, as a client that believed the address would."""
    with connects() as seen:
        for _ in range(times):
            try:
                network.post_json(f"https://{host}/rest/app.info", b'{"auth":"canary"}', deadline=2)
            except BitrixError:
                continue
    return seen


def direct(network: Network) -> Iterator[object]:
    for host in some(HOSTS, 60):
        yield inside(asked(network, host))


def redirected(hosts: Sequence[str]) -> Iterator[object]:
    for host in hosts:
        location = f"HTTP/1.1 302 X\r\nLocation: https://{host}/rest/\r\nContent-Length: 0\r\n\r\n"
        with Wire(raw(location.encode("utf-8"))) as wire, connects() as seen:
            with contextlib.suppress(BitrixError):
                Network(allow_local=True).post_json(f"{wire.url}/rest/app.info", b"{}")
            yield [place for place in seen if place[1] != wire.port]


def aims() -> list[str]:
    """The addresses behind all spellings, each once: a name server says addresses, however they are spelt."""
    found: dict[str, None] = {}
    for host in HOSTS:
        with contextlib.suppress(OSError, UnicodeError):
            found.update(dict.fromkeys(look_up(host.strip("[]"), 443)))
    return list(found)


def rebound(chosen: Sequence[str]) -> Iterator[object]:
    """The aim in a later answer, and among harmless ones in the same."""
    for aim in chosen:
        for answers in ([[PUBLIC], [aim]], [[PUBLIC, aim]], [[aim, PUBLIC]]):
            yield inside(asked(Network(look_up=Changing(answers)), "rebind.example", times=2))


def opened(local: LocalApp, victim: Frame, hosts: Sequence[str]) -> Iterator[object]:
    """Openings with such a DOMAIN: only the authorization servers may hear of them."""
    known = {int(url.rpartition(":")[2]) for url in (local.registrar.url, local.url, victim.sandbox.url)}
    known |= {local.ports.portal, local.ports.oauth}
    frame = Frame(victim.sandbox)
    address, fields = frame.prepare("/app")
    own = f"localhost%3A{victim.sandbox.host.rpartition(':')[2]}"
    assert own in address
    with connects() as seen:
        for host in hosts:
            there = address.replace(own, "".join(f"%{byte:02X}" for byte in host.encode()))
            reply = frame.post_form(there, fields | {"AUTH_ID": "f" * 70}, Origin="null")
            yield reply.token or [place for place in seen if place[1] not in known]
            seen.clear()
        time.sleep(0.2)
        yield [place for place in seen if place[1] not in known]


def test_internal_hosts(trial: Trial, local: LocalApp, victim: Frame) -> None:
    assert len(set(HOSTS)) >= 120
    network = Network(look_up=look_up)
    trial.attack(direct(network))
    trial.attack(redirected(some(HOSTS, 30)))
    trial.attack(rebound(some(aims(), 10)))
    trial.attack(opened(local, victim, some(HOSTS, 30)))
    with trial.without(Guard, "permits", lambda *_, **__: True):
        trial.control(direct(network), "what the guard permits")
    with trial.without(Network, "_exchange", following):
        trial.control(redirected(some(HOSTS, 30)), "no redirects")
    with trial.without(Guard, "addresses", looked_up_again(Guard.addresses)):
        trial.control(rebound(some(aims(), 10)), "what was checked is connected to")
    with (
        trial.without(Opening, "_ask", believing),
        trial.without(Opening, "_may_ask", lambda *_: True),  # what may be asked early is used up by now
    ):
        trial.control(opened(local, victim, HOSTS[:5]), "the stored address")
    trial.verdict()


def following(self: Network, method: str, target: Target, headers: Any, body: bytes) -> Answer:
    """Ask as most clients do, wherever it leads."""
    tries = Retry(redirect=1, connect=0, read=0)
    with contextlib.suppress(HTTPError, OSError, ValueError):
        self._pools.urlopen(
            method, f"{target.origin}{target.path}", body=body, headers=headers, retries=tries
        )
    raise BadAnswer("wherever it was")


def looked_up_again(addresses: Any) -> Any:
    """Check what a name leads to, then connect to what it leads to by now."""

    def after(self: Guard, host: str, port: int, **more: Any) -> list[str]:
        addresses(self, host, port, **more)
        return list(self._look_ups._look_up(host, port))

    return after


def believing(self: Opening, params: OpenParams, installation: Installation) -> Any:
    """Ask for the list where the form says that the portal is."""
    access = Access(f"{params.origin}/rest/", params.access_token)
    return self._threads.start(installation.member_id, partial(self._request, installation, access))


def test_a_checked_address_is_the_one_that_is_used() -> None:
    """The name is looked up once for a connection: what was checked cannot be another by then."""
    calls: list[str] = []

    def once(host: str, port: int) -> Sequence[str]:
        calls.append(host)
        return ["127.0.0.1"]

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        network = Network(allow_local=True, look_up=once)
        with contextlib.suppress(BitrixError):
            network.post_json(f"http://some.example:{port}/", b"{}", deadline=1)
    assert calls == ["some.example"]
