"""`make demo` as a newcomer meets it: one address, one way to stop, one sentence when a port is taken."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.processes import ROOT, Ports, environment, is_taken
from tests.support.ports import free_port
from tests.support.stand import http_pool


def command(ports: Ports) -> list[str]:
    """The demo on these ports."""
    named = {"--app-port": ports.app, "--portal-port": ports.portal, "--oauth-port": ports.oauth}
    return [sys.executable, "-m", "scripts.demo", *(str(part) for pair in named.items() for part in pair)]


@pytest.mark.parametrize(("end", "to_all"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_the_demo_starts_without_a_terminal_and_stops_at_a_signal(
    end: signal.Signals, to_all: bool, tmp_path: Path
) -> None:
    """Ctrl-C in a terminal reaches every process of the demo, a signal of `kill` only the first."""
    ports = Ports(portal=free_port(), oauth=free_port(), app=free_port())
    log = tmp_path / "log"
    with log.open("wb") as out:
        demo = subprocess.Popen(
            command(ports),
            cwd=ROOT,
            env=environment({}),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            process_group=0,
        )
    try:
        until = time.monotonic() + 60
        while ports.portal_url not in log.read_text():
            assert demo.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        page = http_pool().request("GET", f"{ports.portal_url}/")
        assert page.status == 200
        assert b"<iframe" in page.data
        assert http_pool().request("GET", f"{ports.portal_url}/_sandbox/app").json()["installed"] is True
        assert http_pool().request("GET", f"{ports.app_url}/readyz").status == 200
    finally:
        (os.killpg if to_all else os.kill)(demo.pid, end)
        code = demo.wait(timeout=30)
    assert code == 0, log.read_text()
    assert log.read_text().endswith("\nStopping...\nStopped.\n")
    assert not any(is_taken(port) for port in (ports.portal, ports.oauth, ports.app))


def told(program: list[str]) -> str:
    """The one line that it ends with."""
    result = subprocess.run(
        program, cwd=ROOT, env=environment({}), capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 1, result.stderr
    (line,) = result.stderr.splitlines()
    return line


def test_a_taken_port_is_one_clear_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        demo = told(command(Ports(portal=free_port(), oauth=free_port(), app=taken)))
        named = ("--portal-port", str(free_port()), "--oauth-port", str(taken))
        sandbox = told([sys.executable, "-m", "sandbox", *named])
    assert demo.startswith(f"Port {taken} of the app is taken")
    assert "`make demo PORT=" in demo
    assert sandbox.startswith(f"Port {taken} of the sandbox authorization server is taken")
    assert "`make sandbox OAUTH_PORT=" in sandbox
