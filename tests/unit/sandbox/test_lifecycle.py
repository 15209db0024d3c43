"""Opening, installing, events, placements, updating and removing the app."""

import json
import time
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from sandbox import running
from tests.support.serving import Says, serving


class Receiver(Says):
    """Takes events and answers 200."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.events.append(
            (self.headers["Content-Type"], dict(parse_qsl(body, keep_blank_values=True)))
        )
        self.say(200, "text/plain", b"")


@pytest.fixture
def receiver():
    with serving(Receiver) as server:
        server.events = []
        server.url = f"http://127.0.0.1:{server.server_port}/events"
        yield server


def wait_for(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


def bind(box, receiver, *events):
    for event in events:
        box.rest("event.bind", {"event": event, "handler": receiver.url}, user=1)


def test_an_opening_splits_query_and_body(box):
    form = box.control("open?user_id=31&lang=de")
    parts = urlsplit(form["action"])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert parts.path == "/app"
    assert query == {
        "DOMAIN": box.origin.partition("://")[2],
        "PROTOCOL": "0",
        "LANG": "de",
        "APP_SID": form["sid"],
    }
    fields = form["fields"]
    assert {"AUTH_ID", "REFRESH_ID", "AUTH_EXPIRES", "member_id", "status", "PLACEMENT"} <= set(fields)
    assert "REFRESH_TOKEN" not in fields
    assert "PLACEMENT_OPTIONS" not in fields
    assert fields["SERVER_ENDPOINT"] == f"{box.oauth}/rest/"
    assert box.rest("profile", token=fields["AUTH_ID"]).result["ID"] == "31"


def test_old_portals_and_odd_options_can_be_had(box):
    box.control("switches", {"open_shape": "old"})
    assert "SERVER_ENDPOINT" not in box.fields()
    assert "APPLICATION_TOKEN" not in box.fields()
    box.control("switches", {"placement_options": "undefined"})
    assert box.fields()["PLACEMENT_OPTIONS"] == "undefined"


def test_an_opening_may_come_without_tokens(box):
    """Page settings/oauth/simple-way; assumed: a portal that gets no tokens opens the app without them."""
    box.control("switches", {"open_shape": "no_tokens"})
    assert not {"AUTH_ID", "AUTH_EXPIRES", "REFRESH_ID"} & set(box.fields())
    assert {"member_id", "PLACEMENT"} <= set(box.fields())


def test_a_frame_of_a_portal_that_has_not_paid_gets_no_answer_to_refresh_auth(box):
    """Page sdk/bx24-js-sdk: refreshAuth that fails is not answered."""
    ask = {"command": "refreshAuth"}
    assert "AUTH_ID" in box.send(f"{box.origin}/_portal/frame", ask).json["reply"]
    box.control("switches", {"payment": False})
    assert box.send(f"{box.origin}/_portal/frame", ask).json == {}


def test_the_installer_is_for_administrators_until_it_is_finished(box):
    box.control("reset", {"installed": False})
    assert urlsplit(box.control("open?user_id=1")["action"]).path == "/install"
    assert urlsplit(box.control("open?user_id=27")["action"]).path == "/app"
    assert urlsplit(box.control("open?user_id=27&page=install")["action"]).path == "/install"
    box.control("install", {})
    assert urlsplit(box.control("open?user_id=1")["action"]).path == "/app"


def test_finishing_the_installation_fires_the_event_form_encoded(box, receiver):
    box.reset(installed=False)
    token = box.fields(1)["AUTH_ID"]
    box.rest("event.bind", {"event": "onAppInstall", "handler": receiver.url}, token=token)
    assert receiver.events == []
    box.control("install", {})
    wait_for(lambda: receiver.events)
    kind, event = receiver.events[0]
    assert kind == "application/x-www-form-urlencoded"
    assert (event["event"], event["data[ACTIVE]"], event["data[INSTALLED]"]) == ("ONAPPINSTALL", "Y", "Y")
    assert event["auth[application_token]"] == box.fields()["APPLICATION_TOKEN"]
    assert {"auth[access_token]", "auth[refresh_token]", "auth[client_endpoint]"} <= set(event)
    assert box.rest("profile", token=event["auth[access_token]"]).result["ID"] == "1"
    wait_for(lambda: box.control("app")["deliveries"])
    assert box.control("app")["deliveries"][0]["status"] == 200


def test_removal_is_told_without_tokens_and_ends_everything(box, receiver):
    bind(box, receiver, "ONAPPUNINSTALL")
    token = box.token(1)
    box.control("uninstall", {"clean": 1})
    wait_for(lambda: receiver.events)
    event = receiver.events[0][1]
    assert (event["event"], event["data[CLEAN]"]) == ("ONAPPUNINSTALL", "1")
    assert {name for name in event if name.startswith("auth[")} == {
        "auth[domain]",
        "auth[member_id]",
        "auth[application_token]",
    }
    row = box.control("app")
    assert (row["added"], row["handlers"], row["placements"]) == (False, [], [])
    assert box.rest("profile", token=token).error == (401, "APPLICATION_NOT_FOUND")


@pytest.mark.parametrize(("status", "kept"), [("L", False), ("F", True), ("S", True)])
def test_a_local_app_that_is_added_again_has_another_application_token(box, receiver, status, kept):
    """Page events/safe-event-handlers: the token belongs to the row that the portal keeps of the app."""
    box.control("switches", {"status": status})
    bind(box, receiver, "ONAPPUNINSTALL")
    before = box.fields()["APPLICATION_TOKEN"]
    assert box.fields()["APPLICATION_TOKEN"] == before
    box.control("uninstall", {"clean": 0})
    wait_for(lambda: receiver.events)
    assert receiver.events[0][1]["auth[application_token]"] == before
    assert (box.fields()["APPLICATION_TOKEN"] == before) is kept


def test_the_application_token_can_be_changed(box, receiver):
    bind(box, receiver, "ONAPPUNINSTALL")
    before = box.fields()["APPLICATION_TOKEN"]
    box.control("act", {"what": "rotate_application_token"})
    after = box.control("app")["application_token"]
    assert before != after == box.fields()["APPLICATION_TOKEN"]
    box.control("uninstall", {})
    wait_for(lambda: receiver.events)
    assert receiver.events[0][1]["auth[application_token]"] == after


def test_a_new_version_brings_the_installer_back(box, receiver):
    bind(box, receiver, "ONAPPUPDATE")
    box.control("switches", {"update_event": "docs"})
    assert box.control("act", {"what": "bump_version"})["version"] == 2
    wait_for(lambda: receiver.events)
    assert receiver.events[0][1]["data[PREVIOUS_VERSION]"] == "1"
    assert urlsplit(box.control("open?user_id=1")["action"]).path == "/install"
    assert len(box.control("app")["handlers"]) == 1


def test_a_new_version_tells_nobody_unless_switched_so(box, receiver):
    """Page events/on-app-update; the portal's code raises it nowhere."""
    bind(box, receiver, "ONAPPUPDATE", "ONAPPUNINSTALL")
    box.control("act", {"what": "bump_version"})
    box.control("install", {})
    box.control("uninstall", {})
    wait_for(lambda: receiver.events)
    assert [event["event"] for _, event in receiver.events] == ["ONAPPUNINSTALL"]


@pytest.mark.parametrize(("kind", "left"), [("keep", 1), ("drop", 0)])
def test_a_new_version_may_lose_what_was_bound(box, receiver, kind, left):
    """Page events/event-bind says that an update drops handlers; the portal's code shows no such thing."""
    bind(box, receiver, "ONAPPUNINSTALL")
    place = {"PLACEMENT": "IM_SIDEBAR", "HANDLER": receiver.url, "OPTIONS": {"iconName": "fa-pin"}}
    assert box.rest("placement.bind", place, user=1).result is True
    box.control("switches", {"update_bindings": kind})
    box.control("act", {"what": "bump_version"})
    row = box.control("app")
    assert (len(row["handlers"]), len(row["placements"])) == (left, left)


def test_events_can_be_dropped_or_doubled(box, receiver):
    bind(box, receiver, "ONAPPINSTALL")
    box.control("switches", {"events": "drop"})
    box.control("install", {})
    box.control("switches", {"events": "duplicate"})
    box.control("install", {})
    wait_for(lambda: len(receiver.events) == 2)


@pytest.mark.parametrize(
    ("shape", "start", "chat"),
    [("source", "data[DATA]", "[chat][chat_id]"), ("docs", "data[DATA][0]", "[chat][id]")],
)
def test_dialogs_tell_of_themselves_in_two_shapes(box, receiver, shape, start, chat):
    bind(box, receiver, "ONSESSIONSTART", "ONOPENLINEMESSAGEADD")
    box.control("switches", {"line_events": shape})
    chat_id = box.control("act", {"what": "queue_dialog", "text": "Anybody?"})["chat_id"]
    wait_for(lambda: len(receiver.events) == 2)
    events = {event["event"]: event for _, event in receiver.events}
    assert events["ONSESSIONSTART"][f"{start}{chat}"] == str(chat_id)
    assert (f"{start}[session][id]" in events["ONSESSIONSTART"]) is (shape == "docs")
    message = events["ONOPENLINEMESSAGEADD"]
    assert message[f"{start}[message][text]"] == "Anybody?"
    assert message[f"{start}[chat][id]"] != str(chat_id)
    assert "auth[access_token]" not in message


@pytest.mark.parametrize(("shape", "told"), [("source", False), ("docs", True)])
def test_events_of_nobody_name_the_endpoints_in_the_documents_only(box, receiver, shape, told):
    """Page events/index: a client's message comes of no user of the portal."""
    bind(box, receiver, "ONOPENLINEMESSAGEADD")
    box.control("switches", {"event_auth": shape})
    box.control("act", {"what": "client_message", "chat_id": box.chat_id("John Smith")})
    wait_for(lambda: receiver.events)
    assert ("auth[client_endpoint]" in receiver.events[0][1]) is told


def test_an_operators_message_comes_with_the_operators_tokens_and_without_a_refresh_token(box, receiver):
    """Page events/index: tokens are those of the user whose action it was."""
    bind(box, receiver, "ONOPENLINEMESSAGEADD")
    box.control("act", {"what": "operator_message", "chat_id": box.chat_id("John Smith"), "user_id": 31})
    wait_for(lambda: receiver.events)
    event = receiver.events[0][1]
    assert event["auth[user_id]"] == "31"
    assert box.rest("profile", token=event["auth[access_token]"]).result["ID"] == "31"
    assert "auth[refresh_token]" not in event


def test_a_portal_that_has_not_paid_sends_no_events(box, receiver):
    """Page events/index."""
    bind(box, receiver, "ONOPENLINEMESSAGEADD")
    chat_id = box.chat_id("John Smith")
    box.control("switches", {"payment": False})
    box.control("act", {"what": "client_message", "chat_id": chat_id, "text": "lost"})
    box.control("switches", {"payment": True})
    box.control("act", {"what": "client_message", "chat_id": chat_id, "text": "sent"})
    wait_for(lambda: receiver.events)
    assert [event["data[DATA][message][text]"] for _, event in receiver.events] == ["sent"]


def test_binding_events_knows_duplicates_and_wrong_handlers(box, receiver):
    given = {"event": "ONAPPUNINSTALL", "handler": receiver.url}
    assert box.rest("event.bind", given, user=1).result is True
    assert box.rest("event.bind", given, user=1).error == (400, "ERROR_CORE")
    assert box.rest("event.bind", {**given, "event": "NOSUCH"}, user=1).error == (
        400,
        "ERROR_EVENT_NOT_FOUND",
    )
    wrong = {**given, "handler": "http://localhost:8000/events"}
    assert box.rest("event.bind", wrong, user=1).error == (400, "ERROR_WRONG_HANDLER_URL")
    rows = box.rest("event.get", user=1).result
    assert rows == [{"event": "ONAPPUNINSTALL", "handler": receiver.url, "auth_type": "0", "offline": 0}]
    assert box.rest("event.unbind", {}, user=1).error == (400, "ERROR_ARGUMENT")
    assert box.rest("event.unbind", given, user=1).result == {"count": 1}
    assert box.rest("event.get", user=1).result == []


def test_placements_want_an_administrator_and_an_icon(box):
    url = "http://127.0.0.1:8000/app"
    place = {"PLACEMENT": "IM_SIDEBAR", "HANDLER": url, "TITLE": "Pinline"}
    good = {**place, "OPTIONS": {"iconName": "fa-thumb-tack", "context": "LINES"}}
    assert box.rest("placement.bind", good).error == (403, "ACCESS_DENIED")
    assert box.rest("placement.bind", place, user=1).error == (200, "EMPTY_ERROR_ICON_NAME")
    wrong = {**good, "OPTIONS": {"iconName": "fa-x", "context": "NOWHERE"}}
    assert box.rest("placement.bind", wrong, user=1).error == (200, "INVALID_ERROR_CONTEXT")
    assert box.rest("placement.bind", good, user=1).result is True
    assert box.rest("placement.bind", good, user=1).error == (400, "ERROR_CORE")
    assert [row["placement"] for row in box.rest("placement.get", user=1).result] == ["IM_SIDEBAR"]
    options = {"dialogId": "chat1763"}
    form = box.control(f"open?placement=IM_SIDEBAR&options={json.dumps(options).replace(' ', '')}")
    assert json.loads(form["fields"]["PLACEMENT_OPTIONS"]) == {**options, "URI": "/online/"}
    assert form["action"].startswith(url)
    assert box.rest("placement.unbind", {"PLACEMENT": "IM_SIDEBAR"}, user=1).result == {"count": 2}
    assert box.rest("placement.get", user=1).result == []


def test_portals_do_not_know_each_others_tokens(box):
    with running.start(portal_ports=(0, 0)) as sandbox:
        one, two = sandbox.portals
        fields = box.send(f"{one.origin}/_sandbox/open?portal=2").json["fields"]
        assert fields["member_id"] == two.member_id != one.member_id
        given = {"auth": fields["AUTH_ID"]}
        assert box.send(f"{one.origin}/rest/profile", given).error == (401, "NO_AUTH_FOUND")
        assert box.send(f"{two.origin}/rest/profile", given).status == 200
        info = box.send(f"{sandbox.oauth_origin}/rest/app.info", given).result
        assert info["install"]["client_endpoint"] == f"{two.origin}/rest/"
        assert one.application_token != two.application_token


@pytest.mark.parametrize("keep", [True, False])
def test_new_dialogs_leave_the_app_its_places_where_wished(box, keep):
    portal = box.portal
    portal.app.added = portal.app.installed = portal.switches["life"] = True
    place = {"PLACEMENT": "IM_NAVIGATION", "HANDLER": "https://app.example.com/app"}
    place["OPTIONS"] = {"iconName": "fa-bars"}
    assert box.rest("placement.bind", place, user=1).result is True
    box.rest("event.bind", {"event": "ONAPPUPDATE", "handler": "https://app.example.com/events"}, user=1)
    before = portal.world
    box.reset("contact_centre", installed="keep" if keep else True)
    assert portal.world is not before
    assert portal.app.installed is True
    assert (len(portal.app.placements), len(portal.app.handlers)) == ((1, 1) if keep else (0, 0))
    assert portal.switches["life"] is keep
