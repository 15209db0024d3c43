"""After a portal has left. The rule: nothing of it stays, not even what requests under way write late."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.portals.stores.installations import InstallationStore
from app.portals.stores.upkeep import sweep
from app.storage.shared import SharedStoreDown

PAUSES = (1.0, 2.0, 3.0, 4.0, 5.0)
"""Seconds between sweeps; at the end of them the last request that was under way must be over."""

Forget = Callable[[str], object]
_LOG = logging.getLogger(__name__)


def sweep_behind(engine: Engine, forget: Forget, member_id: str) -> None:
    """Sweep behind an uninstallation, in a thread of its own: soon, and again until nothing can come.

    `forget` lets go of what is kept of the portal outside the database; an installation that is back by then
    must be able to do without.
    """
    threading.Thread(target=_follow, args=(engine, forget, member_id), daemon=True).start()


def erase(installations: InstallationStore, engine: Engine, forget: Sequence[Forget], member_id: str) -> bool:
    """Remove all that is stored of a portal; waits 15 s for requests under way and removes theirs, too.

    False: no such portal was known. Raises SharedStoreDown and SQLAlchemyError; it may be repeated then.
    """
    _forget(forget, member_id)
    known = installations.uninstall(member_id, clean=True)
    if known:
        time.sleep(sum(PAUSES))
    sweep(engine, member_id)
    _forget(forget, member_id)
    return known


def _forget(forget: Sequence[Forget], member_id: str) -> None:
    for each in forget:
        each(member_id)


def _follow(engine: Engine, forget: Forget, member_id: str) -> None:
    for pause in PAUSES:
        time.sleep(pause)
        try:
            sweep(engine, member_id)
            forget(member_id)
        except (SQLAlchemyError, SharedStoreDown) as error:
            _LOG.warning("not swept: %s", type(error).__name__, extra={"member_id": member_id})
