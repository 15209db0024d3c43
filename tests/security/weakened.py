"""Apps that lack one defence, for controls that need a server of their own: no setting does that."""

from flask import Flask

from app import create_app
from app.storage.sessions import RedisSessions
from app.web import crowd, session
from app.web.session import HeaderSessions


def without_shares() -> Flask:
    """One portal may take every thread."""
    crowd.OF_PORTAL = crowd.OPENINGS = 10**6
    return create_app()


def believing_long() -> Flask:
    """What a worker has read of a session it believes for ten seconds, not for one."""
    session._BELIEVED_SECONDS = 10.0
    return create_app()


def never_ending() -> Flask:
    """Neither an uninstallation nor a sign-out everywhere ends a session."""
    HeaderSessions.lives = lambda *_: True  # type: ignore[method-assign]
    RedisSessions.delete_portal = lambda *_: None  # type: ignore[method-assign]
    RedisSessions.delete_operator = lambda *_: None  # type: ignore[method-assign]
    return create_app()
