"""The end of an installation in the middle of work: what is left of it, and how soon nothing is.

Takes the share of its full size and a stage, and returns a sentence. Raises AssertionError where anything
stays for more than 5 s, or the portal gets more than one further request.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from urllib3.exceptions import HTTPError

from app.storage.tables import metadata
from tests.faults.processes import bulk_of, run_on, start_run
from tests.faults.site import Portal, Site
from tests.faults.stage import Stage, weakened
from tests.faults.survival import portal_of, within
from tests.faults.traces import in_redis, in_the_database, sealed_of
from tests.support.frame import Frame

SECONDS = 5.0
_INSISTS = 2.0  # seconds for which the page clicks on; a session is believed for one
_PAUSE = 0.1
TABLES = [table.name for table in metadata.sorted_tables if "member_id" in table.c]


@dataclass(frozen=True, slots=True)
class Removed:
    """The desk that was at work, when a row was last seen, what was left after 5 s, and further requests."""

    frame: Frame
    seconds: float
    left: list[str]
    requests: int


def uninstallations(scale: float, stage: Stage) -> str:
    """20 portals on each store; a quick run has one.

    And the control: an app that believes what it knew of sessions and tokens, and sweeps nothing behind.
    """
    told, times = [], max(1, int(20 * scale))
    for store in ("sqlite", "postgresql") if scale >= 1 else ("sqlite",):
        site = stage.site_on(store)
        ends = [removed_during_bulk(site) for _ in range(times)]
        told.append(
            f"{store} {times} in at most {max(end.seconds for end in ends):.1f} s, "
            f"at most {max(end.requests for end in ends)} further request each"
        )
    with weakened("lingering") as site:
        end = removed(site)
    assert end.left, "nothing is left without sweeping: the figure shows nothing"
    assert end.requests > 1, "no request of believed sessions: the figure shows nothing"
    return (
        f"CLEAN=1 during a bulk run whose page clicks on: 0 rows left, neither the portal's name nor a token "
        f"of it in any table or in Redis (but for counters of its budget, which run out): "
        f"{'; '.join(told)}; control that sweeps nothing and believes what it knew: {end.requests} further "
        f"requests, rows in {', '.join(end.left)}"
    )


def removed_during_bulk(site: Site) -> Removed:
    """CLEAN=1 in the middle of a bulk run. Raises AssertionError when anything stays, or work goes on."""
    end = removed(site)
    assert end.left == [], f"left after {SECONDS:.0f} s: {end.left}"
    assert end.seconds <= SECONDS, f"rows for {end.seconds:.1f} s"
    assert end.requests <= 1, f"{end.requests} requests after the uninstallation"
    return end


def removed(site: Site) -> Removed:
    """The same without judging it; further requests are those after the app had answered the event."""
    frame, chats = bulk_of(site)
    portal = portal_of(frame)
    member_id = portal.inside.member_id
    with _at_work(frame, chats) as over:
        assert set(rows_of(site, member_id)) >= {"installations", "operator_tokens", "run_targets"}
        sealed = sealed_of(site, member_id)
        assert in_the_database(site, member_id, sealed), "what is there is found"
        assert site.redis is None or in_redis(site, member_id, sealed), "in Redis, too"
        portal.control("POST", "uninstall", {"clean": 1})
        within(SECONDS, lambda: _answered(portal))
        seen = answered = _answered(portal)
        while (now := time.time()) < answered + SECONDS:
            if rows_of(site, member_id):
                seen = now
            if now > answered + _INSISTS:
                over.set()
            time.sleep(_PAUSE)
    requests = [row for row in portal.requests() if row["host"] == "portal" and row["at"] > answered]
    left = [*in_the_database(site, member_id, sealed), *in_redis(site, member_id, sealed)]
    return Removed(frame, seen - answered, left, len(requests))


@contextmanager
def _at_work(frame: Frame, chats: list[int]) -> Iterator[threading.Event]:
    """A bulk run is under way in the block, and behind it click after click until the event is set."""
    run, over = start_run(frame, chats), threading.Event()

    def go() -> None:
        with suppress(HTTPError, OSError, KeyError):
            run_on(frame, run)
        while not over.wait(_PAUSE):
            frame.act("unpin", chats[0])

    going = threading.Thread(target=go)
    going.start()
    try:
        time.sleep(0.4)
        yield over
    finally:
        over.set()
        going.join(15)


def _answered(portal: Portal) -> float:
    """When the app had answered the event of the uninstallation; 0 before."""
    rows = [row for row in portal.inside.deliveries if row["event"] == "ONAPPUNINSTALL"]
    assert all(row["status"] == 200 for row in rows), rows
    return rows[0]["at"] if rows else 0.0


def rows_of(site: Site, member_id: str) -> dict[str, int]:
    """How many rows a portal has, by table; tables without any are left out."""
    mark = "?" if site.store == "sqlite" else "%s"
    found = {}
    with site.sql() as connection:
        for table in TABLES:
            query = f"SELECT count(*) FROM {table} WHERE member_id = {mark}"
            found[table] = connection.execute(query, (member_id,)).fetchone()[0]
    return {table: count for table, count in found.items() if count}
