"""The figures by name.

Each takes the share of its full size (1.0 in `make faults`; of nothing it takes the least) and a stage.
"""

from collections.abc import Callable

from tests.faults import budgets, clicks, clocks, ends, events, races, repeats, rotation, runs
from tests.faults.stage import Stage

FIGURES: dict[str, Callable[[float, Stage], str]] = {
    "refreshes": races.refreshes,
    "one-time values": races.one_time_values,
    "no lock over the network": races.writes_beside_a_refresh,
    "acknowledged writes": races.killed_writers,
    "double clicks": clicks.double_clicks,
    "bulk runs": runs.killed_bulk_runs,
    "repeats": repeats.repeats,
    "request rate": budgets.request_rate,
    "key rotation": rotation.key_rotation,
    "uninstallations": ends.uninstallations,
    "clocks": clocks.a_day_off,
    "events in a burst": events.burst,
    "events at a steady pace": events.steady,
    "events in an outage": events.outages,
    "events, controls": events.controls,
}
