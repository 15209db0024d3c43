"""One portal: its world, the installed application, switches, faults and records."""

import hashlib
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox import seed, switches
from sandbox.faults import Faults
from sandbox.limits import Bucket, Operating
from sandbox.record import Record
from sandbox.tokens import Pair, Tokens
from sandbox.world import Chat, Message, User, World, untold


@dataclass
class AppRow:
    """The application as the portal knows it. `added` without `installed` shows the installer."""

    added: bool = False
    installed: bool = False
    version: int = 1
    token_number: int = 1  # which value of the application token is in force
    first_run_seen: set[int] = field(default_factory=set)
    handlers: list[dict[str, Any]] = field(default_factory=list)
    placements: list[dict[str, Any]] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    user_options: dict[int, dict[str, Any]] = field(default_factory=dict)
    sids: dict[str, int] = field(default_factory=dict)  # APP_SID -> user id of the frames in use


class Portal:
    """State of one portal; `lock` guards the world and the application row."""

    def __init__(self, number: int, origin: str, oauth_origin: str, app_url: str, tokens: Tokens) -> None:
        self.number = number
        self.origin = origin
        self.oauth_origin = oauth_origin
        self.app_url = app_url
        self.tokens = tokens
        self.member_id = hashlib.md5(f"sandbox portal {number}".encode()).hexdigest()
        self.lock = threading.RLock()
        self.record = Record()
        self.stopping = threading.Event()
        self.announce: Callable[[str, Chat, Message | None], None] = untold
        self._world: World | None = None
        self.reset("contact_centre", 200, installed=False)

    def reset(self, seed_name: str, dialogs: int, *, installed: bool | None) -> None:
        """Start over: a fresh world, no tokens, no faults, default switches.

        `installed` None: the app keeps its row with handlers and places, and dialogs move on if they did.
        """
        with self.lock:
            self._seed, self._world = (seed_name, dialogs), None
            before, self.switches = getattr(self, "switches", {}), switches.fresh()
            if installed is None:
                self.switches["life"] = before["life"]
            else:
                self.app = AppRow(added=installed, installed=installed)
            self.switches["null_queue_row"] = seed_name == "facts"
            self.faults = Faults()
            self.bucket = Bucket()
            self.operating = Operating()
            self.frame_messages: deque[dict[str, Any]] = deque(maxlen=500)
            self.deliveries: deque[dict[str, Any]] = deque(maxlen=500)
            self.record.clear()
            self.tokens.forget(self.number)

    @property
    def world(self) -> World:
        """People and chats; made when somebody looks, because hundreds of portals may be up unvisited."""
        with self.lock:
            if self._world is None:
                self._world = seed.make(*self._seed)
                self._world.tell = lambda event, chat, message: self.announce(event, chat, message)
                self._world.silent_is_personal = lambda: self.switches["silent_scope"] == "personal"
            return self._world

    @property
    def host(self) -> str:
        """`localhost:9000`: what DOMAIN says."""
        return self.origin.partition("://")[2]

    @property
    def client_endpoint(self) -> str:
        """The base of REST."""
        return f"{self.origin}/rest/"

    @property
    def server_endpoint(self) -> str:
        """The authorization server's base."""
        return f"{self.oauth_origin}/rest/"

    @property
    def application_token(self) -> str:
        """Proves events (page events/safe-event-handlers), as long as the portal keeps its row of the app.

        The portal makes it of that row's number and the app's secret: another of them is another token.
        """
        secret = f"{self.member_id}|{self.app.token_number}|{self.tokens.client_secret}|sandbox"
        return hashlib.md5(secret.encode()).hexdigest()

    @property
    def scope(self) -> tuple[str, ...]:
        """The application's scopes."""
        return tuple(name for name in str(self.switches["scope"]).split(",") if name)

    def issue(self, user_id: int, client_id: str = "") -> Pair:
        """A fresh pair for a user, of our application unless another is named."""
        return self.tokens.issue(self.number, user_id, self.scope, client_id)

    def user(self, user_id: int | None) -> User:
        """The employee, or the main operator; raises KeyError for a stranger."""
        return self.world.users[self.world.main_user if user_id is None else user_id]

    def page_url(self, kind: str) -> str:
        """Where the frame goes: `app` or `install`."""
        return f"{self.app_url}/{kind}"
