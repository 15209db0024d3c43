"""A portal that stalls holds its own places in a worker, whichever way its people come."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Response

from app.bitrix24.errors import TimedOut
from app.desk.opening import LIST_WAIT
from app.portals.lifecycle import Lifecycle
from app.portals.model import NotInstalledHere
from app.portals.proof import Handshake
from app.web import opening
from app.web.crowd import OF_PORTAL
from app.web.errors import ErrorBody
from app.web.services import EXTENSION
from tests.support.apps import MEMBER, PROOF
from tests.unit.web.test_sources import FORM, QUERY
from tests.unit.web.told import Web

Places = list[tuple[int, int]]
"""How many held a place among the unproved, and how many one of the portal's."""


@pytest.fixture
def held(web: Web) -> Places:
    """Filled while somebody waits for the portal: at an installation, an opening, a list."""
    crowd, found = web.services.crowd, Places()

    def note(*_: object, **__: object) -> Any:
        found.append((crowd._inside[None], crowd._inside[MEMBER]))
        raise TimedOut("the portal stalls")

    handshake = SimpleNamespace(prove=lambda *_, **__: replace(PROOF, client_endpoint=f"{ORIGIN}/rest/"))
    web.app.extensions[EXTENSION] = replace(
        web.app.extensions[EXTENSION],
        handshake=cast(Handshake, handshake),
        lifecycle=cast(Lifecycle, SimpleNamespace(install=note)),
    )
    web.desk.listing = note  # type: ignore[attr-defined]
    return found


ORIGIN = f"https://{PROOF.domain}"


def install(web: Web) -> int:
    return web.client.post("/install", query_string=QUERY, data=FORM).status_code


@pytest.fixture
def window(web: Web, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """The desk outside the frame: the error that its page tells."""

    def drawn(*_: object, error: ErrorBody, **__: object) -> Response:
        return Response(error.error)

    monkeypatch.setattr(opening, "desk_page", drawn)
    return lambda: web.client.get("/app", headers=web.headers()).get_data(as_text=True)


@pytest.fixture
def full(web: Web) -> None:
    """The portal keeps as many waiting as it may."""
    for _ in range(OF_PORTAL):
        web.services.crowd.enter(MEMBER)


def test_an_installation_waits_for_its_portal_at_the_portals_own_place(web: Web, held: Places) -> None:
    assert install(web) == 504
    assert held == [(0, 1)]


@pytest.mark.usefixtures("full")
def test_an_installation_of_a_portal_that_is_full_is_put_off(web: Web, held: Places) -> None:
    assert (install(web), held) == (429, [])


def test_the_desk_in_a_window_waits_at_its_portals_place(window: Callable[[], str], held: Places) -> None:
    assert (window(), held) == ("portal_timeout", [(0, 1)])


@pytest.mark.usefixtures("full")
def test_the_desk_in_a_window_of_a_full_portal_comes_without_its_list(
    window: Callable[[], str], held: Places
) -> None:
    assert (window(), held) == ("portal_busy", [])


@pytest.mark.parametrize(("others", "wait"), [(OF_PORTAL - 1, LIST_WAIT), (OF_PORTAL, 0.0)])
def test_an_opening_waits_for_its_list_where_there_is_room(web: Web, others: int, wait: float) -> None:
    waited: list[float] = []
    proved = SimpleNamespace(proof=replace(PROOF, client_endpoint=f"{ORIGIN}/rest/"))

    def opened(_: object, *, wait: float) -> None:
        waited.append(wait)
        raise NotInstalledHere(MEMBER)

    web.desk.opening = SimpleNamespace(prove=lambda *_: proved, open=opened)  # type: ignore[assignment]
    for _ in range(others):
        web.services.crowd.enter(MEMBER)
    assert web.client.post("/app", query_string=QUERY, data=FORM).status_code == 403
    assert waited == [wait]
