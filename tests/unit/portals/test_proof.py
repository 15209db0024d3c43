"""The handshake: what the authorization server does not confirm is rejected, by name and without a trace."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.bitrix24.errors import BitrixError, TransportError
from app.portals.proof import ProofRejected
from app.storage.engine import make_engine
from tests.unit.portals.conftest import Room


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty database: a handshake needs none."""
    engine = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    yield engine
    engine.dispose()


def rejected(room: Room, **changes: object) -> str:
    """Why the changed opening is rejected."""
    with pytest.raises(ProofRejected) as caught:
        room.handshake.prove(room.params(27, **changes))
    assert "canary" not in str(caught.value)
    return caught.value.reason


def test_identity_comes_from_the_authorization_server(room: Room) -> None:
    proof = room.handshake.prove(room.params(27, server_endpoint="https://oauth.forged.example/rest/"))
    assert (proof.member_id, proof.user_id, proof.domain) == ("m1", 27, room.pretend.domain)
    assert proof.client_endpoint == f"{room.pretend.origin}/rest/"
    assert (proof.oauth_server, proof.status, proof.version) == (room.pretend.origin, "L", "3")


def test_claims_that_do_not_fit_are_rejected(room: Room) -> None:
    assert rejected(room, access_token="0" * 70) == "unknown_token"
    assert rejected(room, member_id="m2") == "other_portal"
    assert rejected(room, domain="elsewhere.example") == "other_domain"
    assert rejected(room, domain=f"{room.pretend.domain}0") == "other_domain"


def test_a_token_of_another_application_is_rejected(room: Room) -> None:
    room.pretend.client_id = "app.of.somebody.else"
    assert rejected(room) == "foreign_client"


def test_an_endpoint_outside_the_portal_is_rejected(room: Room) -> None:
    room.pretend.answer = {"client_endpoint": "https://elsewhere.example/rest/"}
    assert rejected(room) == "other_endpoint"


def test_an_app_that_is_not_installed_is_rejected_but_by_its_installer(room: Room) -> None:
    room.pretend.installed = False
    assert rejected(room) == "not_installed"
    assert room.handshake.prove(room.params(27), installing=True).user_id == 27


def test_the_case_of_a_domain_does_not_matter(room: Room) -> None:
    room.pretend.answer = {"domain": "Portal.Example", "client_endpoint": "https://portal.example/rest/"}
    proof = room.handshake.prove(room.params(27, domain="PORTAL.example"))
    assert proof.domain == "portal.example"


@pytest.mark.parametrize("fail", [(502, None), (500, {"error": "INTERNAL"}), (200, None)])
def test_a_server_in_trouble_proves_nothing(room: Room, fail: tuple[int, dict[str, str] | None]) -> None:
    room.pretend.fail = fail
    with pytest.raises(BitrixError):
        room.handshake.prove(room.params(27))


def test_no_server_no_proof(room: Room) -> None:
    room.pretend.fail = (503, None)
    with pytest.raises((TransportError, BitrixError)):
        room.handshake.prove_token("t", member_id="m1")


def test_a_posted_server_is_only_a_hint(room: Room) -> None:
    for hint in ("https://evil.example/rest/", f"{room.pretend.origin}.evil.example", "not a url", ""):
        assert room.handshake.prove(room.params(27, server_endpoint=hint)).user_id == 27


def test_tokens_swapped_between_portals_never_pass(room: Room) -> None:
    members = [f"m{number}" for number in range(20)]
    passed = []
    for holder, claimed in product(members, members):
        room.pretend.member_id = holder
        try:
            proof = room.handshake.prove(room.params(27, member_id=claimed))
        except ProofRejected:
            continue
        passed.append((proof.member_id, claimed))
    assert passed == [(member, member) for member in members]
