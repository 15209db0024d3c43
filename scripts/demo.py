"""The demo: a sandbox portal with Pinline in its frame, from nothing, with one command and no account.

Everything lives in a temporary folder that goes when the demo ends; Ctrl-C ends it.
"""

import argparse
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from scripts.installing import install
from scripts.ports import check_free
from scripts.processes import Ports, Server, StartFailed, app, app_settings, migrate, sandbox

_WELCOME = """
  Pinline is running inside a sandbox portal. Open this address:

      {portal}

  You are Maria Jansen, an operator in the middle of her shift. Behind the strip at the right edge is the
  control panel: other operators and languages, new messages, expired tokens, portal faults, other dialogs.
  The app itself is at {app}, its log in {log}.
  Ctrl-C stops everything.
"""


def _arguments() -> Ports:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--app-port", type=int, default=8000)
    parser.add_argument("--portal-port", type=int, default=9000)
    parser.add_argument("--oauth-port", type=int, default=9001)
    given = parser.parse_args()
    return Ports(portal=given.portal_port, oauth=given.oauth_port, app=given.app_port)


def _check(ports: Ports) -> None:
    portal = ("sandbox portal", "PORTAL_PORT", ports.portal)
    authorization = ("sandbox authorization server", "OAUTH_PORT", ports.oauth)
    check_free("make demo", [portal, authorization, ("app", "PORT", ports.app)])


def _start(ports: Ports, folder: Path, running: ExitStack) -> list[Server]:
    settings = app_settings(ports, f"sqlite:///{folder / 'demo.sqlite'}", folder)
    migrate(settings)
    portal = sandbox(ports, folder / "sandbox.log", "--demo").start(ports.portal, "/_sandbox/users")
    running.callback(portal.stop)
    pinline = app(settings, folder / "app.log").start(ports.app, "/healthz")
    running.callback(pinline.stop)
    install(ports.portal_url)
    return [portal, pinline]


def _watch(servers: Sequence[Server], stopped: threading.Event) -> None:
    """Wait for the end; raises StartFailed when a part dies by itself."""
    while not stopped.wait(timeout=0.5):
        for server in servers:
            if server.process.poll() is not None and not stopped.wait(timeout=0.5):
                raise StartFailed(f"The {server.name} has stopped:\n{server.tail()}")


def _stop_at_signals() -> threading.Event:
    """The event that a signal sets; whoever sent it is told at once, whatever is under way."""
    stopped = threading.Event()

    def stop(*_: object) -> None:
        if not stopped.is_set():
            stopped.set()
            os.write(sys.stdout.fileno(), b"\nStopping...\n")  # print() may be at work itself just now

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    return stopped


def main() -> int:
    """Run until a signal; the exit code is 1 when something did not work."""
    stopped = _stop_at_signals()
    ports = _arguments()
    try:
        _check(ports)
        with tempfile.TemporaryDirectory(prefix="pinline-demo-") as name, ExitStack() as running:
            print("Starting the sandbox portal and the app ...", flush=True)
            servers = _start(ports, Path(name), running)
            if not stopped.is_set():
                welcome = _WELCOME.format(portal=ports.portal_url, app=ports.app_url, log=servers[-1].log)
                print(welcome, flush=True)
            _watch(servers, stopped)
    except StartFailed as problem:
        if not stopped.is_set():  # Ctrl-C ends the parts as well
            print(problem, file=sys.stderr, flush=True)
            return 1
    print("Stopped.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
