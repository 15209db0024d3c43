"""docs/security-details.md says the figures that the code has: none is written down by hand only.

A constant is looked for in its room, so that it may move from file to file there.
"""

import importlib
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.references import python_names

ROOT = Path(__file__).resolve().parents[2]
TEXT = " ".join((ROOT / "docs" / "security-details.md").read_text().split())


def home(room: str, name: str) -> ModuleType:
    """The one module of the room in which this constant is made."""
    (path,) = [path for path in sorted((ROOT / "app" / room).rglob("*.py")) if name in python_names(path)]
    return importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def of(room: str, name: str) -> Any:
    """The constant's value; durations in seconds."""
    value = getattr(home(room, name), name)
    return value.total_seconds() if isinstance(value, timedelta) else value


SAID = {
    "a token's life": lambda: f"A token is good for {of('web', 'TOKEN_SECONDS') // 60} minutes",
    "a record's life": lambda: f"The record ends after {of('web', 'RECORD_SECONDS') // 3600} hours",
    "a session id's life": lambda: f"| {of('web', 'RECORD_SECONDS') // 3600} hours; 10 minutes | as hashes |",
    "a state's life": lambda: f"a state, good once, for {of('portals', 'STATE_SECONDS') // 60} minutes",
    "fields": lambda: f"at most {of('bitrix24', 'MAX_FIELDS')}; names and values",
    "fields of an event": lambda: f"event**: at most {of('bitrix24', 'MAX_EVENT_FIELDS')} fields, of which",
    "a request": lambda: f"| a request | {of('web', 'MAX_BODY') // 1024} KiB |",
    "proofs at once": lambda: f"{of('web', 'PROOFS')[1]} proofs at once, {of('web', 'PROOFS')[0]:g} a second",
    "openings": lambda: f"{of('web', 'OPENINGS')} threads of a worker's 64",
    "a portal's threads": lambda: f"{of('web', 'OF_PORTAL')} threads of a worker;",
    "the first list": lambda: f"{of('desk', 'LIST_WAIT'):g} s for the first list",
    "an answer's size": lambda: f"| {of('bitrix24', 'MAX_BODY') // 1024**2} MiB, ",
    "an answer's time": lambda: f" MiB, {of('bitrix24', 'TOTAL_SECONDS'):g} s |",
    "waiting events": lambda: f"for a proof | {of('portals', 'MAX_WAITING')}, of one portal ",
    "a portal's events": lambda: f"of one portal {of('portals', 'MAX_WAITING_OF_PORTAL')}, for 1 hour |",
    "late events": lambda: f"before it came | {of('portals', 'LATEST') // 3600:g} hours late |",
    "kept events": lambda: f"is away | {of('storage', 'MAX_BYTES') // 1024**2} MiB in the folder, measured",
    "an action": lambda: f"| {of('desk', 'MOST_TARGETS')} dialogs, {of('desk', 'MOST_RUN_TARGETS')} dialogs;",
    "runs": lambda: f"the newest {of('desk', 'MOST_RUNS')} runs of an operator",
    "a batch": lambda: f"batches of about {of('desk', 'BATCH_SECONDS'):g} s of the portal's time",
    "top": lambda: f"| the order of Top | {of('desk', 'MOST_TOP')} dialogs |",
    "views": lambda: f"{of('desk', 'MOST_OWN')} of one's own, {of('desk', 'MOST_SHARED')} shared in a portal",
    "saved desks": lambda: f"shared in a portal; {of('desk', 'MOST_SNAPSHOTS')} |",
    "preferences": lambda: f"{of('desk', 'MOST_KEYS')} of them, {of('desk', 'MOST_BYTES')} bytes",
    "a page of the journal": lambda: f"the table | {of('desk', 'MOST_ENTRIES')} entries, ",
    "the table": lambda: f" entries, {of('web', 'MOST_ROWS')} rows |",
    "undo": lambda: f"| undo | {of('desk', 'UNDO_TIME') // 3600:g} hours |",
    "retention": lambda: f"{of('desk', 'RETENTION_DAYS')} days, or 7 to 365",
    "memory": lambda: f"{of('desk', 'MEMORY_DAYS')} days at most",
    "lists": lambda: f"{of('desk', 'KEPT_SECONDS') / 60:g} minutes after they were last needed",
    "old runs": lambda: f"with its data; {of('desk', 'RUN_TIME') // 86400:g} days |",
}


@pytest.mark.parametrize("figure", SAID)
def test_a_figure_is_the_codes(figure: str) -> None:
    assert SAID[figure]() in TEXT


def test_another_figure_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for room, name in (("web", "OPENINGS"), ("desk", "MOST_TOP"), ("portals", "MAX_WAITING")):
        monkeypatch.setattr(home(room, name), name, of(room, name) * 3)
    assert {name for name, said in SAID.items() if said() not in TEXT} == {
        "openings",
        "top",
        "waiting events",
    }
