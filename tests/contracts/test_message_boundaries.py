"""Where one request ends and the next begins is never a matter of opinion: doubtful messages are refused.

A proxy in front that reads a length differently would otherwise let a second request in unseen.
"""

import logging

import pytest

from app.web.logs import JsonLines
from tests.security.raw import send
from tests.support.frame import Frame
from tests.support.stand import RunningApp

HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
LAST = b"0\r\n\r\n"
DOUBTFUL = {
    "a length and chunks": b"Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n" + LAST,
    "chunks and a length": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + LAST,
    "two lengths": b"Content-Length: 0\r\nContent-Length: 60\r\n\r\n",
    "a list of lengths": b"Content-Length: 0, 60\r\n\r\n",
    "a signed length": b"Content-Length: +0\r\n\r\n",
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + LAST,
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n" + LAST,
    "a blank before the colon": b"Transfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n",
    "a tab before the coding": b"Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n\r\n" + LAST,
    "a folded line": b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n",
    "bare line feeds": b"Content-Length: 0\n\n",
}
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE = b"5\r\na=bcd\r\n" + LAST
BROKEN = {
    "no size": b"zz\r\na=bcd\r\n" + LAST,
    "an odd extension": b"5;=\r\na=bcd\r\n" + LAST,
    "no end of a chunk": b"5\r\na=bcdXX" + LAST,
    "an odd trailer": b"5\r\na=bcd\r\n0\r\nno header\r\n\r\n",
}
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def answers(app: RunningApp, head: bytes) -> tuple[int, bool]:
    """The first status, and whether the request that hides behind was answered as well."""
    wire = b"POST /events HTTP/1.1\r\nHost: x\r\n" + head + HIDDEN
    found = send(int(app.url.rpartition(":")[2]), wire)
    return found.status, found.content.endswith(b"\r\n\r\nok")


@pytest.mark.parametrize("doubt", DOUBTFUL)
def test_a_doubtful_message_is_refused_with_all_that_follows(shared_app: RunningApp, doubt: str) -> None:
    status, smuggled = answers(shared_app, DOUBTFUL[doubt])
    assert status in {400, 501}
    assert not smuggled


def test_what_follows_a_plain_message_is_answered(shared_app: RunningApp) -> None:
    assert answers(shared_app, b"Content-Length: 0\r\n\r\n") == (400, True), (
        "an event without fields, then ok"
    )


def chunks(app: RunningApp, path: str, head: bytes, body: bytes) -> tuple[int, bytes, list[str]]:
    """Status and content of the answer to a body in chunks, and the errors that were logged meanwhile."""
    before = len(app.log())
    wire = f"POST {path} HTTP/1.1\r\nHost: x\r\n".encode() + head + CHUNKED + body + HIDDEN
    found = send(int(app.url.rpartition(":")[2]), wire)
    return found.status, found.content, errors_in(app.log()[before:])


def errors_in(log: str) -> list[str]:
    """Lines that tell of a mistake of ours."""
    return [line for line in log.splitlines() if '"level":"ERROR"' in line]


@pytest.mark.parametrize("path", ["/events", "/app?DOMAIN=portal.example", "/install?DOMAIN=portal.example"])
@pytest.mark.parametrize("shape", BROKEN)
def test_a_broken_chunk_is_the_senders_mistake(shared_app: RunningApp, shape: str, path: str) -> None:
    status, content, errors = chunks(shared_app, path, FORM, BROKEN[shape])
    assert status in {400, 422}
    assert not content.endswith(b"\r\n\r\nok"), "what follows may be a part of it"
    assert errors == []


@pytest.mark.parametrize("shape", BROKEN)
def test_a_broken_chunk_of_the_page_is_told_as_the_contract_says(
    shared_app: RunningApp, operator: Frame, shape: str
) -> None:
    head = f"Content-Type: application/json\r\nX-B24-Session: {operator.token}\r\n".encode()
    status, content, errors = chunks(shared_app, "/api/actions/pin", head, BROKEN[shape])
    assert (status, errors) == (422, [])
    assert b'"error":"invalid_request","message":"' in content


def test_whole_chunks_are_read_and_what_follows_is_answered(shared_app: RunningApp) -> None:
    status, content, errors = chunks(shared_app, "/events", FORM, WHOLE)
    assert (status, errors) == (400, []), "an event without its fields"
    assert content.endswith(b"\r\n\r\nok")


def test_an_error_in_the_log_would_be_found() -> None:
    line = JsonLines().format(logging.LogRecord("pinline", logging.ERROR, __file__, 1, "failed", (), None))
    assert errors_in(f"another\n{line}\n") == [line]
