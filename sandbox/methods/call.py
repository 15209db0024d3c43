"""What a method gets: the portal, the token's user and the parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.portal import Portal
from sandbox.rest_errors import RestFault
from sandbox.world import User, World


@dataclass(frozen=True)
class Call:
    """One call of one method by one user. `scopes` are the token's; `locked`: the session is busy."""

    portal: Portal
    user: User
    method: str
    params: dict[str, Any]
    scopes: tuple[str, ...] = ()
    locked: bool = False

    @property
    def world(self) -> World:
        """The portal's world."""
        return self.portal.world

    def text(self, name: str, default: str = "") -> str:
        """A parameter as text."""
        value = self.params.get(name, default)
        return default if value is None else str(value)

    def number(self, name: str, default: int = 0) -> int:
        """A parameter as PHP's int cast sees it."""
        return as_int(self.params.get(name), default)

    def switch(self, name: str) -> Any:
        """A switch of the portal."""
        return self.portal.switches[name]

    def wait(self) -> None:
        """The time that this portal takes for the method, or for one dialog of many."""
        latency = self.switch("latency")
        seconds = float(latency.get(self.method, latency.get("*", 0)))
        if seconds:
            self.portal.stopping.wait(seconds)

    def need_admin(self) -> None:
        """Refuse everybody but administrators."""
        if not self.user.admin:
            raise RestFault("ACCESS_DENIED", "Access denied!", 403)


@dataclass(frozen=True)
class Listed:
    """A page of a list: `total` and `next` stand beside the result, not in it."""

    items: Any
    total: int
    next: int | None = None


@dataclass(frozen=True)
class Method:
    """A row of the table: scope, code, and whether parameter names are upper-cased first."""

    scope: str
    run: Callable[[Call], Any]
    upper: bool = True
    stepwise: bool = False  # takes its time and the portal's lock for each dialog by itself


def as_int(value: Any, default: int = 0) -> int:
    """PHP's int cast: leading digits count, everything else is 0."""
    if value is None or value == "":
        return default
    if isinstance(value, bool | int | float):
        return int(value)
    digits = str(value).strip()
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    head = digits[: next((at for at, char in enumerate(digits) if not char.isdigit()), len(digits))]
    return sign * int(head) if head else default


def dialog_chat_id(dialog_id: str) -> int:
    """`chat1763` as 1763; 0 when it is not a chat."""
    return as_int(dialog_id[4:]) if dialog_id.startswith("chat") else 0
