"""REST as such: tokens, envelope, errors, batch, limits, CORS, keep-alive."""

import http.client
import json
from urllib.parse import urlencode

import pytest


def test_the_envelope_tells_time_and_operating(box):
    reply = box.rest("profile")
    assert reply.status == 200
    assert {"start", "finish", "duration", "operating", "operating_reset_at"} <= set(reply.json["time"])
    assert reply.result == box.rest("profile.json").result
    assert (reply.result["ID"], reply.result["ADMIN"]) == ("27", False)
    assert box.rest("user.admin", user=1).result is True


def test_a_token_is_taken_from_header_body_or_query(box):
    token, url = box.token(), f"{box.origin}/rest/server.time"
    assert box.send(url, form={"auth": token}).status == 200
    assert box.send(url, form={"access_token": token}).status == 200
    assert box.send(f"{url}?{urlencode({'auth': token})}").status == 200
    assert box.send(url, {}, headers={"Authorization": f"Bearer {token}"}).status == 200
    assert box.send(url, {}).error == (401, "NO_AUTH_FOUND")


def test_refusals_come_in_the_portals_order(box):
    token = box.token()
    assert box.rest("no.such.method", token="nonsense").error == (404, "ERROR_METHOD_NOT_FOUND")
    assert box.rest("profile", token="nonsense").error == (401, "NO_AUTH_FOUND")
    box.control("act", {"what": "expel", "user_id": 27})
    assert box.rest("profile", token=token).error == (401, "user_access_error")
    box.control("act", {"what": "dismiss", "user_id": 27})
    assert box.rest("profile", token=token).error == (401, "authorization_error")
    box.control("expire_tokens", {"user_id": 27})
    assert box.rest("profile", token=token).error == (401, "expired_token")
    box.control("uninstall", {"clean": 0})
    assert box.rest("profile", token=token).error == (401, "APPLICATION_NOT_FOUND")


def test_a_missing_scope_is_told_before_the_user_is_looked_at(box):
    """Page settings/oauth/error-codes: the plan, the application, the token, the scope, then the user."""
    token = box.token()
    box.control("switches", {"scope": "im"})
    box.control("act", {"what": "expel", "user_id": 27})
    assert box.rest("imopenlines.config.list.get", token=token).error == (401, "insufficient_scope")
    assert box.rest("im.recent.get", token=token).error == (401, "user_access_error")
    box.control("uninstall", {})
    box.control("switches", {"payment": False})
    assert box.rest("im.recent.get", token=token).error == (401, "ACCESS_DENIED")


def test_an_old_token_lacks_what_an_update_added(box):
    """Page settings/app-installation: a scope of a new version reaches tokens that are issued after it."""
    box.control("switches", {"scope": "im"})
    before = box.token()
    box.control("switches", {"scope": "im,imopenlines"})
    lines = "imopenlines.config.list.get"
    assert box.rest(lines, token=before).error == (401, "insufficient_scope")
    made = box.rest("batch", {"cmd": {"lines": lines, "scope": "scope"}}, token=before).result
    assert made["result_error"]["lines"]["error"] == "insufficient_scope"
    assert made["result"]["scope"] == ["im"]
    assert box.rest(lines).status == 200


def test_lists_tell_total_and_next_beside_the_result(box):
    """Page settings/how-to-call-rest-api/list-methods-pecularities."""
    reply = box.rest("user.get").json
    assert (reply["total"], "next" in reply) == (len(reply["result"]), False)
    assert "total" not in box.rest("profile").json
    made = box.batch({"people": "user.get", "recent": "im.recent.list?OFFSET=3&LIMIT=2"})
    assert made["result_total"] == {"people": len(made["result"]["people"]), "recent": -1}
    assert made["result_next"] == {"recent": 3 + len(made["result"]["recent"]["items"])}


def test_a_missing_scope_is_401_or_by_the_documents_403(box):
    box.control("switches", {"scope": "im"})
    assert box.rest("imopenlines.config.list.get").error == (401, "insufficient_scope")
    box.control("switches", {"auth_status": "docs"})
    assert box.rest("imopenlines.config.list.get").error == (403, "insufficient_scope")
    assert box.rest("user.get").error == (403, "insufficient_scope")
    assert box.rest("method.get", {"name": "imopenlines.config.list.get"}).result == {
        "isExisting": True,
        "isAvailable": False,
    }


def test_a_batch_answers_200_with_maps_that_change_their_kind(box):
    named = box.batch({"me": "profile", "no": "no.such", "all": "batch?cmd[]=profile"})
    assert named["result"]["me"]["ID"] == "27"
    assert named["result_error"]["no"]["error"] == "ERROR_METHOD_NOT_FOUND"
    assert named["result_error"]["all"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"
    assert named["result_total"] == []
    numbered = box.batch(["profile", "server.time"])
    assert [type(numbered[name]) for name in ("result", "result_error", "result_time")] == [list, list, list]
    holey = box.batch(["profile", "no.such", "server.time"])
    assert sorted(holey["result"]) == ["0", "2"]
    assert box.batch({})["result"] == []


def test_a_batch_halts_if_told_and_stops_at_fifty(box):
    halted = box.batch({"a": "no.such", "b": "profile"}, halt=1)
    assert (halted["result"], list(halted["result_error"])) == ([], ["a"])
    long = box.batch({f"c{number}": "server.time" for number in range(52)})
    assert len(long["result"]) == 50
    assert {error["error"] for error in long["result_error"].values()} == {"ERROR_BATCH_LENGTH_EXCEEDED"}
    assert box.batch({"a": ["profile", {}], "b": "profile"})["result_error"] == []


def test_a_text_in_place_of_commands_is_no_commands(box):
    assert box.batch("profile")["result"] == box.batch("profile")["result_error"] == []
    assert box.batch(["profile"])["result"][0]["ID"] == "27"
    assert [row["commands"] for row in box.control("requests")][-2:] == [[], ["profile"]]


def test_a_batch_hands_results_on_and_runs_in_order(box):
    chat_id = box.chat_id("John Smith")
    made = box.batch(
        {
            "pin": f"imopenlines.session.mode.pin?CHAT_ID={chat_id}&ACTIVATE=Y",
            "list": "im.recent.get?ONLY_OPENLINES=Y",
            "last": "im.dialog.messages.get?DIALOG_ID=chat$result[list][0][chat_id]&LIMIT=1",
        }
    )
    row = next(row for row in made["result"]["list"] if row and row["chat_id"] == chat_id)
    assert row["chat"]["entity_data_1"].split("|")[3] == "Y"
    assert made["result"]["last"]["chat_id"] == made["result"]["list"][0]["chat_id"]


def test_a_batch_may_come_as_a_form_with_double_encoding(box):
    fields = {"auth": box.token(), "cmd[m]": "method.get?name=im.recent.get", "halt": "0"}
    assert box.send(f"{box.origin}/rest/batch", form=fields).result["result"]["m"]["isExisting"] is True


def test_the_bucket_leaks_and_says_503(box):
    token = box.token()
    box.control("switches", {"bucket_size": 3, "bucket_drain": 0.001})
    answers = [box.rest("server.time", token=token) for _ in range(6)]
    assert answers[0].status == 200
    assert answers[-1].error == (503, "QUERY_LIMIT_EXCEEDED")
    box.control("switches", {"limiter": False})
    assert box.rest("server.time", token=token).status == 200


def test_operating_time_blocks_one_method_only(box):
    box.control("switches", {"operating_charge": {"im.recent.get": 300}, "operating_limit": 500})
    assert box.rest("im.recent.get").json["time"]["operating"] == pytest.approx(300)
    box.rest("im.recent.get")
    assert box.rest("im.recent.get").error == (429, "OPERATION_TIME_LIMIT")
    made = box.batch({"list": "im.recent.get", "me": "profile"})
    assert made["result_error"]["list"]["error"] == "OPERATION_TIME_LIMIT"
    assert made["result"]["me"]["ID"] == "27"


def test_browsers_may_call_from_anywhere(box):
    reply = box.send(
        f"{box.origin}/rest/profile", method="OPTIONS", headers={"Origin": "https://app.example.com"}
    )
    assert (reply.status, reply.text) == (200, "")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "authorization" not in reply.headers["Access-Control-Allow-Headers"]
    assert box.rest("profile").headers["Access-Control-Allow-Origin"] == "*"


def test_json_is_escaped_as_php_does(box):
    assert "\\/" in box.rest("im.recent.get").text
    box.control("switches", {"json_escape": False})
    assert "\\/" not in box.rest("im.recent.get").text


def test_connections_stay_open_and_are_numbered(box):
    token = box.token()
    box.control("requests", method="DELETE")
    line = http.client.HTTPConnection("localhost", int(box.origin.rpartition(":")[2]))
    for _ in range(2):
        line.request(
            "POST", "/rest/profile", json.dumps({"auth": token}), {"Content-Type": "application/json"}
        )
        assert line.getresponse().read()
    line.close()
    box.rest("profile", token=token)
    seen = [
        (row["method"], row["user_id"], row["status"], row["connection"]) for row in box.control("requests")
    ]
    assert [row[:3] for row in seen] == [("profile", 27, 200)] * 3
    assert seen[0][3] == seen[1][3] != seen[2][3]


def test_requests_are_recorded_with_commands_and_without_tokens(box):
    token = box.token()
    box.control("requests", method="DELETE")
    box.rest("batch", {"cmd": {"a": "profile", "b": "im.recent.get?ONLY_OPENLINES=Y"}}, token=token)
    rows = box.control("requests")
    assert (rows[0]["host"], rows[0]["commands"]) == ("portal", ["profile", "im.recent.get"])
    assert token not in json.dumps(rows)
