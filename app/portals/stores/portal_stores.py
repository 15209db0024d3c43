"""The stores of portals, handed down as one: whoever lets a person in needs several of them.

Each has one idea; who needs only one is given that one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from app.portals.model import utc_now
from app.portals.stores.application_tokens import ApplicationTokenStore
from app.portals.stores.capabilities import CapabilityStore
from app.portals.stores.installations import InstallationStore
from app.portals.stores.operators import OperatorStore
from app.storage.crypto import Cipher


@dataclass(frozen=True, slots=True)
class PortalStores:
    """What is kept of portals; the pairs of operators are renewed through `TokenStore`."""

    installations: InstallationStore
    operators: OperatorStore
    application_tokens: ApplicationTokenStore
    capabilities: CapabilityStore

    @classmethod
    def on(cls, engine: Engine, cipher: Cipher, clock: Callable[[], datetime] = utc_now) -> "PortalStores":
        """All of them on one database."""
        application_tokens = ApplicationTokenStore(engine, cipher)
        installations = InstallationStore(engine, application_tokens, clock)
        return cls(
            installations=installations,
            operators=OperatorStore(engine, cipher, clock),
            application_tokens=application_tokens,
            capabilities=CapabilityStore(engine, installations, clock),
        )
