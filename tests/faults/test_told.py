"""What an answer must not tell is found: raw codes, blank pages, lists that are not so."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
import urllib3

from tests.faults.told import check_list, check_words
from tests.support.frame import Frame, Reply

FACT = {"owner": 27, "pinned": False, "listed": True, "session_id": 5, "status": 25}
ROW = {"chat_id": 1, "mine": True, "pinned": False}


def answer(status: int, body: str, kind: str = "application/json") -> Reply:
    headers = {"Content-Type": kind}
    return Reply(urllib3.HTTPResponse(body.encode(), headers=headers, status=status, preload_content=True))


@pytest.mark.parametrize("words", ["portal_error", "The portal said portal_error.", "KeyError: in a row"])
def test_raw_codes_are_no_sentence(words: str) -> None:
    check_words(answer(503, '{"message": "Nothing was changed."}'))
    with pytest.raises(AssertionError):
        check_words(answer(503, json.dumps({"message": words})))
    with pytest.raises(AssertionError):
        check_words(answer(200, json.dumps({"notices": [{"message": words}]})))


def test_a_page_of_marks_alone_is_blank() -> None:
    check_words(answer(503, "<h1>Pinline stumbled</h1><p>Nothing was changed.", "text/html"))
    with pytest.raises(AssertionError, match="blank"):
        check_words(answer(200, "<p class='a long one'></p>" * 20 + "<style>a b c d</style>", "text/html"))


@pytest.mark.parametrize(
    "rows", [[], [{**ROW, "pinned": True}], [{**ROW, "mine": False}], [ROW, {**ROW, "chat_id": 2}]]
)
def test_a_list_that_is_not_so_is_found_unless_it_says_that_it_is_old(rows: list[dict[str, Any]]) -> None:
    sandbox = SimpleNamespace(truth=lambda _user: {1: FACT})
    frame = cast(Frame, SimpleNamespace(sandbox=sandbox, user_id=27))
    check_list(frame, {"stale": False, "dialogs": [ROW], "notices": []})
    check_list(frame, {"stale": True, "dialogs": rows, "notices": [{"code": "portal_timeout"}]})
    with pytest.raises(AssertionError):
        check_list(frame, {"stale": False, "dialogs": rows, "notices": []})
    with pytest.raises(AssertionError):
        check_list(frame, {"stale": True, "dialogs": rows, "notices": []})
