"""What operators keep: views, snapshots, settings; over the routes, each person and portal for itself."""

from typing import Any

import pytest

from tests.support.acting import outcomes, own
from tests.support.frame import Frame
from tests.support.stand import Sandbox


@pytest.fixture
def colleague(operator: Frame) -> Frame:
    frame = Frame(operator.sandbox, user_id=31)
    assert frame.open().status == 200
    return frame


@pytest.fixture
def boss(operator: Frame) -> Frame:
    frame = Frame(operator.sandbox, user_id=1)
    assert frame.open().status == 200
    return frame


@pytest.fixture
def stranger(neighbour: Sandbox, operator: Frame) -> Frame:
    """The administrator of another portal."""
    frame = Frame(neighbour, user_id=1)
    assert frame.install().status == 200
    assert frame.open().status == 200
    return frame


def create(frame: Frame, name: str = "Late", **more: object) -> Any:
    reply = frame.request("POST", "/api/views", {"name": name, "filter": {"unread": True}, **more})
    assert reply.status == 200, reply.text
    return reply.json()


def refusal(frame: Frame, method: str, path: str, body: object = None) -> tuple[int, str]:
    reply = frame.request(method, path, body)
    return reply.status, reply.json()["error"]


def test_views_of_ones_own_and_of_all(operator: Frame, colleague: Frame, stranger: Frame) -> None:
    mine, ours = create(operator), create(operator, "Ours", shared=True)
    expected = {"id": mine["id"], "name": "Late", "shared": False, "mine": True, "filter": {"unread": True}}
    assert mine == expected
    assert operator.get("/api/views").json() == {"views": [mine, ours]}
    assert colleague.get("/api/views").json() == {"views": [{**ours, "mine": False}]}
    assert stranger.get("/api/views").json() == {"views": []}
    assert operator.open().boot["views"] == [mine, ours]
    body = {"name": "New", "filter": {"sort": "line"}, "shared": True}
    assert refusal(colleague, "PUT", f"/api/views/{ours['id']}", body) == (403, "forbidden")
    assert refusal(colleague, "PUT", f"/api/views/{mine['id']}", body) == (404, "not_found")
    assert refusal(stranger, "DELETE", f"/api/views/{ours['id']}") == (404, "not_found")
    assert operator.request("PUT", f"/api/views/{mine['id']}", body).json()["filter"] == {"sort": "line"}
    assert operator.request("DELETE", f"/api/views/{ours['id']}").status == 204
    assert [view["name"] for view in operator.get("/api/views").json()["views"]] == ["New"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "a"},
        {"name": "a", "filter": {"pinned": 1}},
        {"name": "a", "filter": {"owner": 5}},
        {"name": "x" * 61, "filter": {}},
        {"name": "a", "filter": {}, "mine": True},
    ],
)
def test_a_view_that_makes_no_sense_is_refused(operator: Frame, body: dict[str, object]) -> None:
    assert refusal(operator, "POST", "/api/views", body) == (422, "invalid_request")
    assert operator.get("/api/views").json() == {"views": []}


def test_a_snapshot_is_put_back_by_a_run_and_an_order(operator: Frame) -> None:
    first, second, third = own(operator, pinned=False)[:3]
    operator.act("pin", first, second)
    operator.request("PUT", "/api/top", {"chat_ids": [third, first]})
    made = operator.request("POST", "/api/snapshots", {"name": "Friday"}).json()
    assert (made["name"], made["top"]) == ("Friday", 2)
    assert operator.get("/api/snapshots").json() == {"snapshots": [made]}
    operator.act("unpin", first, second)
    operator.request("PUT", "/api/top", {"chat_ids": []})
    restoring = operator.get(f"/api/snapshots/{made['id']}").json()
    assert set(restoring["pin"]) == {first, second}
    assert restoring["top"] == [third, first]
    assert restoring["missing"] == []
    answer = operator.act("pin", *restoring["pin"]).json()
    assert set(outcomes(answer).values()) == {("done", None)}
    operator.request("PUT", "/api/top", {"chat_ids": restoring["top"]})
    assert operator.get(f"/api/snapshots/{made['id']}").json()["pin"] == []
    assert operator.request("DELETE", f"/api/snapshots/{made['id']}").status == 204
    assert refusal(operator, "GET", f"/api/snapshots/{made['id']}") == (404, "not_found")


def test_settings_of_the_person_and_of_the_portal(operator: Frame, boss: Frame, stranger: Frame) -> None:
    change = {"defaults": {"theme": "dark"}, "retention_days": 30, "auto_silent_off": 60}
    assert refusal(operator, "PUT", "/api/settings/portal", change) == (403, "forbidden")
    assert boss.request("PUT", "/api/settings/portal", change).status == 200
    found = operator.get("/api/settings").json()
    assert found["portal"] == change
    assert (found["operator"], found["may_edit_portal"]) == ({}, False)
    assert operator.request("PUT", "/api/preferences", {"density": "compact"}).status == 204
    boot = operator.open().boot
    assert boot["settings"]["operator"] == {"density": "compact"}
    held = {name: boot["preferences"][name] for name in ("theme", "density", "auto_silent_off", "shortcuts")}
    assert held == {"theme": "dark", "density": "compact", "auto_silent_off": 60, "shortcuts": "on"}
    assert boss.open().boot["settings"]["may_edit_portal"] is True
    assert stranger.get("/api/settings").json()["portal"]["retention_days"] == 90


@pytest.mark.parametrize(
    "body", [{"retention_days": 6}, {"auto_silent_off": 7}, {"defaults": {"panel": 1}}, {"owner": 1}]
)
def test_the_portals_settings_have_bounds(boss: Frame, body: dict[str, object]) -> None:
    assert refusal(boss, "PUT", "/api/settings/portal", body) == (422, "invalid_request")
    assert boss.get("/api/settings").json()["portal"]["retention_days"] == 90


def test_a_preference_takes_only_its_own_values(operator: Frame) -> None:
    for body in ({"theme": "blue"}, {"shortcuts": True}, {"deep": {"a": 1}}, {"Bad key": 1}):
        assert refusal(operator, "PUT", "/api/preferences", body) == (422, "invalid_request")
    assert operator.get("/api/preferences").json() == {}
    assert operator.request("PUT", "/api/preferences", {"theme": "light", "panel": False}).status == 204
    assert operator.request("PUT", "/api/preferences", {"theme": None}).status == 204
    assert operator.get("/api/preferences").json() == {"panel": False}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/views", b'{"name": "half \\ud800", "filter": {}}'),
        ("/api/views", b'{"name": "a", "filter": {"query": "nul \\u0000"}}'),
        ("/api/snapshots", b'{"name": "\\udfff"}'),
        ("/api/runs", b'{"action": "pin", "chat_ids": [NaN]}'),
    ],
)
def test_text_that_no_database_keeps_is_refused(operator: Frame, path: str, body: bytes) -> None:
    reply = operator.raw(path, body)
    assert (reply.status, reply.json()["error"]) == (422, "invalid_request")
    assert operator.raw(path, b'{"name": "\\ud83d\\ude00", "filter": {}}').status == (
        200 if path == "/api/views" else 422
    )


@pytest.mark.parametrize(
    "path", ["/api/journal?q=%00", "/api/journal?before=fifteen-letters%00", "/api/runs/%00"]
)
def test_no_address_carries_a_nul(operator: Frame, path: str) -> None:
    assert refusal(operator, "GET", path) == (422, "invalid_request")
    assert operator.get(path.replace("%00", "x")).status in (200, 404)


def test_a_chosen_language_is_spoken_by_answers_and_pages(operator: Frame) -> None:
    chat_id = own(operator, pinned=True)[0]
    english = operator.act("pin", chat_id).json()["results"][0]["message"]
    assert operator.request("PUT", "/api/preferences", {"language": "ru"}).status == 204
    assert operator.act("pin", chat_id).json()["results"][0]["message"] != english
    page = operator.open()
    assert page.boot["language"] == "ru"
    assert '<html lang="ru"' in page.text
    assert operator.act("pin", chat_id).json()["results"][0]["message"].startswith("Уже закреплено")
    operator.request("PUT", "/api/preferences", {"language": None})
    assert operator.open().boot["language"] == "en"


def test_a_language_without_words_is_answered_in_english(operator: Frame) -> None:
    frame = Frame(operator.sandbox, lang="sc")
    assert frame.open().boot["language"] == "en"
    chat_id = own(frame, pinned=True)[0]
    assert frame.act("pin", chat_id).json()["results"][0]["message"].startswith("Already pinned")


def test_a_page_goes_on_with_a_run_that_was_not_finished(operator: Frame) -> None:
    assert operator.open().boot["run"] is None
    chats = own(operator, pinned=False)[:3]
    run = operator.request("POST", "/api/runs", {"action": "pin", "chat_ids": chats}).json()["run"]
    operator.act("pin", chats[0], run=run)
    boot = operator.open().boot
    assert (boot["run"]["run"], boot["run"]["left"]) == (run, chats[1:])
    assert boot["version"]
    assert operator.request("DELETE", f"/api/runs/{run}").status == 204
    assert operator.open().boot["run"] is None
    assert refusal(operator, "DELETE", "/api/runs/unknown") == (404, "not_found")
