"""Every toxic of the proxy on every thing that the app depends on: 8 × 4, on PostgreSQL and Redis.

Gentle toxics must not be noticed but by waiting; the others must be told in words, and nothing may be told
that is not so in the portal.
"""

from collections.abc import Callable

from tests.faults.proxy import Proxy
from tests.faults.site import OPERATOR, Site
from tests.faults.survival import Case, asked, comes_back, portal_of, redis_is_asked_again, target, write
from tests.support.frame import Frame

GENTLE: dict[str, dict[str, object]] = {
    "latency": {"latency": 0.1},
    "bandwidth": {"bandwidth": 40_000},
    "slow close": {"slow_close": 1.0},
    "slicer": {"slicer": 256},
}
HARD: dict[str, dict[str, object]] = {
    "down": {"down": True},
    "hang": {"hang": True},
    "reset": {"reset": True},
    "limited data": {"limit_data": 40},
}
TARGETS = ("portal", "authorization", "PostgreSQL", "Redis")
SAMPLE = {
    *{
        ("latency", "Redis"),
        ("bandwidth", "portal"),
        ("slow close", "authorization"),
        ("slicer", "PostgreSQL"),
    },
    *{("down", "authorization"), ("hang", "portal"), ("reset", "PostgreSQL"), ("limited data", "Redis")},
}
"""What the ordinary suite tries: each toxic once and each target twice."""


def _proxy(site: Site, frame: Frame, where: str) -> Proxy:
    found = {"authorization": site.oauth, "PostgreSQL": site.database, "Redis": site.redis}
    proxy = found.get(where, portal_of(frame).proxy)
    assert proxy is not None
    return proxy


def trial(toxic: str, where: str) -> Callable[[Site], None]:
    """Read, write and open while one thing misbehaves, the operator's token being too old already."""

    def run(site: Site) -> None:
        frame = site.desk()
        chat = target(frame)
        if where == "authorization":
            frame.sandbox.expire_tokens(OPERATOR)
        with _proxy(site, frame, where).trouble(**{**GENTLE, **HARD}[toxic]):
            listed = asked(lambda: frame.get("/api/dialogs"))
            _, outcome = write(frame, chat)
            newcomer = Frame(frame.sandbox, OPERATOR)
            opened = asked(newcomer.open)
            if toxic in GENTLE:
                assert (listed.status, outcome, opened.status) == (200, "done", 200)
        comes_back(frame, chat)
        if where == "Redis":
            redis_is_asked_again()

    return run


CASES = tuple(
    Case(
        "matrix",
        f"{toxic}, {where}",
        trial(toxic, where),
        ("postgresql",),
        alone=where != "portal",
        quick=(toxic, where) in SAMPLE,
    )
    for where in TARGETS
    for toxic in (*GENTLE, *HARD)
)
