"""T4: a valid token of one portal with the member_id of another: nobody becomes somebody else's operator."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from app.portals.model import Proof
from app.portals.proof import Handshake
from tests.security.local import LocalApp
from tests.security.trial import Trial, size
from tests.support.frame import Frame

THREAT = "T4"
WHAT = "tokens and portals swapped"
ATTEMPTS, PART = 380, 30


@pytest.fixture
def operators(local: LocalApp) -> list[Frame]:
    """One operator in each of so many portals."""
    frames = []
    for _ in range(size(20, 6)):
        portal = local.portal()
        assert Frame(portal, user_id=1).install().status == 200
        frame = Frame(portal)
        assert frame.open().token
        frames.append(frame)
    return frames


def swaps(operators: Sequence[Frame]) -> Iterator[str]:
    """Each operator's own token for each other portal, in the other's and in the own domain by turns."""
    for number, (mine, other) in enumerate((a, b) for a in operators for b in operators if a is not b):
        frame = Frame(mine.sandbox)
        address, fields = frame.prepare("/app")
        if number % 2:
            address = Frame(other.sandbox).prepare("/app")[0]
        path = "/install" if number % 3 == 0 else "/app"
        address = address.replace("/app?", f"{path}?")
        reply = frame.post_form(address, fields | {"member_id": other.fields["member_id"]})
        yield f"{path}: {reply.status}" if reply.token or reply.status < 400 else ""


def naive(self: Handshake, access_token: str, *, member_id: str, **_: Any) -> Proof:
    """What an app does that believes the form once the token is valid."""
    info = self._servers.app_info(access_token)
    told = {name: getattr(info, name) for name in ("user_id", "domain", "client_endpoint", "status", "scope")}
    return Proof(member_id=member_id, oauth_server=info.server, version=info.version, **told)


def test_swapped_portals(trial: Trial, local: LocalApp, operators: list[Frame]) -> None:
    before = local.rows()["operator_tokens"]
    trial.attack(swaps(operators))
    assert [row[:2] for row in local.rows()["operator_tokens"]] == [row[:2] for row in before]
    with trial.without(Handshake, "_objection", lambda *_: None):
        trial.control(swaps(operators[:3]), "objections")
    with trial.without(Handshake, "prove_token", naive):
        trial.control(swaps(operators[:3]), "the portal of the proof")
    trial.verdict()
