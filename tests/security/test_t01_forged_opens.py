"""T1: openings and installations that are not what they say. Only the authorization server is believed."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.bitrix24.oauth import AppInfo
from app.portals.proof import Handshake
from tests.security.lies import foreign_tokens, shapes
from tests.security.local import LocalApp
from tests.security.trial import Trial, some
from tests.support.frame import Frame

THREAT = "T1"
WHAT = "forged openings and installations"
ATTEMPTS, PART = 750, 120

PATHS = ("/app", "/install")
OBJECTIONS = ("foreign_client", "other_portal", "other_domain", "other_endpoint", "not_installed")

Tokens = dict[str, dict[str, str]]


@pytest.fixture
def neighbour(local: LocalApp) -> Frame:
    """An operator of another portal that has the app."""
    portal = local.portal()
    assert Frame(portal, user_id=1).install().status == 200
    frame = Frame(portal)
    assert frame.open().token
    return frame


def forged(local: LocalApp, victim: Frame, tokens: Tokens, part: int) -> Iterator[str]:
    """Every token in every shape on both addresses; yields what was granted, else an empty text."""
    plan = [
        (path, reason, name, shape)
        for reason, group in tokens.items()
        for name, path, shape in itertools.product(group, PATHS, shapes(local))
        if not (reason == "not_installed" and path == "/install")  # that is what an installer is for
    ]
    frame = Frame(victim.sandbox)
    for path, reason, name, shape in some(plan, part):
        address, fields = frame.prepare(path)
        headers = {key[:-1]: value for key, value in shape.items() if key.endswith(":")}
        more = {key: value for key, value in shape.items() if not key.endswith(":")}
        reply = frame.post_form(address, fields | {"AUTH_ID": tokens[reason][name]} | more, **headers)
        granted = (
            reply.token or 'id="boot"' in reply.text or reply.status < 400 or "Set-Cookie" in reply.headers
        )
        yield f"{path} with a token {name} and {shape}: {reply.status}" if granted else ""


def kept(local: LocalApp) -> dict[str, Any]:
    """All rows with what is in them; leases come and go by themselves."""
    return {name: rows for name, rows in local.rows().items() if name != "leases"}


def deaf_to(reason: str) -> Callable[..., str | None]:
    """The objections without one of them."""
    genuine = Handshake._objection

    def objection(self: Handshake, info: AppInfo, *claim: Any) -> str | None:
        found = genuine(self, info, *claim)
        return None if found == reason else found

    return objection


def test_forged_openings(trial: Trial, local: LocalApp, victim: Frame, neighbour: Frame) -> None:
    tokens = foreign_tokens(local, victim, neighbour)
    before = kept(local)
    trial.attack(forged(local, victim, tokens, 130))
    trial.attack([" ".join(name for name, rows in kept(local).items() if rows != before[name])])
    assert Frame(victim.sandbox).open().token, "an honest one is let in"
    for reason in OBJECTIONS:
        trial.control(believed(trial, local, victim, reason, tokens[reason]), reason)
    trial.verdict()


def believed(trial: Trial, local: LocalApp, victim: Frame, reason: str, tokens: dict[str, str]) -> list[str]:
    """What is granted or written when one objection is not raised: what a later check refuses is written."""
    before = kept(local)
    with trial.without(Handshake, "_objection", deaf_to(reason)):
        granted = list(forged(local, victim, {reason: tokens}, 8))
    return [*granted, "rows" if kept(local) != before else ""]
