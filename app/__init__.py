"""Pinline: open-channel dialogs of Bitrix24 that an operator pins, silences and keeps on top.

The factory takes its settings from the environment unless it is given some.
"""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import ROOT, Settings
from app.starting import know_types, start_or_exit
from app.storage.schema import is_current
from app.web import api, events, home, install, journal, login, opening, own_session, workspace
from app.web.assets import register_assets
from app.web.cli import register_commands
from app.web.crashes import report_crashes
from app.web.errors import install_error_handlers
from app.web.frame import install_headers, origin_of
from app.web.guard import install_guard
from app.web.logs import NOTES, configure_logs
from app.web.observe import install_observation
from app.web.routes import MAX_BODY
from app.web.services import EXTENSION
from app.wiring import Wired, migrate, wire

_BLUEPRINTS = (home, install, opening, login, events, api, own_session, journal, workspace)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the app. In development the database is migrated here; elsewhere a release does it."""
    settings = settings or start_or_exit()
    configure_logs(settings.log_level)
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=None)
    app.config.update(
        DEBUG=False,  # whatever FLASK_DEBUG says
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_BODY,
        SESSION_REFRESH_EACH_REQUEST=False,
        TRAP_HTTP_EXCEPTIONS=False,
    )
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    know_types()
    wired = wire(app, settings)
    if settings.allow_local and not is_current(wired.engine):
        migrate(wired.engine)
    _serve(app, settings, wired)
    if settings.sentry_dsn:
        report_crashes(settings.sentry_dsn)
    return app


def _serve(app: Flask, settings: Settings, wired: Wired) -> None:
    services = wired.services
    app.extensions[EXTENSION] = services
    app.session_interface = services.sessions
    install_headers(app, settings.js_url, secure=not settings.allow_local)
    install_observation(app)
    for room in _BLUEPRINTS:
        app.register_blueprint(room.blueprint)
    register_assets(app, services.assets)
    install_error_handlers(app)
    install_guard(app, origin_of(settings.app_url))
    app.before_request(wired.housekeeping.start)
    register_commands(app, wired.commands)


def run() -> None:
    """`python app.py`: the app with Flask's own server, for this machine alone; gunicorn serves others."""
    settings = start_or_exit()
    app = create_app(settings)
    if not settings.allow_local:
        NOTES.warning("Flask's own server serves this machine alone: start gunicorn 'app:create_app()'")
    app.run(host="127.0.0.1", port=settings.port, debug=False, threaded=True)
