"""T19: hundreds of clients that send their requests a byte at a time.

Behind nginx, with the very configuration of the deployment page, the others notice nothing. Without a proxy
the server holds a connection for each of them, but a thread only for those that have begun a request; those
figures are published too.
"""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from urllib3.exceptions import HTTPError

from tests.security.test_t23_noisy_neighbour import p95, settled
from tests.security.trial import FULL, Trial, size
from tests.support.frame import Frame
from tests.support.missing import binary
from tests.support.ports import free_port
from tests.support.stand import RunningApp, Stand, http_pool

THREAT = "T19"
WHAT = "requests beside slow clients, behind nginx"
ATTEMPTS, PART = 600, 40

SLOW = size(500, 80)
LASTS = size(30.0, 1.0)  # seconds that the others ask for, among the slow ones
DEPLOYMENT = Path(__file__).parents[2] / "docs" / "deployment.md"
NOTICED = size(2.0, 4.0)  # seconds
SLOWER = 2.0  # times at the 95th percentile, in a full run


def configuration(app: RunningApp, port: int, folder: Path) -> str:
    """The page's configuration; only names, ports and certificates are this machine's."""
    page = DEPLOYMENT.read_text()
    found = re.search(r"```nginx\n(.*?)```", page, re.DOTALL)
    events = re.search(r"worker_rlimit_nofile \d+;\s*events \{ worker_connections \d+; \}", page)
    assert found
    assert events
    text = found[1].replace("127.0.0.1:8000", f"127.0.0.1:{app.url.rpartition(':')[2]}")
    text = re.sub(r"listen 443 ssl;\s*http2 on;", f"listen 127.0.0.1:{port};", text)
    text = re.sub(r"\s*ssl_\w+\s+[^;]+;", "", text).replace("/var/log/nginx", str(folder))
    assert "ssl" not in text
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"{events[0]}\n"
        f"http {{ access_log off;\n{paths}{text}}}\n"
    )


@contextmanager
def nginx(app: RunningApp, folder: Path) -> Iterator[int]:
    """nginx in front of the app; its port."""
    program = shutil.which("nginx") or binary("nginx", "nginx", "/usr/sbin")
    port, path = free_port(), folder / "nginx.conf"
    path.write_text(configuration(app, port, folder))
    process = subprocess.Popen([str(program), "-p", str(folder), "-c", str(path)], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert time.monotonic() < until, (folder / "error.log").read_text()
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def slow_clients(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Half of them never end their headers, the others send a body byte by byte."""
    ended = threading.Event()
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\nA"
    socks: list[socket.socket] = []

    def drip() -> None:
        while not ended.wait(1.0):
            for number, sock in enumerate(socks):
                with suppress(OSError):
                    sock.send(b"a" if number % 2 else b"X-A: b\r\n")

    for number in range(count):
        sock = socket.create_connection(("127.0.0.1", port), timeout=5)
        sock.sendall(
            b"POST /app?DOMAIN=a.example&PROTOCOL=1 HTTP/1.1\r\nHost: x\r\n" + (form if number % 2 else b"")
        )
        sock.setblocking(False)
        socks.append(sock)
    thread = threading.Thread(target=drip)
    thread.start()
    try:
        time.sleep(1.5)
        yield socks
    finally:
        ended.set()
        thread.join()
        for sock in socks:
            sock.close()


def is_open(sock: socket.socket) -> bool:
    """Whether the server still waits: it has neither answered nor hung up."""
    try:
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def asked(url: str, healthy: Frame, count: int, times: list[float], lasts: float = 0.0) -> Iterator[str]:
    """Lists, each on a connection of its own, as from so many operators; spread over so many seconds."""
    start = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, start + number * lasts / count - time.monotonic()))
        began = time.monotonic()
        try:
            headers = {"X-B24-Session": str(healthy.token)}
            with http_pool() as pool:
                status = pool.request("GET", f"{url}/api/dialogs", headers=headers, timeout=NOTICED).status
        except HTTPError:
            status = 0
        times.append(time.monotonic() - began)
        yield f"{status} after {times[-1]:.1f} s" if status != 200 or times[-1] > NOTICED else ""


@pytest.mark.timeout(900)
def test_slow_clients(
    trial: Trial, quarter: Stand, served: RunningApp, tmp_path_factory: pytest.TempPathFactory
) -> None:
    count = size(600, 40)
    healthy = settled(quarter, 19, served.url).frame
    bare = int(served.url.rpartition(":")[2])
    alone: list[float] = []
    among: list[float] = []
    with nginx(served, tmp_path_factory.mktemp("nginx")) as port:
        behind = f"http://127.0.0.1:{port}"
        assert not any(asked(behind, healthy, count, alone, LASTS))
        with slow_clients(port, SLOW) as slow:
            trial.attack(asked(behind, healthy, count, among, LASTS))
            still = sum(map(is_open, slow))
    with slow_clients(bare, SLOW):
        failed = list(asked(served.url, healthy, size(40, 1), []))
    trial.control(failed)
    trial.figure("slow clients", f"{still} for {LASTS:.0f} s")
    trial.figure(
        "p95 behind nginx", f"{p95(alone) * 1000:.1f} ms alone, {p95(among) * 1000:.1f} ms among them"
    )
    bad = sum(bool(each) for each in failed)
    trial.figure("bare", f"{bad} of {len(failed)} not answered within {NOTICED:.0f} s")
    trial.verdict()
    assert still == SLOW, f"only {still} of {SLOW} slow clients were there at the end"
    assert not FULL or p95(among) <= SLOWER * p95(alone)
