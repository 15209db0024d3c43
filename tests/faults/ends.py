"""The end of an installation in the middle of work: what is left of it, and how soon nothing is.

Takes the share of its full size and a stage, and returns a sentence. Raises AssertionError where rows stay
for more than 5 s, or the portal gets more than one further request.
"""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from urllib3.exceptions import HTTPError

from app.storage.tables import metadata
from tests.faults.processes import bulk_of, run_on, start_run
from tests.faults.site import Site
from tests.faults.stage import Stage
from tests.faults.survival import portal_of, within
from tests.support.frame import Frame

SECONDS = 5.0
TABLES = [table.name for table in metadata.sorted_tables if "member_id" in table.c]


@dataclass(frozen=True, slots=True)
class Removed:
    """The desk that was at work, the seconds until no row was left, and the portal's requests after that."""

    frame: Frame
    seconds: float
    requests: int


def uninstallations(scale: float, stage: Stage) -> str:
    """20 portals on each store; a quick run has one."""
    told, times = [], max(1, int(20 * scale))
    for store in ("sqlite", "postgresql") if scale >= 1 else ("sqlite",):
        site = stage.site_on(store)
        ends = [removed_during_bulk(site) for _ in range(times)]
        told.append(
            f"{store} {times} in at most {max(end.seconds for end in ends):.1f} s, "
            f"at most {max(end.requests for end in ends)} further request each"
        )
    return f"CLEAN=1 during a bulk run, 0 rows left: {'; '.join(told)}"


def removed_during_bulk(site: Site) -> Removed:
    """CLEAN=1 in the middle of a bulk run.

    Raises AssertionError when rows stay, or come back with the end of the run.
    """
    frame, chats = bulk_of(site)
    portal, run = portal_of(frame), start_run(frame, chats)
    member_id = portal.inside.member_id

    def go() -> None:
        with suppress(HTTPError, OSError, KeyError):
            run_on(frame, run)

    going = threading.Thread(target=go)
    going.start()
    time.sleep(0.4)
    assert going.is_alive(), "the run had to be under way"
    assert set(rows_of(site, member_id)) >= {"installations", "operator_tokens", "run_targets"}
    began = time.monotonic()
    portal.control("POST", "uninstall", {"clean": 1})
    within(SECONDS, lambda: not rows_of(site, member_id).get("installations"))
    portal.forget()
    within(SECONDS, lambda: not rows_of(site, member_id))
    seconds = time.monotonic() - began
    going.join(15)
    requests = sum(row["host"] == "portal" for row in portal.requests())
    assert requests <= 1, f"{requests} requests after the uninstallation"
    within(SECONDS, lambda: not rows_of(site, member_id))
    assert seconds <= SECONDS, f"rows for {seconds:.1f} s"
    return Removed(frame, seconds, requests)


def rows_of(site: Site, member_id: str) -> dict[str, int]:
    """How many rows a portal has, by table; tables without any are left out."""
    mark = "?" if site.store == "sqlite" else "%s"
    found = {}
    with site.sql() as connection:
        for table in TABLES:
            query = f"SELECT count(*) FROM {table} WHERE member_id = {mark}"
            found[table] = connection.execute(query, (member_id,)).fetchone()[0]
    return {table: count for table, count in found.items() if count}
