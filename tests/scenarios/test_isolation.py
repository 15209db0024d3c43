"""Operators and portals see nothing of each other, whatever they send."""

from tests.support.acting import own, pinned
from tests.support.frame import Frame
from tests.support.stand import Sandbox


def opened(sandbox: Sandbox, user_id: int) -> Frame:
    """A frame in this portal, installed there first."""
    Frame(sandbox, user_id=1).install()
    frame = Frame(sandbox, user_id=user_id)
    assert frame.open().token
    return frame


def test_two_portals_with_the_same_ids_do_not_meet(portal: Sandbox, neighbour: Sandbox) -> None:
    one, two = opened(portal, 27), opened(neighbour, 27)
    assert one.fields["member_id"] != two.fields["member_id"]
    chat_id = own(one, pinned=False)[0]
    undo = one.act("pin", chat_id).json()["undo"]["id"]
    assert chat_id in pinned(one.sandbox)
    assert chat_id not in pinned(two.sandbox)
    assert two.get("/api/journal").json()["entries"] == []
    assert two.undo(undo).status == 409
    assert two.dialogs()[chat_id]["pinned"] is False
    assert len(one.get("/api/journal").json()["entries"]) == 1


def test_two_operators_of_one_portal_have_their_own_desks(operator: Frame) -> None:
    other = Frame(operator.sandbox, user_id=1)
    assert other.open().token
    chat_id = own(operator)[0]
    entry = operator.act("top", chat_id).json()
    run = operator.request("POST", "/api/runs", {"action": "pin", "chat_ids": [chat_id]}).json()["run"]
    assert other.undo(entry["undo"]["id"]).status == 409
    assert other.get(f"/api/runs/{run}").status == 404
    assert other.get("/api/journal").json()["entries"] == []
    assert all(not dialog["top"] for dialog in other.dialogs().values())
    assert operator.dialogs()[chat_id]["top"], "the owner still has it"


def test_preferences_are_personal(operator: Frame) -> None:
    other = Frame(operator.sandbox, user_id=1)
    other.open()
    assert operator.request("PUT", "/api/preferences", {"theme": "dark"}).status in {200, 204}
    assert operator.open().boot["preferences"]["theme"] == "dark"
    assert other.open().boot["preferences"].get("theme") != "dark"


def test_refreshed_tokens_of_somebody_else_do_not_renew_a_session(operator: Frame) -> None:
    _, foreign = operator.sandbox.opening(user_id=1)
    assert operator.renew(foreign).status in {401, 403}
    _, own_fields = operator.sandbox.opening(user_id=27)
    assert operator.renew(own_fields).status == 204


def test_an_operator_without_lines_sees_an_empty_desk_or_a_reason(admin: Frame) -> None:
    people = [person["id"] for person in admin.sandbox.control("GET", "users") if not person["admin"]]
    nobody = next(user_id for user_id in people if not admin.sandbox.truth(user_id))
    frame = Frame(admin.sandbox, user_id=nobody)
    reply = frame.open()
    assert reply.status == 200
    assert reply.boot["error"] or reply.boot["listing"]["dialogs"] == []
