"""Nine turns in an installation's life that come at a bad moment."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.faults.ends import removed_during_bulk, rows_of
from tests.faults.processes import patiently
from tests.faults.proxy import Planned, Proxy, Toxics
from tests.faults.site import OPERATOR, Site
from tests.faults.survival import (
    DONE,
    Case,
    asked,
    comes_back,
    opened,
    portal_of,
    read,
    target,
    within,
    write,
)
from tests.faults.told import is_pinned
from tests.faults.wire import http
from tests.support.frame import Frame, Reply


def install(frame: Frame) -> None:
    """The administrator installs the app (again)."""
    assert Frame(frame.sandbox, user_id=1).install().status == 200


def event(frame: Frame, name: str, token: str, **data: str) -> Reply:
    """One event as the portal's queue posts it."""
    portal = portal_of(frame)
    fields = {
        "event": name,
        **{f"data[{key}]": value for key, value in data.items()},
        "ts": str(int(time.time())),
        "auth[domain]": portal.host,
        "auth[member_id]": portal.inside.member_id,
        "auth[application_token]": token,
    }
    return frame.post_form(f"{frame.app_url}/events", fields)


def uninstalled_during_bulk(site: Site) -> None:
    """CLEAN=1 in the middle of a bulk run: nothing is left, and a new installation begins anew."""
    frame = removed_during_bulk(site).frame
    again = Frame(frame.sandbox, OPERATOR)
    assert asked(again.open).status == 403
    install(frame)
    assert again.open().status == 200
    comes_back(again, target(again))


def reinstalled(site: Site) -> None:
    """CLEAN=0 keeps the journal for a reinstallation, CLEAN=1 nothing; old sessions end both times."""
    for clean in (0, 1):
        _reinstalled(site, clean)


def _reinstalled(site: Site, clean: int) -> None:
    frame = site.desk()
    chat = target(frame)
    write(frame, chat)
    member_id, old = portal_of(frame).inside.member_id, frame.token
    frame.sandbox.control("POST", "uninstall", {"clean": clean})
    within(5, lambda: frame.get("/api/dialogs").status == 401)
    time.sleep(1.0)  # as long as another worker may believe that the session lives
    assert statuses_of(frame, old) == {401}, "a session after the uninstallation"
    left = rows_of(site, member_id)
    assert "operator_tokens" not in left
    assert ("journal_entries" in left) is not bool(clean), left
    install(frame)
    assert frame.open().status == 200
    journal = frame.get("/api/journal").json()["entries"]
    assert bool(journal) is not bool(clean)
    comes_back(frame, chat)
    assert statuses_of(frame, frame.token) == {200}
    assert statuses_of(frame, old) == {401}, "a session of before"


def statuses_of(frame: Frame, token: str | None) -> set[int]:
    """How a session is answered on twenty connections of their own, so that every worker is asked."""
    others = [Frame(frame.sandbox, OPERATOR) for _ in range(20)]
    for other in others:
        other.token = token
    return {other.get("/api/journal").status for other in others}


def renamed(site: Site) -> None:
    """The portal moves to another address while somebody works; the old one redirects."""
    frame = site.desk()
    chat = target(frame)
    portal = portal_of(frame)
    moved = Proxy(portal.proxy.upstream).start()
    where = f"http://localhost:{moved.port}"
    gone = Planned(http(302, b"", f"Location: {where}/rest/batch"), "keep")
    site.strike(setattr, portal.proxy, "toxics", Toxics(forever=gone))
    site.strike(setattr, portal.inside, "origin", where)
    _, outcome = write(frame, chat)
    assert outcome not in DONE, "the token was carried elsewhere"
    assert not moved.connections, "the new address was asked before it was proved"
    assert opened(frame).status == 200
    comes_back(frame, chat)
    moved.stop()


def key_rotated(site: Site) -> None:
    """A new key comes first in TOKEN_KEYS and everything is sealed again while somebody works."""
    frame = site.desk()
    chat = target(frame)
    keys = f"another-key-of-at-least-32-characters-{time.time_ns()},{site.app.settings['TOKEN_KEYS']}"
    site.restart(TOKEN_KEYS=keys)
    patiently(lambda: frame.get("/healthz"))
    site.strike(site.command, "keys", "rotate")
    assert write(frame, chat)[1] == "done"
    site.restart(TOKEN_KEYS=keys.partition(",")[0])
    assert write(frame, chat, "unpin")[1] == "done", "sealed under the old key still"
    comes_back(frame, chat)


def late_install_event(site: Site) -> None:
    """ONAPPINSTALL comes after the operators: it changes nothing for them."""
    frame = site.desk()
    chat = target(frame)
    app = frame.sandbox.control("GET", "app")
    token = app["application_token"]
    reply = site.strike(lambda: event(frame, "ONAPPINSTALL", token, VERSION="1", ACTIVE="Y"))
    assert reply is not None
    assert reply.status == 200
    assert write(frame, chat)[1] == "done"
    comes_back(frame, chat)


def events_doubled_and_reordered(site: Site) -> None:
    """Update, uninstall, uninstall, late update: the end is an uninstallation; a forged one is nothing."""
    frame = site.desk()
    token = frame.sandbox.control("GET", "app")["application_token"]
    assert event(frame, "ONAPPUNINSTALL", "0" * 32, CLEAN="1").status == 401
    assert frame.get("/api/dialogs").status == 200
    for name in ("ONAPPUPDATE", "ONAPPUNINSTALL", "ONAPPUNINSTALL", "ONAPPUPDATE"):
        reply = site.strike(lambda name=name: event(frame, name, token, CLEAN="0", VERSION="2"))
        assert reply is None or reply.status in (200, 401)
    within(3, lambda: frame.get("/api/dialogs").status == 401)
    assert asked(frame.open).status == 403
    install(frame)
    assert frame.open().status == 200
    comes_back(frame, target(frame))


def update_unbinds(site: Site) -> None:
    """A new version takes our event bindings away: the installer binds them again."""
    frame = site.desk()
    chat = target(frame)
    portal = portal_of(frame)
    portal.switch(update_bindings="drop")
    portal.act("bump_version")
    lost = frame.sandbox.control("GET", "app")
    assert not lost["handlers"]
    assert not lost["placements"]
    assert write(frame, chat)[1] == "done"
    install(frame)
    app = frame.sandbox.control("GET", "app")
    assert {row["event"] for row in app["handlers"]} >= {"ONAPPUNINSTALL"}
    assert app["placements"]
    comes_back(frame, chat)


def access_lost(site: Site) -> None:
    """The operator may not use the app any more, and later may again."""
    frame = site.desk()
    chat = target(frame)
    frame.sandbox.act("expel", user_id=OPERATOR)
    _, outcome = write(frame, chat)
    assert outcome in ("forbidden", "session_expired", "refused"), outcome
    assert asked(lambda: frame.get(f"/api/dialogs/{chat}")).status in (401, 403)
    frame.sandbox.act("admit", user_id=OPERATOR)
    comes_back(frame, chat)


def two_tabs(site: Site) -> None:
    """Two tabs of one operator pin and unpin the same dialog at once: nobody is told what is not so."""
    frame = site.desk()
    chat = target(frame)
    other = Frame(frame.sandbox, OPERATOR)
    assert other.open().status == 200
    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(frame.act, "pin", chat)
            second = pool.submit(other.act, "unpin", chat)
            replies = [first.result(), second.result()]
        outcomes = [reply.json()["results"][0]["outcome"] for reply in replies]
        assert set(outcomes) <= {"done", "already", "unconfirmed"}, outcomes
    read(frame, chat)
    assert frame.dialogs()[chat]["pinned"] is is_pinned(frame, chat)
    comes_back(frame, chat)


CASES = (
    Case("lifecycle", "uninstalled during a bulk run", uninstalled_during_bulk, quick=True),
    Case("lifecycle", "reinstalled after CLEAN 0 and 1", reinstalled, quick=True),
    Case("lifecycle", "the portal is renamed", renamed, quick=True),
    Case("lifecycle", "the key is changed", key_rotated),
    Case("lifecycle", "a late ONAPPINSTALL", late_install_event, quick=True),
    Case("lifecycle", "events twice and out of order", events_doubled_and_reordered, quick=True),
    Case("lifecycle", "an update takes the bindings away", update_unbinds, quick=True),
    Case("lifecycle", "an operator loses access", access_lost, quick=True),
    Case("lifecycle", "two tabs", two_tabs, quick=True),
)
