"""T20: a portal that answers with bombs, drips and nonsense. It costs a request, never the worker."""

import gzip
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from app.bitrix24 import net
from app.bitrix24.errors import BitrixError
from app.bitrix24.net import Network
from tests.security.raw import memory
from tests.security.trial import FULL, Trial
from tests.support.frame import Frame
from tests.support.stand import RunningApp, Sandbox, Stand
from tests.unit.bitrix24.wire import Answerer, Wire, body, drip, hang, head, raw, reset

THREAT = "T20"
WHAT = "hostile replies of a portal"
ATTEMPTS, PART = 20, 20

SECONDS, ROOM = 12.0, 32.0  # of a request, and MB of memory at its peak
LONG = ("a drip of the body", "a drip of the head", "silence")
MB = 1024 * 1024
GZIP = {"Content-Type": "application/json", "Content-Encoding": "gzip"}


def _bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return (
        packer.compress(b'{"result":"')
        + b"".join(packer.compress(bytes(MB)) for _ in range(size))
        + packer.flush()
    )


def replies() -> dict[str, Answerer]:
    """What such a portal sends, by name."""
    bomb = _bomb(200)
    endless = (
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"100000\r\n" + b"a" * MB + b"\r\n") * 40
    )
    headers = (
        b"HTTP/1.1 200 X\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 60_000) for n in range(50)) + b"\r\n"
    )
    return {
        "a gzip bomb": body(bomb, headers=GZIP),
        "a bomb in a bomb": body(gzip.compress(bomb), headers=GZIP),
        "40 MB": body(b'{"result":"' + b"a" * 40 * MB + b'"}'),
        "endless chunks": raw(endless),
        "a wrong length": raw(head(200, {"Content-Length": str(2**50)}) + b"{"),
        "a length below zero": raw(head(200, {"Content-Length": "-5"}) + b"{}"),
        "a drip of the body": drip(b"{" + b" " * 1000, head(200, {"Content-Length": "1001"}), 0.1),
        "a drip of the head": drip(b"HTTP/1.1 200 X\r\n" + b"X: 1\r\n" * 1000, b"", 0.1),
        "silence": hang(),
        "a reset": reset(),
        "a reset half-way": reset(head(200, {"Content-Length": "100"}) + b"{"),
        "deep JSON": body(b'{"result":' * 100_000),
        "a deep list": body(b'{"result":{"result":' + b"[" * 1_000_000),
        "a huge number": body(b'{"result":' + b"9" * 5_000_000 + b"}"),
        "large headers": raw(headers),
        "a line without end": raw(b"HTTP/1.1 200 " + b"a" * 5 * MB),
        "broken gzip": body(b"\x1f\x8b\x08" + b"\xff" * 1000, headers=GZIP),
        "another encoding": body(b"{}", headers={"Content-Encoding": "br"}),
        "a redirect to itself": body(b"", 302, {"Location": "/"}),
        "no HTTP": raw(b"SSH-2.0-OpenSSH_9\r\n" * 100),
        "broken UTF-8": body(b'{"result":{"result":{"list":"\xff\xfe"}}}'),
        "a thousand interim answers": raw(b"HTTP/1.1 100 X\r\n\r\n" * 1000),
    }


def asked(network: Network, answer: Answerer) -> tuple[float, str]:
    """One request: how long it took, and what broke out of it."""
    began = monotonic()
    with Wire(answer) as wire:
        try:
            network.post_json(f"{wire.url}/rest/batch", b"{}")
        except BitrixError:
            return monotonic() - began, ""
        except BaseException as error:
            return monotonic() - began, type(error).__name__
    return monotonic() - began, ""


def alone(slowest: list[float]) -> Iterator[str]:
    """Each reply to the client by itself, all at the same time."""
    network = Network(allow_local=True)
    chosen = {name: reply for name, reply in replies().items() if FULL or name not in LONG}
    with ThreadPoolExecutor(24) as pool:
        found = list(pool.map(lambda each: asked(network, each), chosen.values()))
    for name, (seconds, broken) in zip(chosen, found, strict=True):
        slowest.append(seconds)
        yield f"{name}: {broken} after {seconds:.1f} s" if broken or seconds > SECONDS else ""


def peak(process_id: int, ended: threading.Event) -> float:
    """The most memory that it ever held until the event."""
    most = 0.0
    while not ended.wait(0.02):
        most = max(most, memory(process_id))
    return most


@pytest.mark.timeout(600)
def test_hostile_portals(trial: Trial, quarter: Stand, served: RunningApp) -> None:
    slowest = [0.0]
    trial.attack(alone(slowest))
    trial.attack(lived(quarter, served, trial))
    trial.figure("slowest", f"{max(slowest):.1f} s")
    with trial.without(net, "MAX_BODY", 2**40):
        trial.control(["read whole" if _read_whole() else ""])
    trial.verdict()


def _read_whole() -> bool:
    """Whether 40 MB are taken in."""
    with Wire(body(b"a" * 40 * MB)) as wire:
        try:
            return len(Network(allow_local=True).post_json(f"{wire.url}/", b"{}").body) > 32 * MB
        except BitrixError:
            return False


def lived(quarter: Stand, app: RunningApp, trial: Trial) -> Iterator[str]:
    """Huge and dripping portals under the running app: its memory, and whether it goes on."""
    portal = Sandbox(quarter.ports, 20, app.url)
    portal.reset("facts")
    Frame(portal, user_id=1).install()
    frame = Frame(portal)
    assert frame.open().token
    frame.get("/api/dialogs")
    assert frame.act("pin_all").status == 200  # what is loaded on first use is not theirs
    pid, ended = app.server.process.pid, threading.Event()
    before = memory(pid)
    with ThreadPoolExecutor(1) as pool:
        watched = pool.submit(peak, pid, ended)
        for kind in ("huge", "truncated", "302"):
            portal.fault(kind, times=2)
            status = frame.act("pin_all").status
            portal.heal()
            yield f"{kind}: {status}" if status not in (200, 429, 502, 503, 504) else ""
        ended.set()
        grown = watched.result() - before
    trial.figure("memory at its peak", f"{grown:+.1f} MB")
    yield f"memory grew by {grown:.1f} MB" if grown > ROOM else ""
    yield "" if frame.get("/api/dialogs").status == 200 else "it does not go on"
