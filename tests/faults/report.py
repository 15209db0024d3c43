"""Runs faults and figures one after the other and keeps the results, so that a long run can be resumed.

`make faults` begins where the last run of the same commit stopped, unless that one came to its end;
`docs/fault-runs.md` gets a dated table at the end.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.processes import ROOT
from tests.faults import auth, lifecycle, processes, stores, wire
from tests.faults.figures import FIGURES
from tests.faults.matrix import CASES as MATRIX
from tests.faults.matrix import GENTLE, HARD, TARGETS
from tests.faults.site import Site
from tests.faults.stage import Stage
from tests.faults.survival import Case, watched
from tests.security.__main__ import commit

CASES = (*wire.CASES, *auth.CASES, *stores.CASES, *processes.CASES, *lifecycle.CASES)
# Cases that no control can be made of: nothing goes wrong in them, or perhaps nothing in time.
ALWAYS = {"two tabs", *(f"slow close, {where}" for where in TARGETS)}
VACUOUS = "survived without its fault, too: this proves nothing"
STORES = ("sqlite", "postgresql")
TABLE = ROOT / "docs" / "fault-runs.md"
_STATE = ROOT / "build" / "faults.json"
_HEAD = (
    "# Fault runs\n\n"
    "What `make faults` found, newest first. A fault is survived when the app told what was true in the\n"
    "portal, with a sentence for a person, inside 12 s, was normal again within 5 s of the fault's end, and\n"
    "logged, at DEBUG, no traceback, no secret of ours and no token that was given out. That counts only\n"
    "when the same trial fails without the fault, and on every store that the fault can happen on.\n"
    "The matrix puts each toxic of a proxy before each thing that the app needs, on PostgreSQL and Redis.\n"
)


def attempt(site: Site, case: Case, *, quiet: bool = False) -> str:
    """Nothing when the case was survived, else why not."""
    try:
        if quiet:
            case.run(site)
        else:
            with watched(site):
                case.run(site)
    except Exception as error:
        first = str(error).strip().splitlines() or [""]
        return f"{type(error).__name__}: {first[0][:300]}"
    return ""


def run_cases(site: Site, cases: Iterable[Case]) -> dict[str, str]:
    """Results by name: those that may run side by side do, the others follow one by one."""
    chosen = [case for case in cases if site.store in case.stores]
    found: dict[str, str] = {}
    beside = [case for case in chosen if not case.alone]

    def side_by_side(_site: Site) -> None:
        with ThreadPoolExecutor(8) as pool:
            for case, trouble in zip(beside, pool.map(quietly, beside), strict=True):
                found[case.name] = trouble

    def quietly(case: Case) -> str:
        return attempt(site, case, quiet=True)

    # What the log tells of all of them cannot be put down to one.
    logged = attempt(site, Case("", "side by side", side_by_side))
    found = {name: trouble or logged for name, trouble in found.items()}
    for case in chosen:
        if case.alone:
            found[case.name] = attempt(site, case)
            site.heal()
    return found


def controls(site: Site, cases: Iterable[Case]) -> dict[str, str]:
    """The same cases with the fault left out: what is survived even so proves nothing, and is told so."""
    site.inert = True
    found = run_cases(site, (case for case in cases if case.name not in ALWAYS))
    return {name: "" if trouble.startswith("AssertionError") else VACUOUS for name, trouble in found.items()}


def main(words: list[str]) -> int:
    """Everything; `--fresh` forgets what an interrupted run has done, `--figures` leaves the faults out,
    `--faults` the figures."""
    state = _begun("--fresh" in words)
    parts = {**dict.fromkeys(STORES, CASES), "matrix": MATRIX}
    for part, cases in () if "--figures" in words else parts.items():
        if part not in state:
            store = part if part in STORES else "postgresql"
            with tempfile.TemporaryDirectory() as folder, Site(Path(folder), store, 4 * len(cases)) as site:
                state[part] = run_cases(site, cases)
                told = controls(site, cases)
            state[part] = {name: trouble or told.get(name, "") for name, trouble in state[part].items()}
            _keep(state)
            _print(part, state[part])
    for name in () if "--faults" in words else FIGURES:
        if f"figure:{name}" not in state:
            state[f"figure:{name}"] = _figure(name)
            _keep(state)
            print(f"{name}: {state[f'figure:{name}']}", flush=True)
    survived = write_table(state)
    _STATE.unlink(missing_ok=True)
    failed = any(text.startswith("FAILED") for key, text in state.items() if key.startswith("figure:"))
    return 0 if survived == len(CASES) + len(MATRIX) and not failed else 1


def _begun(fresh: bool) -> dict[str, Any]:
    """What an interrupted run of this very commit has done."""
    state: dict[str, Any] = json.loads(_STATE.read_text()) if _STATE.exists() and not fresh else {}
    now = commit()
    return state if state.get("commit") == now else {"commit": now}


def _figure(name: str) -> str:
    """One figure in full, on a stage of its own so that none that failed leaves anything behind."""
    began = time.monotonic()
    try:
        with Stage() as stage:
            told = FIGURES[name](1.0, stage)
    except Exception as error:
        told = f"FAILED: {type(error).__name__}: {str(error)[:300]}"
    return f"{told} ({time.monotonic() - began:.0f} s)"


def _keep(state: object) -> None:
    _STATE.parent.mkdir(exist_ok=True)
    _STATE.write_text(json.dumps(state, indent=1))


def _print(store: str, results: dict[str, str]) -> None:
    for name, trouble in results.items():
        print(f"{store:10} {name:42} {trouble or 'survived'}", flush=True)


def write_table(state: dict[str, Any]) -> int:
    """Put this run on top of the page; returns how many faults and fields of the matrix were survived."""
    lines, survived = [], 0
    for case in CASES:
        results = {store: state.get(store, {}).get(case.name, "not run") for store in case.stores}
        survived += not any(results.values())
        cells = [_cell(results.get(store)) for store in STORES]
        lines.append(f"| {case.group} | {case.name} | {' | '.join(cells)} |")
    day = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    figures = [
        f"- {key.removeprefix('figure:')}: {told}" for key, told in state.items() if key.startswith("figure:")
    ]
    fields = sum(not state.get("matrix", {}).get(case.name, "not run") for case in MATRIX)
    told = f"survived {survived} of {len(CASES)}, {fields} of {len(MATRIX)} of the matrix"
    table = "\n".join(["| group | fault | SQLite | PostgreSQL and Redis |", "|---|---|---|---|", *lines])
    older = TABLE.read_text().removeprefix(_HEAD) if TABLE.exists() else ""
    text = "\n\n".join(["\n".join(figures), table, _matrix(state.get("matrix", {}))])
    where = f"commit {state.get('commit', 'unknown')}, {os.cpu_count()} processors"
    TABLE.write_text(f"{_HEAD}\n## {day}, {where}: {told}\n\n{text}\n{older}")
    print(told)
    return survived + fields


def _matrix(results: dict[str, str]) -> str:
    """A row for each toxic of the proxy, a column for each thing that it was put before."""
    lines = [f"| toxic | {' | '.join(TARGETS)} |", "|---" * (len(TARGETS) + 1) + "|"]
    for toxic in (*GENTLE, *HARD):
        cells = [_cell(results.get(f"{toxic}, {where}")) for where in TARGETS]
        lines.append(f"| {toxic} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(trouble: str | None) -> str:
    if trouble is None:
        return "–"
    return trouble.replace("|", "\\|")[:120] or "survived"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
