"""Faults on order: which requests go wrong, how often, and how. wire.py and rest.py carry them out."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

WHOLE = frozenset(
    [
        "503",
        "503html",
        "500",
        "502",
        "html",
        "slow",
        "hang",
        "reset",
        "drip",
        "truncated",
        "302",
        "empty",
        "huge",
    ]
)  # a whole request; the rest strikes single methods
KINDS = WHOLE | {"429", "error", "lock_busy", "expired", "refuse"}
EXECUTED = ("slow", "drip", "truncated")  # carried out in any case
REFUSALS = frozenset(["error", "refuse"])  # a code and a status of one's own
STRIKES = {"portal": KINDS, "oauth": WHOLE | REFUSALS | {"expired"}}  # the others are about methods of REST


@dataclass
class Fault:
    """One order. `after` carries the request out first, so that only the answer is lost."""

    number: int
    target: str
    method: str
    kind: str
    times: int | None = None
    seconds: float = 1.0
    after: bool = False
    code: str = ""
    status: int = 400
    user_id: int | None = None

    def spec(self) -> dict[str, Any]:
        """The order as JSON values."""
        return dict(vars(self))


@dataclass
class Faults:
    """The standing orders of one portal (or of the authorization server)."""

    orders: list[Fault] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, wanted: dict[str, Any]) -> Fault:
        """Take an order; raises ValueError for an unknown target, or a kind that cannot strike there."""
        kind, target = str(wanted.get("kind", "")), str(wanted.get("target", "portal"))
        if target not in STRIKES:
            raise ValueError("target must be portal or oauth")
        if kind not in STRIKES[target]:
            raise ValueError(f"kind for {target} must be one of {', '.join(sorted(STRIKES[target]))}")
        method = str(wanted.get("method") or "*").lower()
        if (target, kind) == ("oauth", "expired") and method not in ("*", "app.info"):
            raise ValueError("expired strikes at app.info alone: a grant asks for no access token")
        times, user_id = wanted.get("times"), wanted.get("user_id")
        fault = Fault(
            number=next(self.numbers),
            target=target,
            method=method,
            kind=kind,
            times=None if times is None else int(times),
            seconds=float(wanted.get("seconds") or (60 if kind == "hang" else 1)),
            after=bool(wanted.get("after", False)),
            code=str(wanted.get("code", "")),
            status=int(wanted.get("status") or 400),
            user_id=None if user_id is None else int(user_id),
        )
        with self.lock:
            self.orders.append(fault)
        return fault

    def take(
        self,
        target: str,
        names: Iterable[str],
        kinds: Iterable[str] | None = None,
        user_id: int | None = None,
    ) -> Fault | None:
        """The first order that fits one of the names, counted down."""
        wanted = {"*", *(name.lower() for name in names)}
        with self.lock:
            for fault in self.orders:
                if fault.target != target or fault.method not in wanted:
                    continue
                if (kinds is not None and fault.kind not in kinds) or fault.times == 0:
                    continue
                if fault.user_id is not None and fault.user_id != user_id:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def clear(self, number: int | None = None) -> None:
        """Back to a portal without faults, or without the one of that number."""
        with self.lock:
            self.orders[:] = [fault for fault in self.orders if number not in (None, fault.number)]
