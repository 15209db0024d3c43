"""`make security`: every trial in full size, and the table. What has passed at this commit is not run again.

`--again` runs all of them anew; names such as `T5 T16` choose some. The rule: a trial has passed when nothing
failed, nothing was skipped, and this very run has left its row.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEPT = ROOT / "build" / "security"
TABLE = ROOT / "docs" / "security-runs.md"
HEAD = """# Runs of `make security`

Each row is one threat in full size: attacks tried with every defence in place, how many were accepted, and
the same attacks with that one defence switched off by a patch in the test (succeeded of tried). A control
that shows nothing would make the row worthless, so a run passes only when every control succeeds.
Newest run first.

"""


TRIED = (
    *("app", "app.py", "static", "templates", "gunicorn.conf.py", "requirements.txt", "requirements-dev.txt"),
    *("sandbox", "scripts", "tests", "pyproject.toml", "docs/deployment.md"),
)
"""What an outcome depends on: the app, what it stands on, and the trials themselves."""


def commit() -> str:
    """What is being tried; uncommitted changes make it another thing, each of them another one."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()

    new = git("ls-files", "--others", "--exclude-standard", "--", *TRIED).splitlines()
    changed = hashlib.sha256(git("diff", "HEAD", "--binary", "--", *TRIED).encode())
    for name in new:
        changed.update(name.encode() + (ROOT / name).read_bytes())
    is_clean = changed.digest() == hashlib.sha256().digest()
    mark = "" if is_clean else f"-changed-{changed.hexdigest()[:8]}"
    return git("rev-parse", "--short=10", "HEAD") + mark


def trials() -> dict[str, Path]:
    """The test of each threat, then those of goals that are tried in the same way."""
    found = [*sorted(HERE.glob("test_t[0-9][0-9]_*.py")), *sorted(HERE.glob("test_a[0-9][0-9]_*.py"))]
    return {f"{path.stem[5].upper()}{int(path.stem[6:8])}": path for path in found}


def run(threat: str, path: Path, folder: Path) -> bool:
    """One trial in a process of its own, where what the machine lacks is a failure."""
    row = folder / f"{threat}.json"
    row.unlink(missing_ok=True)
    extra = {"PINLINE_SECURITY": "full", "PINLINE_SECURITY_RESULTS": str(folder), "CI": "true"}
    command = [sys.executable, "-m", "pytest", "-q", "--timeout", "21600", "--show-capture=no", str(path)]
    good = subprocess.run(command, cwd=ROOT, env={**os.environ, **extra}, check=False).returncode == 0
    return good and row.exists()


def line(row: dict[str, Any]) -> str:
    """A row of the table."""
    red = f"yes ({row['control_accepted']} of {row['controls']})" if row["control_accepted"] else "NO"
    figures = ", ".join(f"{name} {value}" for name, value in row["figures"].items())
    cells = (
        row["threat"],
        row["what"],
        f"{row['attempts']:,}",
        row["accepted"],
        red,
        figures,
        f"{row['seconds']:.0f}",
    )
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def table(rows: list[dict[str, Any]], what: str) -> str:
    """The whole table with its date."""
    now = datetime.now(UTC)
    lines = [
        f"## {now:%Y-%m-%d %H:%M} UTC, commit {what}, {os.cpu_count()} processors",
        "",
        "| Threat | What was tried | Attempts | Accepted | Control red | Figures | Seconds |",
        "|---|---|---:|---:|---|---|---:|",
        *(line(row) for row in rows),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Run, print, keep."""
    parser = argparse.ArgumentParser(prog="make security", description=__doc__)
    parser.add_argument("threats", nargs="*", help="such as T5 T16; all of them without")
    parser.add_argument("--again", action="store_true", help="run what has passed already, too")
    given = parser.parse_args()
    what, known = commit(), trials()
    folder = KEPT / what
    for threat, path in known.items():
        done = folder / f"{threat}.passed"
        if (given.threats and threat not in given.threats) or (done.exists() and not given.again):
            continue
        done.unlink(missing_ok=True)
        if run(threat, path, folder) and commit() == what:
            done.touch()
    rows = [
        json.loads(found.read_text()) for threat in known if (found := folder / f"{threat}.json").exists()
    ]
    text = table(rows, what)
    sys.stdout.write(f"\n{text}")
    passed = [threat for threat in known if (folder / f"{threat}.passed").exists()]
    sys.stdout.write(f"\n{len(passed)} of {len(known)} threats and goals passed.\n")
    if len(passed) == len(known):
        former = TABLE.read_text().removeprefix(HEAD) if TABLE.exists() else ""
        TABLE.write_text(f"{HEAD}{text}\n{former}".rstrip() + "\n")
    return 0 if len(passed) == len(known) else 1


if __name__ == "__main__":
    raise SystemExit(main())
