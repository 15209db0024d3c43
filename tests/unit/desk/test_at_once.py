"""What two requests change at the same time is all kept, on both databases."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from app.desk.kept.settings import PortalChange, SettingsBook
from app.openlines.silence import learnt
from app.portals.model import Operator, OperatorKey
from app.portals.stores.portal_stores import PortalStores
from app.storage.crypto import Cipher
from tests.support.apps import MEMBER, PROOF

PAIRS = 60
ADMIN = Operator(MEMBER, 1, "Anna", "en", "p.example", 1, is_admin=True)


def at_once(*works: Callable[[], object]) -> None:
    """Let all of them go at the same moment; raises what one of them raised."""
    ready = threading.Barrier(len(works))

    def go(work: Callable[[], object]) -> object:
        ready.wait(20)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(go, works))


def test_two_preferences(engine: Engine) -> None:
    book = SettingsBook(engine, lambda _: True)
    for number in range(PAIRS):
        key = OperatorKey(MEMBER, number // 2)
        first, second = {f"a{number}": 1}, {f"b{number}": 2}
        before = book.own(key)
        at_once(lambda: book.merge(key, first), lambda: book.merge(key, second))  # noqa: B023
        assert book.own(key) == before | first | second, "the first pair makes the row, the second changes it"


def test_two_settings_of_a_portal(engine: Engine) -> None:
    book = SettingsBook(engine, lambda _: True)
    for days in range(7, 7 + PAIRS // 2):
        change, other = PortalChange(retention_days=days), PortalChange(defaults={"view": str(days)})
        at_once(lambda: book.change_portal(ADMIN, change), lambda: book.change_portal(ADMIN, other))  # noqa: B023
        portal = book.load(ADMIN).portal
        assert (portal.retention_days, portal.defaults) == (days, {"view": str(days)})


def test_two_doubts_of_silent_mode(engine: Engine) -> None:
    portals = PortalStores.on(engine, Cipher(["unit-test-key-0123456789"]))
    portals.installations.save(PROOF)

    def doubt() -> None:
        portals.capabilities.learn_silent(MEMBER, lambda scope, doubts: learnt(scope, doubts, [False]))

    for _ in range(PAIRS // 2):
        portals.capabilities.learn_silent(MEMBER, lambda *_: ("unknown", 0))
        at_once(doubt, doubt)
        known = portals.installations.find(MEMBER)
        assert known is not None
        assert known.silent_scope == "personal", "two doubts make it sure"
