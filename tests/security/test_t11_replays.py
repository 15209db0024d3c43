"""T11: values that are good once, used again or by several at the same moment.

Of eight racers exactly one gets a state; a callback works once; an event that comes twice waits once.
"""

import secrets
from collections.abc import Iterator

import pytest

from app.bitrix24.params import parse_event
from app.portals.stores.event_queue import EventQueue
from app.storage.crypto import Cipher
from app.storage.engine import make_engine
from app.storage.states import put_state, take_state
from tests.scenarios.test_outside import Visitor
from tests.security.local import LocalApp
from tests.security.racing import Course, race, take_naively
from tests.security.trial import Trial, size
from tests.support.databases import PostgresTemplates
from tests.support.frame import Frame

THREAT = "T11"
WHAT = "states, callbacks and events used again"
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
    """The address that ends a sign-in, visited again: by the same browser, and by another."""
    for number in range(3):
        address = visitor.agree()
        assert visitor.get(address).status == 303
        again = (visitor if number % 2 else Visitor(visitor.portal)).get(address)
        yield f"{again.status}" if again.status < 400 else ""
    address = visitor.agree()
    stolen = Visitor(visitor.portal).get(address)
    yield f"in another browser: {stolen.status}" if stolen.status < 400 else ""
    assert visitor.get(address).status == 303, "it was good for its own browser"


def events(local: LocalApp, member_id: str) -> Iterator[str]:
    """An event that waits for its proof and comes again."""
    fields = {"event": "ONAPPINSTALL", "auth[member_id]": member_id, "auth[application_token]": "f" * 32}
    engine = make_engine(f"sqlite:///{local.database}")
    queue = EventQueue(engine, Cipher(("a key for the queue alone",)))
    event = parse_event(list({**fields, "auth[access_token]": "f" * 70, "ts": "1"}.items()))
    for _ in range(5):
        queue.put(event)
        waiting = local.counts()["event_queue"]
        yield "" if waiting == 1 else f"{waiting} wait"
    engine.dispose()


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
    for takers in careless:
        trial.control(shared(takers))
    trial.verdict()
