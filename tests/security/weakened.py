"""Apps that lack one defence, for controls that need a server of their own: no setting does that."""

from flask import Flask

from app import create_app
from app.web import crowd


def without_shares() -> Flask:
    """One portal may take every thread."""
    crowd.OF_PORTAL = crowd.OPENINGS = 10**6
    return create_app()
