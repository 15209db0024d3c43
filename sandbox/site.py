"""A portal's site: pages, REST, control API in one Flask application per portal."""

from collections.abc import Sequence

from flask import Flask

from sandbox import control, pages, wire
from sandbox.portal import Portal


def create_app(portal: Portal, portals: Sequence[Portal]) -> Flask:
    """The site of one portal; `portals` are all of the process, for the control API."""
    app = Flask("sandbox")
    wire.install(app, portal)
    control.install(app, portal, portals)
    pages.install(app, portal)
    return app
