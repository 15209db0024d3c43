"""What nobody has proved yet has an allowance for each source, before anything is asked of others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.bitrix24.buckets import MemoryBuckets
from app.bitrix24.governor import Governor
from app.bitrix24.oauth import AuthServers
from app.portals.proof import Handshake, ProofRejected
from app.storage.engine import make_engine
from app.storage.tables import oauth_states
from app.web.crowd import OPENINGS
from app.web.services import EXTENSION
from app.web.sources import PROOFS, allowance, source
from tests.support.apps import MEMBER, PROOF
from tests.unit.web.told import ToldDesk, Web

BURST = PROOFS[1]
QUERY = {"DOMAIN": PROOF.domain, "PROTOCOL": "1", "LANG": "en", "APP_SID": "s" * 32}
FORM = {"AUTH_ID": "a" * 70, "REFRESH_ID": "r" * 70, "AUTH_EXPIRES": "3600", "member_id": MEMBER}


@pytest.fixture
def told(web: Web) -> ToldDesk:
    """Who would ask the authorization server; every claim is refused there. No time passes."""
    told = ToldDesk()
    told.answer = ProofRejected("other_portal")
    web.desk.answer = told.answer
    governor = Governor(MemoryBuckets(clock=lambda: 1.0))
    web.app.extensions[EXTENSION] = replace(
        web.app.extensions[EXTENSION],
        handshake=cast(Handshake, told),
        may_prove=allowance(governor.allow, spare_local=False),
    )
    return told


def post(web: Web, path: str, address: str, **more: Any) -> int:
    """The status of one post from an address."""
    given = more or {"query_string": QUERY, "data": FORM}
    return web.client.post(path, environ_base={"REMOTE_ADDR": address}, **given).status_code


def renew(web: Web, address: str) -> int:
    """The status of one session's renewal with a made-up pair."""
    body = {**FORM, "DOMAIN": PROOF.domain}
    return post(web, "/api/session", address, json=body, headers=web.headers())


def test_junk_costs_a_bounded_number_of_proofs(web: Web, told: ToldDesk) -> None:
    seen = [post(web, "/install", "203.0.113.7") for _ in range(BURST + 30)]
    assert set(seen[:BURST]) == {403}
    assert set(seen[BURST:]) == {429}
    assert len(told.calls) == BURST
    assert post(web, "/app", "203.0.113.7") == 429, "one allowance for every way in"
    assert renew(web, "203.0.113.7") == 429
    assert len(told.calls) + len(web.desk.calls) == BURST


def test_other_sources_are_not_concerned(web: Web, told: ToldDesk) -> None:
    for _ in range(BURST + 1):
        last = post(web, "/install", "203.0.113.7")
    assert last == 429
    assert [post(web, path, "203.0.113.8") for path in ("/install", "/app")] == [403, 403]
    assert renew(web, "203.0.113.8") == 403
    assert len(told.calls) == BURST + 2
    assert len(web.desk.calls) == 1


def begin(web: Web, address: str = "203.0.113.7", domain: str = PROOF.domain) -> TestResponse:
    """The answer of one /login."""
    return web.client.get("/login", query_string={"domain": domain}, environ_base={"REMOTE_ADDR": address})


def test_a_sign_in_that_nobody_finishes_costs_a_bounded_number_of_states(web: Web, told: ToldDesk) -> None:
    seen = [begin(web).status_code for _ in range(BURST + 30)]
    assert (set(seen[:BURST]), set(seen[BURST:])) == ({303}, {429})
    assert begin(web, domain="nobody.example").status_code == 429, "nor can installed portals be counted"
    engine = make_engine(web.services.settings.database_url)
    with engine.connect() as conn:
        assert conn.execute(select(func.count()).select_from(oauth_states)).scalar_one() == BURST
    engine.dispose()
    assert begin(web, "203.0.113.8").status_code == 303


def come_back(web: Web) -> int:
    """The status of a sign-in's second half, with the state of its first."""
    with web.client.application.test_client() as browser:
        begun = browser.get("/login", query_string={"domain": PROOF.domain})
        state = parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]
        query = {"code": "c" * 48, "state": state, "domain": PROOF.domain, "member_id": MEMBER}
        return browser.get("/app", query_string=query).status_code


WAYS_IN: dict[str, Callable[[Web], int]] = {
    "an opening": lambda web: post(web, "/app", "203.0.113.7"),
    "an installation": lambda web: post(web, "/install", "203.0.113.7"),
    "a renewal": lambda web: renew(web, "203.0.113.7"),
    "a sign-in": come_back,
}


@pytest.mark.parametrize("way", WAYS_IN)
def test_whoever_waits_for_a_proof_holds_a_place(web: Web, told: ToldDesk, way: str) -> None:
    """The authorization server may take 11.5 s, so none of its callers may go past the places."""
    come, crowd, inside = WAYS_IN[way], web.services.crowd, []

    class Servers:
        """Our own authorization servers: one exchange is refused, where it is asked for is noted."""

        authorize_url = staticmethod(web.services.servers.authorize_url)

        def exchange(self, *_: object) -> None:
            refuse()

    def refuse(*_: object, **__: object) -> None:
        inside.append(crowd._inside[None])
        raise ProofRejected("other_portal")

    told.prove = told.prove_token = web.desk.opening.prove = refuse  # type: ignore[attr-defined]
    web.app.extensions[EXTENSION] = replace(
        web.app.extensions[EXTENSION], servers=cast(AuthServers, Servers())
    )
    assert (come(web), inside) == (403, [1])
    for _ in range(OPENINGS):
        crowd.enter(None)
    assert (come(web), inside) == (429, [1]), "no place is left"
    crowd.leave(None)
    assert (come(web), inside) == (403, [1, OPENINGS])


def test_an_opening_counts_for_its_holder_too(web: Web) -> None:
    """An IPv6 network has more addresses than anybody can refuse one by one."""
    told: list[str] = []

    def prove(_params: object, source_ip: str) -> None:
        told.append(source_ip)
        raise ProofRejected("other_portal")

    web.desk.opening.prove = prove  # type: ignore[attr-defined]
    for address in ("2001:db8:0:7::1", "2001:db8:0:7:ffff::2", "203.0.113.7"):
        assert post(web, "/app", address) == 403
    assert told == ["2001:db8:0:7::/64", "2001:db8:0:7::/64", "203.0.113.7"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("::1", "::2", True),
        ("", "no address", True),
    ],
)
def test_a_network_that_one_party_holds_is_one_source(one: str, other: str, same: bool) -> None:
    assert (source(one) == source(other)) is same


def test_our_own_machine_is_spared_in_development_only() -> None:
    def never(*_: object) -> bool:
        return False

    development, service = (allowance(never, spare_local=local) for local in (True, False))
    assert development("127.0.0.1")
    assert not development("203.0.113.7")
    assert not service("127.0.0.1")
