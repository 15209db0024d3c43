"""Opens and installs that are not what they say: no session, no data, no request to an unproved host."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.frame import Frame, Reply
from tests.support.stand import Sandbox


def refused(reply: Reply) -> None:
    """A page that says what happened, may be framed by anyone and holds nothing."""
    assert 400 <= reply.status < 500
    assert reply.token is None
    assert 'id="boot"' not in reply.text
    assert "Set-Cookie" not in reply.headers
    assert reply.policy.get("frame-ancestors", "*") == "*"
    assert "Pinline" in reply.text


@contextmanager
def listener() -> Iterator[tuple[int, list[object]]]:
    """A host of somebody else's: its port, and who has connected to it."""
    visitors: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ended = threading.Event()

        def accept() -> None:
            while not ended.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                visitors.append(address)
                connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1], visitors
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize("path", ["/app", "/install"])
@pytest.mark.parametrize(
    "change",
    [
        {"AUTH_ID": "0" * 70},
        {"AUTH_ID": ""},
        {"member_id": "f" * 32},
        {"member_id": ""},
        {"REFRESH_ID": "x" * 9000},
        {"AUTH_ID": "a\r\nX-Evil: 1"},
    ],
)
def test_a_changed_field_is_refused(admin: Frame, path: str, change: dict[str, str]) -> None:
    frame = Frame(admin.sandbox)
    address, fields = frame.prepare(path)
    refused(frame.post_form(address, fields | change))
    assert Frame(admin.sandbox).open().token, "the unchanged one is accepted"


@pytest.mark.parametrize(
    ("change", "status"),
    [({"REFRESH_ID": "x" * 9000}, 400), ({"member_id": ""}, 400), ({"AUTH_ID": "0"}, 403)],
)
def test_both_entries_answer_the_same_mistake_alike(
    admin: Frame, change: dict[str, str], status: int
) -> None:
    frame = Frame(admin.sandbox)
    told = []
    for path in ("/app", "/install"):
        address, fields = frame.prepare(path)
        told.append(frame.post_form(address, fields | change).status)
    assert told == [status, status]


@pytest.mark.parametrize("path", ["/app", "/install"])
def test_a_foreign_domain_is_refused_and_never_contacted(admin: Frame, path: str) -> None:
    frame = Frame(admin.sandbox)
    address, fields = frame.prepare(path)
    own = f"localhost%3A{admin.sandbox.url.rpartition(':')[2]}"
    assert own in address
    with listener() as (port, visitors):
        foreign = address.replace(own, f"localhost%3A{port}")
        refused(frame.post_form(foreign, fields))
        refused(frame.post_form(foreign, fields, Origin=f"http://localhost:{port}"))
        elsewhere = {"SERVER_ENDPOINT": f"http://localhost:{port}/rest/", "AUTH_ID": "1" * 70}
        refused(frame.post_form(address, fields | elsewhere))
        assert visitors == []
        socket.create_connection(("127.0.0.1", port)).close()
        threading.Event().wait(1.0)
        assert len(visitors) == 1, "the listener itself works"


def test_a_token_of_one_portal_does_not_open_another(portal: Sandbox, neighbour: Sandbox) -> None:
    one, two = Frame(portal, user_id=1), Frame(neighbour, user_id=1)
    one.install()
    two.install()
    address, fields = one.prepare("/app")
    other_address, other_fields = two.prepare("/app")
    refused(two.post_form(other_address, fields))
    refused(one.post_form(address, other_fields))
    refused(one.post_form(address, fields | {"member_id": other_fields["member_id"]}))
    assert one.post_form(address, fields, Origin=portal.url).token


@pytest.mark.parametrize("path", ["/app", "/install"])
@pytest.mark.parametrize("user_id", [1, 27])
def test_a_token_of_another_application_is_refused(admin: Frame, path: str, user_id: int) -> None:
    frame = Frame(admin.sandbox, user_id)
    with admin.sandbox.counting() as counts:
        refused(frame.post_form(*frame.prepare(path, client_id="app.573ad8a0346747.09223434")))
    assert counts["oauth"] == 1
    assert Frame(admin.sandbox, user_id).open().token, "our own is accepted"


def test_a_session_is_not_renewed_by_a_token_of_another_application(operator: Frame) -> None:
    fields = operator.prepare("/app", client_id="app.573ad8a0346747.09223434")[1]
    refusal = operator.renew(fields)
    assert refusal.status == 403, refusal.text
    assert operator.get("/api/dialogs").status == 200
    assert operator.renew(operator.prepare("/app")[1]).status == 204


def test_another_origin_is_refused(admin: Frame) -> None:
    frame = Frame(admin.sandbox)
    address, fields = frame.prepare("/app")
    refused(frame.post_form(address, fields, Origin="https://elsewhere.example"))
    assert frame.post_form(address, fields, Origin="null").token, "a portal's desktop app sends null"


def test_fields_that_stand_twice_are_refused(admin: Frame) -> None:
    frame = Frame(admin.sandbox)
    address, fields = frame.prepare("/app")
    refused(frame.post_form(f"{address}&DOMAIN=localhost", fields))
    refused(frame.post_form(f"{address}&AUTH_ID=1", fields))
    refused(frame.post_form(address, fields | {"DOMAIN": "localhost"}))


def test_ordinary_people_cannot_install(portal: Sandbox) -> None:
    frame = Frame(portal, user_id=27)
    reply = frame.post_form(*frame.prepare("/install"))
    assert reply.token is None
    assert portal.control("GET", "app")["placements"] in ([], {})


def test_junk_opens_do_not_eat_the_portals_budget(operator: Frame) -> None:
    frame = Frame(operator.sandbox)
    address, fields = frame.prepare("/app")
    began = time.monotonic()
    with operator.sandbox.counting() as counts:
        for number in range(60):
            refused(frame.post_form(address, fields | {"AUTH_ID": f"{number:070d}"}))
    # 20 at once for one address, because a team behind it begins its shift together, and one in two seconds
    # after that: of the 50 requests that a portal takes at once most are left to those who are in.
    allowed = 20 + 0.5 * (time.monotonic() - began)
    assert counts["portal"] <= allowed, "beyond a small allowance the list waits for the proof"
    assert operator.act("pin_all").status == 200
