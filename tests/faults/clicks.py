"""The figure of clicks that are doubled, and of clicks that contradict each other.

Takes the share of its full size and a stage, and returns a sentence. Raises AssertionError where a command
was sent twice, or the last click did not win.
"""

import math
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from redis import Redis

from tests.faults.site import Site
from tests.faults.stage import PORTALS, Stage, weakened
from tests.faults.survival import is_pinned, pins, target
from tests.faults.twins import Twin, still, twins
from tests.support.frame import Frame
from tests.support.redis import RedisServer

TRIALS = 500  # of double clicks in each of the three configurations, of last intents in all of them
_DOUBLED, _INTENTS = 25, 7  # trials on one desk; more would not fit into the budget of its portal
_WITHOUT_TURNS, _OF_THEM = 20, 5  # there every click is a request
_APART, _SLOW = 0.15, 0.2  # seconds between clicks in turn, and of each at the portal


def double_clicks(scale: float, stage: Stage) -> str:
    """The same click twice to ten times at once is one command; of clicks in turn the last one counts.

    In one process, and in two that share Redis, the clicks going to both by turns. And the control: without
    turns commands are sent twice.
    """
    trials, intents = max(20, int(TRIALS * scale)), max(3, math.ceil(TRIALS / 3 * scale))
    _clicked(stage.site, trials, intents)
    with ExitStack() as stack:
        redis = RedisServer().start()
        stack.callback(redis.stop)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        shared = {"REDIS_URL": redis.url, "WEB_CONCURRENCY": "2"}
        site = stack.enter_context(Site(folder, "sqlite", PORTALS, shared))
        _clicked(site, trials, intents, stack.enter_context(Redis.from_url(redis.url)))
    site = stage.site_on("postgresql")
    with site.store_client() as client:
        _clicked(site, trials, intents, client)
    with weakened("turnless") as site:
        twice = sum(_doubled(site, _OF_THEM)[0] for _ in range(_WITHOUT_TURNS // _OF_THEM))
    assert twice, "nothing is sent twice without turns: the figure shows nothing"
    return (
        f"{trials} double clicks ×2…×10: 0 duplicate commands; the last of six intents won {intents} of "
        f"{intents} times; so in one process, and by turns in two that share Redis, on SQLite and on "
        f"PostgreSQL, {3 * trials} and {3 * intents} in all; control: {twice} of {_WITHOUT_TURNS} sent twice "
        f"without turns"
    )


def _clicked(site: Site, trials: int, intents: int, redis: Redis | None = None) -> None:
    """So many of both in all processes of a site, on as many desks as their portals' budgets ask for.

    Raises AssertionError unless all went well.
    """
    twice = wrong = 0
    for count in _parts(trials, _DOUBLED):
        doubled, otherwise = _doubled(site, count)
        twice, wrong = twice + doubled, wrong + otherwise
    lost = sum(_intended(site, count, redis) for count in _parts(intents, _INTENTS))
    assert twice == 0, f"{twice} of {trials} double clicks were sent twice"
    assert wrong == 0, f"{wrong} of {trials} double clicks ended otherwise than wished"
    assert lost == 0, f"{lost} of {intents} last intents did not win"


def _parts(total: int, most: int) -> list[int]:
    """The total in parts of that size, the last one smaller."""
    return [min(most, total - done) for done in range(0, total, most)]


def _doubled(site: Site, trials: int) -> tuple[int, int]:
    """Double clicks on a desk of their own: how many were sent twice, and ended otherwise than wished."""
    frame = site.desk()
    chat, frames = target(frame), twins(site.app, frame, 10)
    ends = [_at_once(frame, frames[: 2 + trial % 9], chat) for trial in range(trials)]
    _everywhere(site, frames)
    return sum(sent > 1 for sent, _ in ends), sum(not won for _, won in ends)


def _intended(site: Site, trials: int, redis: Redis | None) -> int:
    """Clicks in turn on a desk of their own: how often the last one did not win."""
    frame = site.desk()
    if redis is None:
        frame.sandbox.switch(latency={f"imopenlines.session.mode.{name}": _SLOW for name in ("pin", "unpin")})
    chat, frames = target(frame), twins(site.app, frame, 6)
    lost = sum(_last_intent(frame, frames, chat, redis) for _ in range(trials))
    _everywhere(site, frames)
    return lost


def _everywhere(site: Site, frames: list[Twin]) -> None:
    workers = site.app.workers()
    assert still(site.app, frames[: len(workers)]) == set(workers), "clicks went to every process"


def _at_once(frame: Frame, frames: list[Twin], chat: int) -> tuple[int, bool]:
    """The same click in all these tabs: how many commands reached the portal, and whether it is so then."""
    name = "unpin" if is_pinned(frame, chat) else "pin"
    frame.sandbox.forget()
    with ThreadPoolExecutor(len(frames)) as pool:
        list(pool.map(lambda each: each.act(name, chat), frames))
    return pins(frame), is_pinned(frame, chat) is (name == "pin")


def _last_intent(frame: Frame, frames: list[Twin], chat: int, redis: Redis | None) -> bool:
    """Six clicks in turn, pin last; True when the last one did not win.

    On a busy machine a request may be read later than the next one. With Redis each click waits until the
    one before has its place in the line, or its answer; nobody sees the line of one process from outside, so
    there they come further apart, at a portal that takes longer still.
    """
    names = ["pin", "unpin"] * 3 if is_pinned(frame, chat) else ["unpin", "pin"] * 3
    seen: set[bytes] = set()
    with ThreadPoolExecutor(6) as pool:
        for name, each in zip(names, frames, strict=False):
            sent = pool.submit(each.act, name, chat)
            time.sleep(0.03 if redis is not None else _APART)
            while redis is not None and not sent.done() and _claims(redis) <= seen:
                time.sleep(0.005)
            seen |= _claims(redis) if redis is not None else set()
    return is_pinned(frame, chat) is not (names[-1] == "pin")


def _claims(redis: Redis) -> set[bytes]:
    """The clicks that wait or are under way, as the app's processes share them."""
    return {name for line in redis.scan_iter(match="pinline:claims:*") for name in redis.zrange(line, 0, -1)}
