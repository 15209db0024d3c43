"""What would leave to Sentry: places in the code and the request's id, and nothing that a request held."""

import json

from app.bitrix24.trace import request_id
from app.web.crashes import bare, nothing

SECRET = "canary-4e1f"
EVENT = {
    "event_id": "9" * 32,
    "timestamp": "2026-11-20T12:00:00Z",
    "level": "error",
    "platform": "python",
    "logger": "pinline",
    "transaction": "opening.app",
    "server_name": SECRET,
    "logentry": {"message": f"failed for {SECRET}", "params": [SECRET]},
    "request": {
        "url": f"https://pinline.example/app?code={SECRET}",
        "query_string": f"code={SECRET}&state={SECRET}",
        "headers": {"X-B24-Session": SECRET, "Referer": SECRET},
        "data": {"AUTH_ID": SECRET},
        "cookies": {"pinline": SECRET},
        "env": {"REMOTE_ADDR": SECRET},
    },
    "breadcrumbs": {"values": [{"message": SECRET, "data": {"url": SECRET}}]},
    "contexts": {"trace": {"data": {"http.query": SECRET}}},
    "extra": {"sys.argv": [SECRET], "fields": {"auth": SECRET}},
    "user": {"ip_address": SECRET},
    "tags": {"member": SECRET},
    "modules": {"flask": "3.1.3"},
    "exception": {
        "values": [
            {
                "type": "ValueError",
                "module": "builtins",
                "value": f"bad token {SECRET}",
                "mechanism": {"type": "logging", "data": {"x": SECRET}},
                "stacktrace": {
                    "frames": [
                        {
                            "module": "app.web.opening",
                            "function": "_open",
                            "filename": "app/web/opening.py",
                            "lineno": 51,
                            "in_app": True,
                            "vars": {"params": SECRET},
                            "context_line": f"token = '{SECRET}'",
                            "pre_context": [SECRET],
                        }
                    ]
                },
            }
        ]
    },
}


def test_only_places_in_the_code_leave() -> None:
    assert json.dumps(EVENT).count(SECRET) == 23, "the event is full of what must stay"
    left = bare(EVENT)
    assert SECRET not in json.dumps(left)
    frame = left["exception"]["values"][0]["stacktrace"]["frames"][0]
    assert (frame["filename"], frame["lineno"], frame["function"]) == ("app/web/opening.py", 51, "_open")
    assert left["exception"]["values"][0]["type"] == "ValueError"
    assert left["transaction"] == "opening.app"


def test_what_the_package_may_think_of_later_stays_too() -> None:
    assert SECRET not in json.dumps(bare({**EVENT, "something_new": SECRET, "threads": {"values": [SECRET]}}))


def test_the_log_lines_can_be_found_by_the_requests_id() -> None:
    before = request_id.set("r-1")
    try:
        assert bare(EVENT)["tags"] == {"request_id": "r-1"}
    finally:
        request_id.reset(before)


def test_an_event_without_an_exception_is_no_error() -> None:
    assert bare({"level": "error"})["exception"] == {"values": []}
    assert bare({"exception": None})["exception"] == {"values": []}
    assert nothing({"message": SECRET}) is None
