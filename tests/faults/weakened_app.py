"""The app with one of its defences against losing or repeating events switched off: only for controls.

`gunicorn tests.faults.weakened_app:forgetful()` starts it.
"""

from flask import Flask

from app import create_app
from app.portals import store
from app.storage.spool import Spool


def forgetful() -> Flask:
    """Says that an event is kept, and keeps nothing."""
    Spool.put = lambda _spool, _text: None  # type: ignore[method-assign, assignment, misc]
    return create_app()


def repeating() -> Flask:
    """Believes of every event that it came for the first time."""
    store.first_time = lambda *_: True
    return create_app()
