"""Every toxic of the proxy on every thing that the app depends on: 8 × 4, on PostgreSQL and Redis.

Gentle toxics must not be noticed but by waiting; the others must be told in words, and nothing may be told
that is not so in the portal.
"""

from collections.abc import Callable

from tests.faults.proxy import Proxy
from tests.faults.site import OPERATOR, Site
from tests.faults.survival import DONE, Case, Tried, comes_back, portal_of, target, try_everything
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
UNSEEN = {"slow close", "down"}  # a kept connection may end after its trouble; who is away counts nothing
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
        proxy = _proxy(site, frame, where)
        with site.trouble(proxy, **{**GENTLE, **HARD}[toxic]):
            tried = try_everything(frame, chat)
        if toxic in GENTLE:
            assert (tried.listed.status, tried.outcome, tried.opened.status) == (200, "done", 200)
        else:
            assert _noticed(tried, where), f"not noticed: {tried.outcome}, opened {tried.opened.status}"
        if toxic not in UNSEEN:
            assert proxy.struck, f"nothing met the toxic {toxic}"
        comes_back(frame, chat)

    return run


def _noticed(tried: Tried, where: str) -> bool:
    """Whether what was tried could not do what it needs this target for."""
    if where == "Redis":
        return tried.opened.status == 503
    if where == "PostgreSQL":
        return tried.unwritten
    return tried.outcome not in DONE and (where == "portal" or tried.opened.status >= 400)


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
