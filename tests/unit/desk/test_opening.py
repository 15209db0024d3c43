"""Opening the desk: proof and list side by side, and what happens when one of them is slow or foreign."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import Engine

from app.bitrix24.errors import BitrixError
from app.desk import opening
from app.portals.model import NotInstalledHere
from app.portals.proof import ProofRejected
from tests.unit.desk.conftest import DAVID, MARIA, Room

ADMIN = 1


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


def test_an_opening_costs_one_request_to_each_server(room: Room) -> None:
    params = room.params()
    room.sandbox.forget()
    opened = room.opened(params)
    assert opened.listing is not None
    assert opened.operator.name == "Maria Jansen"
    assert opened.operator.user_id == MARIA
    assert {d.client_name for d in opened.listing.dialogs} >= {"Maria Lopez", "Green Guest #17"}
    requests = room.sandbox.requests()
    assert sorted(record["host"] for record in requests) == ["oauth", "portal"]
    lists = ["im.recent.get", "imopenlines.config.list.get", "profile"]
    assert room.portal_requests() == [lists]
    room.sandbox.forget()
    room.desk.listing(opened.operator)
    assert room.sandbox.requests() == []


def test_names_of_lines_are_asked_for_once(room: Room) -> None:
    room.open()
    room.sandbox.forget()
    room.open(DAVID)
    assert room.portal_requests() == [["im.recent.get", "profile"]]


def test_an_unknown_portal_is_asked_nothing(bare_room: Room) -> None:
    params = bare_room.params()
    bare_room.sandbox.forget()
    with pytest.raises(NotInstalledHere):
        bare_room.opened(params)
    assert bare_room.sandbox.requests() == []


def test_a_token_that_is_not_ours_opens_nothing(room: Room) -> None:
    params = replace(room.params(), access_token="0" * 70)
    with pytest.raises(ProofRejected):
        room.opened(params)


def test_somebody_who_never_opened_the_desk_has_no_list(room: Room) -> None:
    with pytest.raises(BitrixError):
        room.desk.listing(replace(room.open(), user_id=4711))


def test_the_first_list_counts_only_for_the_person_of_the_proof(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is asked for before anybody knows whose token it is."""
    other = room.params(DAVID)
    ask = room.desk.opening._ask
    monkeypatch.setattr(room.desk.opening, "_ask", lambda params, place: ask(other, place))
    opened = room.opened(room.params())
    assert opened.operator.user_id == MARIA
    assert opened.listing is None
    assert room.desk._lists.known.get(opened.operator) is None


def test_a_slow_portal_does_not_hold_the_page_and_is_asked_once(room: Room) -> None:
    room.open()
    room.sandbox.fault("slow", method="batch", seconds=8)
    params = room.params()
    room.sandbox.forget()
    began = time.monotonic()
    opened = room.opened(params)
    assert opened.listing is None
    assert opened.error is None
    assert time.monotonic() - began < 4, "half the portal's time, four times what the page waits"
    listing = room.desk.listing(opened.operator, max_age=0)
    assert listing.dialogs
    assert len(room.portal_requests()) == 1


def test_a_refused_list_is_told_with_the_page(room: Room) -> None:
    room.sandbox.fault("502")
    opened = room.opened(room.params())
    assert opened.listing is None
    assert opened.error is not None


def test_junk_openings_have_a_small_allowance(room: Room) -> None:
    params = replace(room.params(), access_token="0" * 70)
    room.sandbox.forget()

    def junk(number: int) -> None:
        with pytest.raises(ProofRejected):
            room.opened(params, "203.0.113.9")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(junk, range(40)))
    reached = sum(record["host"] == "portal" for record in room.sandbox.requests())
    assert reached <= 25
    assert room.opened(room.params()).listing is not None


def test_an_expired_token_is_refreshed_once_for_the_list(room: Room) -> None:
    operator = room.open()
    room.sandbox.expire_tokens()
    room.sandbox.forget()
    with ThreadPoolExecutor(8) as threads:
        lists = list(threads.map(lambda _: room.desk.listing(operator, max_age=0), range(8)))
    assert all(listing.dialogs for listing in lists)
    assert sum(record["host"] == "oauth" for record in room.sandbox.requests()) == 1


def test_the_name_of_a_slow_first_opening_is_kept(room: Room) -> None:
    room.sandbox.switch(answer_latency=1.5)
    opened = room.opened(room.params(DAVID), "192.0.2.7")
    assert opened.operator.name == ""
    room.sandbox.switch(answer_latency=0)
    room.desk.listing(opened.operator, max_age=60)
    known = room.portals.operators.find(opened.operator.key)
    assert known is not None
    assert known.name


def tells(room: Room, user_id: int, token: str) -> bool:
    """Whether events with this token are believed, after the person has opened the desk with it."""
    room.opened(replace(room.params(user_id), application_token=token))
    return room.portals.application_tokens.matches(room.params().member_id, token)


def test_a_first_application_token_is_learnt_from_an_administrators_opening(room: Room) -> None:
    assert not tells(room, MARIA, "planted"), "any employee could bring another one"
    assert tells(room, ADMIN, "genuine")
    assert not tells(room, ADMIN, "another"), "one that is known stays"
    assert tells(room, MARIA, "genuine")


def test_without_the_first_question_any_employee_could_plant_one(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    real = opening.profile_in
    monkeypatch.setattr(
        opening, "profile_in", lambda *told: msgspec.structs.replace(real(*told), is_admin=True)
    )
    assert tells(room, MARIA, "planted")


def test_a_first_application_token_may_be_learnt_when_the_list_comes_late(room: Room) -> None:
    room.sandbox.switch(answer_latency=1.5)
    assert not tells(room, ADMIN, "genuine"), "nobody knows yet who this is"
    until = time.monotonic() + 10
    while not room.portals.application_tokens.matches(room.params().member_id, "genuine"):
        assert time.monotonic() < until
        time.sleep(0.1)
