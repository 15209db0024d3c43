"""Operators with something of their own in every place, two in each portal, and what each of them could ask
of the others' things.

The rule: an operator's marks stand in nothing that another may see, but for what is shared in a portal.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event, true
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression

from tests.security.local import LocalApp
from tests.support.frame import Frame, Reply
from tests.support.stand import Sandbox

COLLEAGUES = (27, 31)
NOBODYS = "A" * 16
"""An id that nothing has."""

LINE = 3
"""Both work there."""


@dataclass
class Tenant:
    """One operator: `mark` stands in what is theirs alone, `shared` in what colleagues see."""

    frame: Frame
    mark: str
    shared: str
    chat_id: int
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def member_id(self) -> str:
        """Whose portal it is."""
        return self.frame.fields["member_id"]

    def is_colleague(self, other: "Tenant") -> bool:
        """Whether both work in the same portal."""
        return self.member_id == other.member_id


Request = tuple[str, str, Any, int]
"""Method, path, body, and the status of an answer that gives nothing away."""


def settled(local: LocalApp, number: int) -> list[Tenant]:
    """A portal whose two operators have a dialog, a journal, a run, views and a snapshot of their own."""
    portal = local.portal()
    assert Frame(portal, user_id=1).install().status == 200
    return [_at_work(portal, user_id, f"portal{number:03d}") for user_id in COLLEAGUES]


def _at_work(portal: Sandbox, user_id: int, shared: str) -> Tenant:
    mark = f"canary{shared[-3:]}p{user_id}"
    chat_id = portal.act("queue_dialog", line_id=LINE, name=f"{mark} asks", user_id=user_id)["chat_id"]
    portal.act("take", chat_id=chat_id, user_id=user_id)
    portal.act("client_message", chat_id=chat_id, text=f"{mark} speaks")
    frame = Frame(portal, user_id)
    assert frame.open().token
    tenant = Tenant(frame, mark, shared, chat_id)
    view = {"name": mark, "shared": False, "filter": {}}
    made = {
        "run": _done(frame.request("POST", "/api/runs", {"action": "pin", "chat_ids": [chat_id]}))["run"],
        "undo": _done(frame.act("top", chat_id))["undo"]["id"],
        "snapshot": _done(frame.request("POST", "/api/snapshots", {"name": mark}))["id"],
        "view": _done(frame.request("POST", "/api/views", view))["id"],
        "shared view": _done(
            frame.request("POST", "/api/views", view | {"name": f"{shared} {user_id}", "shared": True})
        )["id"],
    }
    tenant.ids = made
    return tenant


def _done(reply: Reply) -> Any:
    assert reply.status == 200, reply.text
    return reply.json()


def foreign(text: str, mine: Tenant, tenants: Sequence[Tenant]) -> str:
    """Whose marks stand in an answer that has no business with them."""
    others = [one for one in tenants if one is not mine]
    seen = [one.mark for one in others if one.mark in text]
    seen += [one.shared for one in others if not mine.is_colleague(one) and one.shared in text]
    return " ".join(f"{mine.mark} sees {mark}" for mark in seen)


def reads(mine: Tenant, other: Tenant) -> list[Request]:
    """What one operator could ask for, naming what is another's."""
    ids, whose = other.ids, f"member_id={other.member_id}&user_id={other.frame.user_id}"
    return [
        ("GET", f"/api/runs/{ids['run']}", None, 404),
        ("GET", f"/api/snapshots/{ids['snapshot']}", None, 404),
        ("GET", f"/api/snapshots?{whose}", None, 200),
        ("GET", f"/api/views?{whose}", None, 200),
        ("GET", f"/api/dialogs?{whose}", None, 200),
        ("GET", f"/api/journal?{whose}", None, 200),
        ("GET", f"/api/journal?before={ids['undo']}&{whose}", None, 200),
        ("GET", f"/api/journal?chat_id={other.chat_id}&{whose}", None, 200),
        ("GET", f"/api/journal.csv?{whose}", None, 200),
        ("GET", f"/api/settings?{whose}", None, 200),
        ("GET", f"/api/preferences?{whose}", None, 200),
        # Ids of dialogs are the portal's own: another portal may well have the same.
        *([("GET", f"/api/dialogs/{other.chat_id}", None, 404)] if mine.is_colleague(other) else []),
    ]


def writes(mine: Tenant, other: Tenant) -> list[Request]:
    """What one operator could want to happen to another's things."""
    ids, whose = other.ids, {"member_id": other.member_id, "user_id": other.frame.user_id}
    view = {"name": "taken", "shared": True, "filter": {}}
    hidden = 403 if mine.is_colleague(other) else 404  # a colleague sees it and may not change it
    return [
        ("POST", f"/api/undo/{ids['undo']}", {}, 409),
        ("DELETE", f"/api/runs/{ids['run']}", None, 404),
        ("DELETE", f"/api/snapshots/{ids['snapshot']}", None, 404),
        ("PUT", f"/api/views/{ids['view']}", view, 404),
        ("DELETE", f"/api/views/{ids['view']}", None, 404),
        ("PUT", f"/api/views/{ids['shared view']}", view, hidden),
        ("DELETE", f"/api/views/{ids['shared view']}", None, hidden),
        ("POST", "/api/actions/untop", {"chat_ids": [other.chat_id], **whose}, 422),
        ("POST", "/api/runs", {"action": "pin", "chat_ids": [other.chat_id], **whose}, 422),
        ("PUT", "/api/preferences", {"mark": mine.mark, **whose}, 204),  # one's own, whatever it says
    ]


def crossings(mine: Tenant, other: Tenant) -> list[Request]:
    """Everything that one operator could try with what is another's."""
    return [*reads(mine, other), *writes(mine, other)]


def intact(tenant: Tenant) -> bool:
    """What was there is still there, as it was."""
    frame, ids = tenant.frame, tenant.ids
    kept = frame.get(f"/api/runs/{ids['run']}").json().get("left") == [tenant.chat_id]
    views = {view["id"]: view["name"] for view in frame.get("/api/views").json()["views"]}
    kept &= views.get(ids["view"]) == tenant.mark
    kept &= views.get(ids["shared view"]) == f"{tenant.shared} {frame.user_id}"
    kept &= frame.get(f"/api/snapshots/{ids['snapshot']}").json().get("name") == tenant.mark
    kept &= frame.get("/api/preferences").json().get("mark") == tenant.mark
    dialog = frame.dialogs()[tenant.chat_id]
    kept &= dialog["last_message"]["text"] == f"{tenant.mark} speaks"
    return bool(kept) and dialog["top"] and frame.undo(ids["undo"]).status == 200


@contextmanager
def unscoped(engine: Engine, table: str, column: str) -> Iterator[None]:
    """Forget one condition of every statement: that this column of this table has a certain value."""

    def free(found: Any, **_: Any) -> Any:
        left = getattr(found, "left", None)
        is_it = isinstance(found, BinaryExpression) and getattr(left, "table", None) is not None
        return true() if is_it and (left.table.name, left.name) == (table, column) else None

    def rewritten(_: Any, statement: Any, multi: Any, single: Any, __: Any) -> Any:
        return visitors.replacement_traverse(statement, {}, free), multi, single

    event.listen(engine, "before_execute", rewritten, retval=True)
    try:
        yield
    finally:
        event.remove(engine, "before_execute", rewritten)
