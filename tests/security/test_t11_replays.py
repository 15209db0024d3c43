"""T11: values that are good once, used again or by several at the same moment, and forms past their time.

Of eight racers exactly one gets a state; a callback works once; an event that comes twice waits once; an
uninstallation ends no later installation; the form of an opening is good as long as its token.
"""

import itertools
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest

from app.bitrix24.params import parse_event
from app.portals import states
from app.portals.model import Proof
from app.portals.proof import Handshake
from app.portals.stores import event_queue as queue_module
from app.portals.stores import installations
from app.portals.stores.event_queue import EventQueue
from app.storage.crypto import Cipher
from app.storage.engine import make_engine
from app.storage.states import put_state, take_state
from app.storage.tables import event_queue
from tests.scenarios.test_outside import Visitor
from tests.security.local import LocalApp
from tests.security.racing import Course, glanced, race, take_naively
from tests.security.trial import Trial, size
from tests.support.databases import PostgresTemplates
from tests.support.frame import Frame
from tests.support.stand import Sandbox

THREAT = "T11"
WHAT = "states, callbacks, events and forms used again"
ATTEMPTS, PART = 400, 40

VALUES = size(200, 20)


def put(url: str, count: int) -> list[str]:
    """Fresh states."""
    engine = make_engine(url)
    values = [secrets.token_urlsafe(24) for _ in range(count)]
    for value in values:
        put_state(engine, value, "portal.example", 600)
    engine.dispose()
    return values


def shared(takers: list[int]) -> Iterator[str]:
    """Anything but exactly one taker is a hit."""
    for count in takers:
        yield "" if count == 1 else f"{count} of 8 got it"


def callbacks(visitor: Visitor) -> Iterator[str]:
    """The address that ends a sign-in, visited again: by the same browser as it was, and by another.

    Used again it must not even have the authorization server asked: that its code works once is luck.
    """
    for number in range(4):
        address, again = visitor.agree(), Visitor(visitor.portal)
        again.cookies = dict(visitor.cookies) if number % 2 else {}
        assert visitor.get(address).status == 303
        yield visited(again, address)
    address = visitor.agree()
    yield visited(Visitor(visitor.portal), address)
    assert visitor.get(address).status == 303, "it was good for its own browser"


def visited(visitor: Visitor, address: str) -> str:
    """What a callback got that should have got nothing. Codes that are nobody's are noted at portal 1."""
    with visitor.portal.counting() as own, Sandbox(visitor.portal.ports).counting() as nobodys:
        status = visitor.get(address).status
    asked = own["oauth"] + nobodys["oauth"]
    return f"{status}, {asked} requests" if status < 400 or asked else ""


def events(local: LocalApp, member_id: str) -> Iterator[str]:
    """An event that waits for its proof and comes again."""
    assert local.counts()["event_queue"] == 0
    fields = {"event": "ONAPPINSTALL", "auth[member_id]": member_id, "auth[application_token]": "f" * 32}
    engine = make_engine(f"sqlite:///{local.database}")
    queue = EventQueue(engine, Cipher(("a key for the queue alone",)))
    event = parse_event(list({**fields, "auth[access_token]": "f" * 70, "ts": "1"}.items()))
    for _ in range(5):
        queue.put(event)
        waiting = local.counts()["event_queue"]
        yield "" if waiting == 1 else f"{waiting} wait"
    with engine.begin() as conn:
        conn.execute(event_queue.delete())
    engine.dispose()


def forms(victim: Frame) -> Iterator[str]:
    """The form of an opening once more, after its token has ended."""
    frame = Frame(victim.sandbox)
    for path in ("/app", "/install"):
        address, fields = frame.prepare(path)
        assert frame.post_form(address, fields).status == 200, "it is good in its time"
        frame.sandbox.expire_tokens(frame.user_id)
        for origin in (frame.origin, "null"):
            reply = frame.post_form(address, fields, Origin=origin)
            yield f"{path}: {reply.status}" if reply.token or reply.status < 400 else ""


def uninstallations(victim: Frame, seconds: int) -> Iterator[str]:
    """The event that ended an installation so long ago, sent once more to the one that followed."""
    portal = victim.sandbox
    fields = {
        "event": "ONAPPUNINSTALL",
        "data[CLEAN]": "0",
        "ts": str(int(time.time()) - seconds),
        "auth[domain]": portal.host,
        "auth[member_id]": victim.fields["member_id"],
        "auth[application_token]": portal.control("GET", "app")["application_token"],
    }
    frame = Frame(portal)
    assert frame.open().token
    frame.post_form(f"{frame.app_url}/events", fields)
    assert frame.get("/api/journal").status == 401, "it was a genuine one"
    assert Frame(portal, user_id=1).install().status == 200
    assert frame.open().token
    for _ in range(3):
        frame.post_form(f"{frame.app_url}/events", fields)
        yield "the next one ended" if frame.get("/api/journal").status != 200 else ""


def remembering() -> Any:
    """A proof that counts for good once it was given."""
    genuine, known = Handshake.prove_token, dict[str, Proof]()

    def prove_token(self: Handshake, access_token: str, **claim: Any) -> Proof:
        if access_token not in known:
            known[access_token] = genuine(self, access_token, **claim)
        return known[access_token]

    return prove_token


@pytest.mark.timeout(900)
def test_replays(trial: Trial, local: LocalApp, victim: Frame, postgres_templates: PostgresTemplates) -> None:
    sqlite = f"sqlite:///{local.database}"
    with postgres_templates.fresh() as url:
        courses = [Course(one, put(one, VALUES), take_state) for one in (sqlite, url)]
        naive = [Course(one, put(one, 20), take_naively) for one in (sqlite, url)]
        first, second, *careless = race([*courses, *naive])
    trial.attack(shared(first))
    trial.attack(shared(second))
    trial.attack(callbacks(Visitor(victim.sandbox)))
    trial.attack(events(local, victim.fields["member_id"]))
    trial.attack(forms(victim))
    trial.attack(uninstallations(victim, 120))
    trial.control(itertools.chain(*map(shared, careless)), "one statement")
    with trial.without(states, "take_state", glanced):
        trial.control(callbacks(Visitor(victim.sandbox)), "states")
    with trial.without(queue_module, "fingerprint", lambda _: secrets.token_hex(32)):
        trial.control(events(local, victim.fields["member_id"]), "marks of events")
    with trial.without(Handshake, "prove_token", remembering()):
        trial.control(forms(victim), "a proof each time")
    with trial.without(installations, "is_late", lambda *_: False):
        trial.control(uninstallations(victim, 60), "late events")
    trial.verdict()
