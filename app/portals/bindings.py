"""What the app registers in a portal. The rule: read what stands there, change the difference, read again.

A second run finds nothing to do; handlers of ours at an old address are taken away (pages "event.bind",
"placement.bind"). What the portal lists afterwards counts, not what it answered to each command.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from app.bitrix24.batch import BatchAnswer, Command

EVENTS = ("ONAPPINSTALL", "ONAPPUNINSTALL", "ONAPPUPDATE")
PLACEMENTS: Mapping[str, Mapping[str, str]] = {
    "IM_SIDEBAR": {"iconName": "fa-thumb-tack", "context": "LINES", "role": "USER", "color": "AQUA"},
    "IM_TEXTAREA": {
        "iconName": "fa-thumb-tack",
        "context": "LINES",
        "role": "USER",
        "color": "AQUA",
        "width": "100",
        "height": "100",
    },
    "IM_NAVIGATION": {"iconName": "fa-thumb-tack", "role": "USER"},
}
TITLE = "Pinline"
_T = TypeVar("_T")
_READS = (Command("EVENTS", "event.get"), Command("PLACEMENTS", "placement.get"))


class _EventRow(msgspec.Struct):
    event: str = ""
    handler: str = ""


class _PlacementRow(msgspec.Struct):
    placement: str = ""
    handler: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """One entry in the portal: `kind` is "event" or "placement"."""

    kind: str
    name: str
    handler: str

    @property
    def label(self) -> str:
        """How reports name it."""
        return f"{self.kind}:{self.name}"


def wanted(app_url: str) -> list[Binding]:
    """What should stand in a portal for the app at `app_url`."""
    events = [Binding("event", name, f"{app_url}/events") for name in EVENTS]
    return events + [Binding("placement", name, f"{app_url}/app") for name in PLACEMENTS]


def reads() -> list[Command]:
    """The commands that list what stands there."""
    return list(_READS)


def standing(answer: BatchAnswer) -> set[Binding]:
    """What `reads` found; a list that the portal refused counts as empty."""
    found = set()
    for row in _rows(answer, "EVENTS", _EventRow):
        found.add(Binding("event", row.event.upper(), row.handler))
    for place in _rows(answer, "PLACEMENTS", _PlacementRow):
        found.add(Binding("placement", place.placement.upper(), place.handler))
    return found


def changes(app_url: str, found: set[Binding]) -> dict[str, tuple[Binding, Command]]:
    """The commands that lead from `found` to `wanted`, by command key; the old go first."""
    goal = wanted(app_url)
    steps = [("unbind", binding) for binding in sorted(found - set(goal), key=lambda old: old.label)]
    steps += [("bind", binding) for binding in goal if binding not in found]
    named = ((f"S{number}", verb, binding) for number, (verb, binding) in enumerate(steps))
    return {key: (binding, _command(key, verb, binding)) for key, verb, binding in named}


def _command(key: str, verb: str, binding: Binding) -> Command:
    if binding.kind == "event":
        return Command(key, f"event.{verb}", {"event": binding.name, "handler": binding.handler})
    place: dict[str, object] = {"PLACEMENT": binding.name, "HANDLER": binding.handler}
    if verb == "bind":
        place |= {"TITLE": TITLE, "OPTIONS": PLACEMENTS[binding.name]}
    return Command(key, f"placement.{verb}", place)


def _rows(answer: BatchAnswer, key: str, kind: type[_T]) -> Iterator[_T]:
    """The readable rows of one list; offline events and whatever else is there have no handler."""
    raw = answer.results.get(key)
    if raw is None:
        return
    try:
        rows = msgspec.json.decode(raw, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        return
    for row in rows:
        try:
            yield msgspec.json.decode(row, type=kind)
        except msgspec.DecodeError:
            continue
