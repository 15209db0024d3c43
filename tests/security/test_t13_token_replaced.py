"""T13: a forged installation event that brings its own application token, so that a later event is believed.

The chain: send ONAPPINSTALL, let the queue prove it, send ONAPPUNINSTALL with the token that was brought.
"""

import itertools
import secrets
from collections.abc import Iterator

from app.bitrix24.params import EventParams
from app.portals.lifecycle import Lifecycle
from app.portals.model import Proof
from tests.security.local import LocalApp
from tests.security.trial import Trial, some
from tests.support.frame import Frame

THREAT = "T13"
WHAT = "chains that replace the application token"
ATTEMPTS, PART = 50, 15


def credentials(local: LocalApp, victim: Frame) -> dict[str, str]:
    """Access tokens that somebody could send along, by whose they are."""
    neighbour = local.portal()
    Frame(neighbour, user_id=1).install()
    foreign = secrets.token_hex(35)
    host, member = victim.sandbox.host, victim.fields["member_id"]
    local.registrar.vouch(
        foreign,
        client_id="app.0000000000000.00000000",
        member_id=member,
        domain=host,
        client_endpoint=f"{victim.sandbox.url}/rest/",
    )
    return {
        "nobody's": "f" * 70,
        "an administrator's of another portal": neighbour.opening(1)[1]["AUTH_ID"],
        "of another app in this portal": foreign,
        "an ordinary operator's of this portal": victim.sandbox.opening(27)[1]["AUTH_ID"],
        "an operator's refresh token": victim.fields["REFRESH_ID"],
    }


def send(frame: Frame, event: str, token: str, **more: str) -> int:
    """One event of the victim's portal."""
    fields = {"event": event, "auth[member_id]": frame.fields["member_id"], "auth[application_token]": token}
    return frame.post_form(f"{frame.app_url}/events", {**fields, **more}).status


def chains(local: LocalApp, victim: Frame) -> Iterator[str]:
    """Every credential with every event and way of naming the portal."""
    held = credentials(local, victim)
    places = ({}, {"auth[domain]": victim.sandbox.host}, {"auth[server_endpoint]": local.registrar.url})
    plan = list(itertools.product(held, ("ONAPPINSTALL", "ONAPPUPDATE"), places, ("1", "0")))
    for whose, event, place, clean in some(plan, PART):
        own = secrets.token_hex(16)
        version = {"data[VERSION]": "1", "data[ACTIVE]": "Y", "data[INSTALLED]": "Y"}
        send(victim, event, own, **version, **place, **{"auth[access_token]": held[whose]})
        local.services.events.drain()
        status = send(victim, "ONAPPUNINSTALL", own, **{"data[CLEAN]": clean})
        broken = status < 400 or victim.get("/api/dialogs").status != 200
        yield f"{event} with a token {whose}: {status}" if broken else ""


def believing(self: Lifecycle, proof: Proof, access_token: str, event: EventParams) -> bool:
    """Take over the token of whoever proves the portal, as each of its employees can."""
    return self._portals.application_tokens.adopt(proof, event.application_token)


def test_replaced_tokens(trial: Trial, local: LocalApp, victim: Frame) -> None:
    trial.attack(chains(local, victim))
    assert local.rows()["event_queue"] == []
    with trial.without(Lifecycle, "adopt", believing):
        trial.control(chains(local, victim))
    trial.verdict()
