"""Where generated lives take place: the app and the sandbox in this process, portals one after the other."""

import itertools
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import Engine, func, select
from urllib3.util import parse_url

from app import wiring
from app.bitrix24.governor import Governor
from app.portals import leaving
from app.portals.stores.upkeep import reseal
from app.storage.engine import make_engine, reading
from app.storage.tables import installations, metadata
from sandbox import running
from scripts.processes import CLIENT_ID, CLIENT_SECRET, Ports
from tests.security.local import TOKEN_KEY, LocalApp, local_app, registrar
from tests.support.frame import Frame, Reply
from tests.support.ports import free_port
from tests.support.stand import Sandbox

PORTALS = 6


class Tenant(Sandbox):
    """One portal whose app comes and goes; `inside` is what the sandbox serves.

    No two events are of the same second, whoever sends them: lives follow each other on the same portal, and
    the same event twice would be taken for a repetition.
    """

    _time: ClassVar[int] = 0

    def __init__(self, ports: Ports, inside: running.Portal, app_url: str) -> None:
        super().__init__(ports, inside.number, app_url)
        self.inside = inside
        self.updated = False  # and the installer has not run since
        self.calm = True  # nothing has happened that may end a session before the app is removed

    @property
    def url(self) -> str:
        """Its address of today."""
        return self.inside.origin

    @property
    def member_id(self) -> str:
        """What stays the same."""
        return self.inside.member_id

    def rename(self) -> None:
        """The other one of its two addresses."""
        names = {"localhost": "127.0.0.1", "127.0.0.1": "localhost"}
        found = parse_url(self.inside.origin)
        self.inside.origin = f"http://{names[str(found.host)]}:{found.port}"

    def update(self) -> None:
        """A newer version."""
        self.act("bump_version")
        self.updated = True

    def uninstall(self, clean: bool) -> int:
        """The app goes; returns what our handler of events answered."""
        token = self.inside.application_token
        self.switch(events="drop")
        self.control("POST", "uninstall", {"clean": int(clean)})
        self.switch(events="normal")
        return self.event("ONAPPUNINSTALL", token, clean=clean).status

    def event(self, name: str, token: str, *, clean: bool) -> Reply:
        """One event, a second after the one before at least."""
        Tenant._time = max(Tenant._time, int(time.time())) + 1
        fields = {
            "event": name,
            "data[CLEAN]": str(int(clean)),
            "ts": str(self._time),
            "auth[domain]": self.host,
            "auth[member_id]": self.member_id,
            "auth[application_token]": token,
        }
        return Frame(self).post_form(f"{self.app_url}/events", fields)


class Grounds:
    """The app on one database."""

    def __init__(self, app: LocalApp, box: running.Running, engine: Engine) -> None:
        self.app, self.box, self.engine = app, box, engine
        self.steps = 0
        self._portals = itertools.cycle(box.portals)
        self._keys = itertools.count(1)
        self._key = TOKEN_KEY
        self._cipher = app.services.portals.application_tokens._cipher

    def tenant(self) -> Tenant:
        """A portal as on its first day."""
        inside = next(self._portals)
        inside.origin = inside.origin.replace("127.0.0.1", "localhost")
        tenant = Tenant(self.app.ports, inside, self.app.url)
        self.clear(tenant)
        tenant.reset("facts")
        tenant.switch(limiter=False)
        return tenant

    def clear(self, tenant: Tenant) -> None:
        """Nothing is left of it here."""
        self.app.services.portals.installations.uninstall(tenant.member_id, clean=True)

    def rotate(self) -> None:
        """What two restarts with other TOKEN_KEYS and `flask keys rotate` between them do."""
        older, self._key = self._key, f"key-number-{next(self._keys)}-of-the-lifetimes"
        self._restart(self._key, older)
        while reseal(self.engine, self._cipher):
            pass
        self._restart(self._key)

    def _restart(self, *keys: str) -> None:
        """Everything that was made from the keys is made anew, where it is."""
        self._cipher.__init__(keys)  # type: ignore[misc]
        tokens = self.app.services.portals.application_tokens
        tokens.__init__(tokens._engine, self._cipher)  # type: ignore[misc]

    def rows(self, member_id: str) -> dict[str, int]:
        """How many rows a portal has, by table; but for the note that there once was an installation."""
        found: dict[str, Any] = {}
        with reading(self.engine) as conn:
            for name, table in metadata.tables.items():
                if "member_id" in table.c:
                    mine = select(func.count()).select_from(table).where(table.c.member_id == member_id)
                    found[name] = conn.execute(mine).scalar_one()
        return {name: count for name, count in found.items() if count}

    def domain(self, member_id: str) -> str | None:
        """Where the app believes a portal to be."""
        with reading(self.engine) as conn:
            mine = select(installations.c.domain).where(installations.c.member_id == member_id)
            return conn.execute(mine).scalar()


@contextmanager
def grounds(url: str, folder: Path) -> Iterator[Grounds]:
    """The app and its portals; sweeps behind an uninstallation come soon, so that they meet what follows."""
    keys = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    port, engine = free_port(), make_engine(url)
    with (
        pytest.MonkeyPatch.context() as patch,
        running.start(portal_ports=(0,) * PORTALS, app_url=f"http://127.0.0.1:{port}", **keys) as box,
        registrar() as said,
    ):
        patch.setattr(leaving, "PAUSES", (0.05, 0.1, 0.2, 0.5, 1.0, 2.0))
        patch.setattr(wiring, "Governor", partial(Governor, rate=1e5, burst=100_000))  # nobody is this busy
        patch.setattr(logging.getLogger("werkzeug"), "disabled", True)
        number = {
            name: int(str(parse_url(origin).port))
            for name, origin in {"portal": box.origin, "oauth": box.oauth_origin}.items()
        }
        ports = Ports(portal=number["portal"], oauth=number["oauth"], app=port)
        with local_app(ports, url, folder, said, port) as app:
            yield Grounds(app, box, engine)
        app.services.portals.installations._engine.dispose()
    engine.dispose()
