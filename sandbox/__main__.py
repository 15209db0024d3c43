"""`python -m sandbox`: a portal on 9000 and its authorization server on 9001 until Ctrl-C."""

import argparse
import signal
import sys
import threading

from sandbox import running
from sandbox.portal import Portal
from scripts.ports import check_free
from scripts.processes import StartFailed


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A pretend Bitrix24 portal.")
    parser.add_argument("--portal-port", type=int, default=9000)
    parser.add_argument("--oauth-port", type=int, default=9001)
    parser.add_argument(
        "--portals", type=int, default=1, help="further portals take the ports after the oauth port"
    )
    parser.add_argument("--app-url", default="http://127.0.0.1:8000")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--seed", default="contact_centre")
    parser.add_argument("--dialogs", type=int, default=200)
    parser.add_argument("--demo", action="store_true", help="clients write and dialogs move by themselves")
    return parser.parse_args()


def ports(first: int, oauth_port: int, number: int) -> list[int]:
    """9000, 9002, 9003, …; all free ones when the first is 0."""
    return [first, *(oauth_port + extra if oauth_port and first else 0 for extra in range(1, number))]


def check(options: argparse.Namespace) -> None:
    """Raise StartFailed when a port is taken; further portals move with the authorization server."""
    first, *others = ports(options.portal_port, options.oauth_port, options.portals)
    parts = [
        ("sandbox portal", "PORTAL_PORT", first),
        ("sandbox authorization server", "OAUTH_PORT", options.oauth_port),
        *(("further sandbox portal", "OAUTH_PORT", port) for port in others),
    ]
    check_free("make sandbox", parts)


def main() -> int:
    """Run until a signal comes; the exit code is 1 when a port is taken."""
    options = arguments()
    try:
        check(options)
    except StartFailed as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    done = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: done.set())

    def prepare(portal: Portal) -> None:
        portal.reset(options.seed, options.dialogs, installed=False)
        portal.switches["life"] = options.demo

    with running.start(
        portal_ports=ports(options.portal_port, options.oauth_port, options.portals),
        oauth_port=options.oauth_port,
        app_url=options.app_url,
        host=options.host,
        prepare=prepare,
    ) as sandbox:
        for portal in sandbox.portals:
            print(f"portal {portal.number}: {portal.origin}", flush=True)
        print(f"authorization server: {sandbox.oauth_origin}", flush=True)
        done.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
