"""What the routes work with; built once by the factory and kept by the Flask app."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import current_app

from app.bitrix24.oauth import AuthServers
from app.config import Settings
from app.desk.service import Desk
from app.portals.events import Events
from app.portals.lifecycle import Lifecycle
from app.portals.proof import Handshake
from app.portals.states import States
from app.portals.stores.portal_stores import PortalStores
from app.web.assets import Assets
from app.web.crowd import Crowd
from app.web.i18n import Catalogues
from app.web.metrics import Metrics
from app.web.session import HeaderSessions

EXTENSION = "pinline"


@dataclass(frozen=True, slots=True)
class Services:
    """The objects of the lower rooms and of this one. `ready()` names parts and whether they answer.

    `may_prove(address)` takes one proof from the allowance of a source address. `close()` ends the
    housekeeping and lets the database go, for a process that outlives its app.
    """

    settings: Settings
    desk: Desk
    portals: PortalStores
    handshake: Handshake
    lifecycle: Lifecycle
    events: Events
    servers: AuthServers
    states: States
    sessions: HeaderSessions
    words: Catalogues
    assets: Assets
    metrics: Metrics
    ready: Callable[[], dict[str, bool]]
    may_prove: Callable[[str], bool]
    close: Callable[[], None]
    crowd: Crowd = field(default_factory=Crowd)


def services() -> Services:
    """The services of the current app."""
    found: Services = current_app.extensions[EXTENSION]
    return found
