"""T5: ids of other portals and people in the path, the body and caches; and everybody at once.

Each operator's list and journal carry a mark of their own, which nobody else may ever be shown.
"""

import itertools
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.desk.listing import known_lists
from tests.security.local import LocalApp
from tests.security.trial import Trial, size
from tests.support.acting import own
from tests.support.frame import Frame

THREAT = "T5"
WHAT = "foreign ids, and portals interleaved"
ATTEMPTS, PART = 110_000, 2_000

CROSS, INTERLEAVED = size(10_000, 800), size(100_000, 1_200)


@dataclass
class Tenant:
    """An operator with a mark in everything that can be seen, and the ids of what is there."""

    frame: Frame
    mark: str
    chat_id: int = 0
    ids: dict[str, str] = field(default_factory=dict)


def settled(local: LocalApp, number: int) -> Tenant:
    """A portal with its mark in a message, a journal entry, a run, a view and a snapshot."""
    portal = local.portal()
    assert Frame(portal, user_id=1).install().status == 200
    frame = Frame(portal)
    mark = f"canary{number:03d}"
    assert frame.open().token
    tenant = Tenant(frame, mark)
    chats = own(frame)
    tenant.chat_id = chats[0]
    for chat_id in chats:
        portal.act("client_message", chat_id=chat_id, text=f"{mark} speaks")
    assert frame.open().token
    entry = frame.act("top", chats[0]).json()
    run = {"action": "pin", "chat_ids": chats}
    tenant.ids = {
        "undo": entry["undo"]["id"],
        "runs": frame.request("POST", "/api/runs", run).json()["run"],
        "snapshots": frame.request("POST", "/api/snapshots", {"name": mark}).json()["id"],
    }
    view = {"name": mark, "shared": True, "filter": {}}
    tenant.ids["views"] = frame.request("POST", "/api/views", view).json()["id"]
    return tenant


@pytest.fixture
def tenants(local: LocalApp) -> list[Tenant]:
    """Some portals, each with one operator at work."""
    return [settled(local, number) for number in range(size(10, 4))]


def foreign(text: str, mine: Tenant, tenants: Sequence[Tenant]) -> str:
    """Whose marks stand in an answer that has no business with them."""
    return " ".join(f"{mine.mark} sees {one.mark}" for one in tenants if one is not mine and one.mark in text)


def crossings(mine: Tenant, other: Tenant) -> list[tuple[str, str, Any]]:
    """Requests of one operator that name what is another's."""
    ids, chat_id = other.ids, other.chat_id
    member = other.frame.fields["member_id"]
    return [
        ("POST", f"/api/undo/{ids['undo']}", {}),
        ("GET", f"/api/runs/{ids['runs']}", None),
        ("DELETE", f"/api/runs/{ids['runs']}", None),
        ("GET", f"/api/snapshots/{ids['snapshots']}", None),
        ("DELETE", f"/api/snapshots/{ids['snapshots']}", None),
        ("PUT", f"/api/views/{ids['views']}", {"name": "taken", "shared": True, "filter": {}}),
        ("DELETE", f"/api/views/{ids['views']}", None),
        ("GET", f"/api/dialogs?member_id={member}&user_id=27", None),
        ("GET", f"/api/journal?member_id={member}&chat_id={chat_id}", None),
        ("GET", "/api/journal?before=999999999", None),
        ("GET", "/api/views", None),
        ("GET", "/api/snapshots", None),
        ("GET", "/api/settings", None),
        ("POST", "/api/actions/untop", {"chat_ids": [chat_id], "member_id": member}),
        ("POST", "/api/runs", {"action": "pin", "chat_ids": [chat_id], "run": ids["runs"]}),
        ("PUT", "/api/preferences", {"member_id": member, "user_id": 27}),
    ]


def sent(client: FlaskClient, mine: Tenant, method: str, path: str, body: Any) -> str:
    """The answer's text with its headers."""
    session = {"X-B24-Session": str(mine.frame.token), "Accept": "application/json"}
    more = {} if body is None else {"json": body}
    answer = client.open(path, method=method, headers=session, **more)
    return f"{answer.status_code} {answer.headers} {answer.get_data(as_text=True)}"


def crossed(local: LocalApp, tenants: Sequence[Tenant]) -> Iterator[str]:
    """Every operator against everybody else's things."""
    client = local.flask.test_client()
    pairs = [(a, b) for a in tenants for b in tenants if a is not b]
    plan = itertools.cycle([(a, request) for a, b in pairs for request in crossings(a, b)])
    for mine, request in itertools.islice(plan, CROSS):
        yield foreign(sent(client, mine, *request), mine, tenants)


def interleaved(local: LocalApp, tenants: Sequence[Tenant], count: int) -> Iterator[str]:
    """Everybody at once, in threads: what is kept between requests must not go to the wrong one."""
    paths = ["/api/dialogs", "/api/journal", "/api/views", "/api/snapshots", "/api/dialogs"]

    def work(seed: int) -> list[str]:
        dice, client = random.Random(seed), local.flask.test_client()
        found = []
        for _ in range(count // 8):
            mine = dice.choice(tenants)
            found.append(foreign(sent(client, mine, "GET", dice.choice(paths), None), mine, tenants))
        return found

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(work, range(8)):
            yield from found


def intact(tenant: Tenant) -> bool:
    """What was there is still there."""
    frame = tenant.frame
    kept = frame.get(f"/api/runs/{tenant.ids['runs']}").json()["total"] > 0
    kept &= tenant.ids["views"] in frame.get("/api/views").text
    kept &= tenant.ids["snapshots"] in frame.get("/api/snapshots").text
    kept &= frame.dialogs()[tenant.chat_id]["last_message"]["text"] == f"{tenant.mark} speaks"
    return bool(kept) and frame.undo(tenant.ids["undo"]).status == 200


def test_tenants(trial: Trial, local: LocalApp, tenants: list[Tenant]) -> None:
    for tenant in tenants:
        session = tenant.frame.get("/api/dialogs").text + tenant.frame.get("/api/snapshots").text
        assert session.count(tenant.mark) > 1, "the mark is where it can be seen"
    trial.attack(crossed(local, tenants))
    trial.attack(interleaved(local, tenants, INTERLEAVED))
    with trial.without(known_lists, "_key", lambda operator: f"list:{operator.user_id}"):
        trial.control(interleaved(local, tenants, 200))
    assert [tenant.mark for tenant in tenants if not intact(tenant)] == []
    trial.verdict()
