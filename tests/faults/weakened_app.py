"""The app with one of its defences switched off, against lost or repeated events or too many requests: only
for controls.

`gunicorn tests.faults.weakened_app:forgetful()` starts it.
"""

from flask import Flask

from app import create_app
from app.bitrix24.buckets import FallbackBuckets
from app.portals.stores import installations
from app.storage.spool import Spool


def forgetful() -> Flask:
    """Says that an event is kept, and keeps nothing."""
    Spool.put = lambda _spool, _text: None  # type: ignore[method-assign, assignment, misc]
    return create_app()


def repeating() -> Flask:
    """Believes of every event that it came for the first time."""
    installations.first_time = lambda *_: True
    return create_app()


def counting_alone() -> Flask:
    """Each worker counts a portal's requests for itself."""
    FallbackBuckets.take = lambda buckets, *given: buckets._own.take(*given)  # type: ignore[method-assign]
    return create_app()
