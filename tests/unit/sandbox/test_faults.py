"""Faults on order: each kind on the wire, and what was carried out in spite of it."""

import http.client
import json
import socket
import time

import pytest

PIN = "imopenlines.session.mode.pin"


def order(box, kind, **more):
    return box.control("faults", {"kind": kind, **more})


def raw(box, timeout=10.0):
    return http.client.HTTPConnection("localhost", int(box.origin.rpartition(":")[2]), timeout=timeout)


def post(line, token, method="profile"):
    body = json.dumps({"auth": token})
    line.request("POST", f"/rest/{method}", body, {"Content-Type": "application/json"})
    return line.getresponse()


@pytest.mark.parametrize(
    ("kind", "status", "sign"),
    [
        ("503", 503, "QUERY_LIMIT_EXCEEDED"),
        ("503html", 503, "nginx"),
        ("502", 502, "Bad Gateway"),
        ("500", 500, "INTERNAL_SERVER_ERROR"),
        ("html", 200, "<html"),
        ("empty", 200, ""),
        ("429", 429, "OPERATION_TIME_LIMIT"),
        ("expired", 401, "expired_token"),
    ],
)
def test_a_fault_strikes_as_often_as_ordered(box, kind, status, sign):
    order(box, kind, times=1)
    reply = box.rest("profile")
    assert reply.status == status
    assert sign in reply.text
    assert box.rest("profile").status == 200


def test_redirects_are_not_followed_by_the_portal(box):
    order(box, "302", times=1)
    line = raw(box)
    answer = post(line, box.token())
    assert (answer.status, answer.getheader("Location")) == (302, "https://renamed.example.com/rest/")
    line.close()


def test_a_method_is_found_inside_a_batch(box):
    order(box, "502", method="im.recent.get")
    assert box.rest("profile").status == 200
    assert box.rest("batch", {"cmd": {"list": "im.recent.get"}}).status == 502
    assert box.rest("batch", {"cmd": {"me": "profile"}}).status == 200
    box.control("faults", method="DELETE")
    assert box.rest("batch", {"cmd": {"list": "im.recent.get"}}).status == 200


def test_a_single_command_can_fail_inside_a_whole_batch(box):
    order(box, "error", method=PIN, code="", times=1)
    chat_id = box.chat_id("John Smith")
    made = box.batch({"pin": f"{PIN}?CHAT_ID={chat_id}", "list": "im.recent.get?ONLY_OPENLINES=Y"})
    assert made["result_error"]["pin"] == {"error": "", "error_description": ""}
    assert made["result"]["list"]
    order(box, "429", method=PIN, times=1)
    made = box.batch({"pin": f"{PIN}?CHAT_ID={chat_id}", "me": "profile"})
    assert made["result_error"]["pin"]["error"] == "OPERATION_TIME_LIMIT"


def pinned(box, name):
    return box.row(name)["chat"]["entity_data_1"].split("|")[3] == "Y"


@pytest.mark.parametrize("after", [False, True])
def test_a_lost_answer_may_have_been_carried_out(box, after):
    order(box, "502", method=PIN, times=1, after=after)
    assert box.rest(PIN, {"CHAT_ID": box.chat_id("John Smith")}).status == 502
    assert pinned(box, "John Smith") is after


def test_a_reset_connection_is_reset(box):
    token = box.token()
    order(box, "reset", times=1)
    line = raw(box)
    with pytest.raises(ConnectionError):
        post(line, token)
    line.close()
    assert box.rest("profile", token=token).status == 200


def test_a_truncated_answer_ends_early(box):
    token = box.token()
    order(box, "truncated", times=1)
    line = raw(box)
    answer = post(line, token)
    with pytest.raises(http.client.IncompleteRead):
        answer.read()
    line.close()


def test_a_dripping_answer_comes_byte_by_byte(box):
    token = box.token()
    order(box, "drip", seconds=5, times=1)
    line = raw(box, timeout=1.5)
    answer = post(line, token)
    assert answer.read(1) == b"{"
    with pytest.raises(TimeoutError):
        answer.read()
    line.close()


def test_a_hanging_portal_says_nothing_and_then_hangs_up(box):
    token = box.token()
    order(box, "hang", seconds=1.5, times=1)
    line = raw(box, timeout=1.0)
    with pytest.raises((TimeoutError, socket.timeout)):
        post(line, token)
    line.close()
    assert box.rest("profile", token=token).status == 200


def test_a_slow_portal_answers_late(box):
    order(box, "slow", seconds=1.0, times=1)
    started = time.monotonic()
    assert box.rest("profile").status == 200
    assert time.monotonic() - started >= 1.0


def test_the_authorization_server_has_faults_of_its_own(box):
    order(box, "503", target="oauth", method="app.info", times=1)
    token = box.token()
    url = f"{box.oauth}/rest/app.info"
    assert box.rest("profile", token=token).status == 200
    assert box.send(url, {"auth": token}).status == 503
    assert box.send(url, {"auth": token}).status == 200


@pytest.mark.parametrize("kind", ["error", "refuse"])
def test_the_authorization_server_refuses_with_any_code(box, kind):
    """Page settings/oauth/error-codes: `wrong_client` may come with the status 200."""
    fields = box.fields()
    token = {"client_id": "local.sandbox.00000001", "client_secret": "sandbox-secret"}
    token |= {"grant_type": "refresh_token", "refresh_token": fields["REFRESH_ID"]}
    for address, form in (("rest/app.info", {"auth": fields["AUTH_ID"]}), ("oauth/token/", token)):
        order(box, kind, target="oauth", code="wrong_client", status=200, times=1)
        refused = box.send(f"{box.oauth}/{address}", form=form)
        assert (refused.status, refused.json) == (200, {"error": "wrong_client"})
        answer = box.send(f"{box.oauth}/{address}", form=form)
        assert answer.status == 200
        assert "error" not in answer.json


def test_a_refused_grant_may_have_used_the_token_up(box):
    form = {"client_id": "local.sandbox.00000001", "client_secret": "sandbox-secret"}
    form |= {"grant_type": "refresh_token", "refresh_token": box.fields()["REFRESH_ID"]}
    order(box, "error", target="oauth", code="invalid_request", times=1, after=True)
    assert box.send(f"{box.oauth}/oauth/token/", form=form).error == (400, "invalid_request")
    assert box.send(f"{box.oauth}/oauth/token/", form=form).error == (400, "invalid_grant")


@pytest.mark.parametrize("kind", ["429", "lock_busy"])
def test_a_fault_that_cannot_strike_is_refused(box, kind):
    url = f"{box.origin}/_sandbox/faults"
    assert box.send(url, {"kind": kind, "target": "oauth"}).status == 422
    assert box.send(url, {"kind": kind, "target": "portal"}).status == 200


def test_an_access_token_expires_at_app_info_alone(box):
    url = f"{box.origin}/_sandbox/faults"
    assert box.send(url, {"kind": "expired", "target": "oauth", "method": "oauth/token"}).status == 422
    assert box.send(url, {"kind": "expired", "target": "oauth", "method": "app.info"}).status == 200
    assert box.send(f"{box.oauth}/rest/app.info", {"auth": box.token()}).error == (401, "expired_token")


@pytest.mark.parametrize(("kind", "status"), [("502", 502), ("error", 400), ("expired", 401)])
def test_faults_of_the_authorization_server_can_be_one_persons(box, kind, status):
    order(box, kind, target="oauth", user_id=31)
    url = f"{box.oauth}/rest/app.info"
    assert box.send(url, {"auth": box.token(27)}).status == 200
    assert box.send(url, {"auth": box.token(31)}).status == status


def test_one_order_can_be_taken_back(box):
    first, second = order(box, "502")["number"], order(box, "503")["number"]
    box.control(f"faults?number={first}", method="DELETE")
    assert [fault["number"] for fault in box.control("faults")] == [second]
    box.control("faults", method="DELETE")
    assert box.control("faults") == []


def test_faults_can_be_one_persons(box):
    order(box, "502", user_id=31)
    assert box.rest("profile", user=27).status == 200
    assert box.rest("profile", user=31).status == 502


def test_a_whole_request_can_be_refused_with_any_code(box):
    order(box, "refuse", code="OVERLOAD_LIMIT", status=401, times=1)
    assert box.rest("batch", {"cmd": {"me": "profile"}}).error == (401, "OVERLOAD_LIMIT")
    assert box.rest("batch", {"cmd": {"me": "profile"}}).status == 200


def test_unknown_orders_are_refused(box):
    assert box.send(f"{box.origin}/_sandbox/faults", {"kind": "gremlin"}).status == 422
    assert box.send(f"{box.origin}/_sandbox/switches", {"colour": "red"}).status == 422
    assert box.send(f"{box.origin}/_sandbox/act", {"what": "dance"}).status == 422
    assert box.send(f"{box.origin}/_sandbox/reset", {"seed": "chaos"}).status == 422
