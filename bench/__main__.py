"""Measures speed and size and prints them beside their goals: `make bench-quick`, `make bench`."""

import argparse
import os
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench import traffic, work
from bench.figures import table
from tests.support.stand import Stand


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="pinline-bench-") as name:
        folder = Path(name)
        stand = Stand(folder, portals=10).start()
        try:
            with stand.app(f"sqlite:///{folder / 'traffic.sqlite'}") as app:
                figures = traffic.measure(stand, app, clicks=30 if quick else 45)
            figures += work.measure(stand, folder, count=200, rounds=10 if quick else 60)
        finally:
            stand.stop()
    load = os.getloadavg()[0]
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, load {load:.1f}\n")
    print(table(figures))


if __name__ == "__main__":
    main()
