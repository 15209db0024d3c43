"""Known vulnerabilities of the pinned packages. The rule: what the index cannot judge is named.

Ends with 1 where a vulnerability is known, 2 where nothing at all could be judged, else 0.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Ask pip-audit, and tell what it says of each package."""
    pins = str(ROOT / "requirements.txt")
    options = ("--disable-pip", "--no-deps", "--progress-spinner", "off", "-f", "json", "-r", pins)
    command = [sys.executable, "-m", "pip_audit", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        print(f"pip-audit gave no report:\n{done.stderr.strip()}")
        return 2
    for line in lines(report):
        print(line)
    return verdict(report)


def verdict(report: Mapping[str, Any]) -> int:
    """The exit code of a report."""
    packages = report["dependencies"]
    if any(package.get("vulns") for package in packages):
        return 1
    return 0 if any("skip_reason" not in package for package in packages) else 2


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """A line for each vulnerability, one for what could not be judged, one for the whole."""
    packages = report["dependencies"]
    judged = [package for package in packages if "skip_reason" not in package]
    vulnerable = [package for package in judged if package["vulns"]]
    for package in vulnerable:
        for found in package["vulns"]:
            mended = ", ".join(found["fix_versions"]) or "no version yet"
            yield f"{package['name']} {package['version']}: {found['id']}, mended in {mended}"
    if unknown := [package["name"] for package in packages if "skip_reason" in package]:
        yield f"Not judged, the index does not know their pinned versions: {', '.join(unknown)}."
    whole = f"{len(judged)} of {len(packages)} packages judged, {len(vulnerable)} with known vulnerabilities."
    yield whole if judged else f"{whole} This is no verdict: ask again where the index is in reach."


if __name__ == "__main__":
    sys.exit(main())
