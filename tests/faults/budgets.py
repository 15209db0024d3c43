"""The figure of a portal's budget: eight workers whose operators want more than the portal allows.

The limit is the sandbox's, as the documentation's page "Limits" names it for most plans: 2 requests a second
out of a bucket of 50, counted by portal and source address, 503 above that.
"""

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from tests.faults.site import APP, OPERATOR, Site
from tests.faults.stage import Stage
from tests.faults.survival import check_words
from tests.support.frame import Frame, Reply
from tests.support.redis import RedisServer

WORKERS, DRAIN, SIZE = 8, 2.0, 50
USED = 0.9  # of what the portal allows, at least: a budget that nobody wants shows nothing
_LEAST, _FULL = 15.0, 600.0  # seconds
_DIALOGS = 60
_starting = threading.Lock()  # the migration tool has one database at a time in a process
_ALONE = "tests.faults.weakened_app:counting_alone()"

Job = tuple[str, Callable[[Frame], Reply]]
"""What it is, and what a tab does again and again."""


@dataclass
class Load:
    """What the operators of one portal have asked for in so many seconds, and what the portal has seen."""

    seconds: float
    asked: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    portal: list[int] = field(default_factory=list)
    changing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def refused(self) -> int:
        """Requests that were too many for the portal."""
        return self.portal.count(503)

    @property
    def share(self) -> float:
        """How much of what the portal allows was used."""
        return len(self.portal) / (SIZE + DRAIN * self.seconds)

    def told(self) -> str:
        """In a few words."""
        late = sorted(self.waits)[int(len(self.waits) * 0.95)]
        return (
            f"{len(self.portal)} requests ({self.share:.0%} of the budget), {self.refused} refused, "
            f"{self.asked[429]} of {self.asked.total()} questions put off, clicks p95 {late:.1f} s"
        )


def request_rate(scale: float, _: Stage) -> str:
    """Lists, cards, clicks, bulk runs and openings for ten minutes on either store: none is refused.

    And the control: workers that count by themselves are refused.
    """
    seconds = max(_LEAST, _FULL * scale)
    stores = ("sqlite", "postgresql") if scale >= 1 else ("postgresql",)
    with ThreadPoolExecutor(len(stores) + 1) as pool:
        control = pool.submit(under_load, "sqlite", _LEAST, _ALONE)
        loads = list(pool.map(lambda store: under_load(store, seconds), stores))
    told = [f"{store} {load.told()}" for store, load in zip(stores, loads, strict=True)]
    for load, words in zip(loads, told, strict=True):
        assert load.refused == 0, words
        assert load.share >= USED, words
        assert set(load.asked) <= {200, 429}, f"{load.asked}"
    alone = control.result()
    assert alone.refused, f"nothing is refused to workers that count alone: {alone.told()}"
    return (
        f"{WORKERS} workers, {seconds:.0f} s of mixed load, {DRAIN:.0f} a second out of {SIZE}: "
        f"{'; '.join(told)}; control: {alone.refused} refused to workers that count alone"
    )


def under_load(store: str, seconds: float, what: str = APP) -> Load:
    """The load for so many seconds on an app of its own."""
    load = Load(seconds)
    with crowded(store, what) as site:
        frame = site.desk("many", dialogs=_DIALOGS)
        portal = frame.sandbox
        portal.switch(limiter=True)
        portal.forget()
        ends = time.monotonic() + seconds
        with ThreadPoolExecutor(2 * WORKERS) as pool:
            jobs = [pool.submit(_work, frame, job, load, ends) for job in _jobs(frame)]
        for job in jobs:
            job.result()
        load.portal = [row["status"] for row in portal.requests() if row["host"] == "portal"]
    return load


@contextmanager
def crowded(store: str, what: str) -> Iterator[Site]:
    """An app with so many workers, which share Redis."""
    with ExitStack() as stack:
        folder, extra = Path(stack.enter_context(tempfile.TemporaryDirectory())), {}
        if store == "sqlite":
            redis = RedisServer().start()
            stack.callback(redis.stop)
            extra["REDIS_URL"] = redis.url
        extra["WEB_CONCURRENCY"] = str(WORKERS)
        with _starting:
            site = stack.enter_context(Site(folder, store, 1, extra, what))
        yield site


def _jobs(frame: Frame) -> Iterator[Job]:
    """One for each of 16 tabs."""
    chats = [chat for chat, row in frame.dialogs().items() if row["mine"]]
    for chat in chats[:6]:
        yield "click", _acts(("pin", "unpin"), ((chat,),))
    for part in (chats[10:30], chats[30:50]):
        yield "bulk", _acts(("pin", "pin", "unpin", "unpin"), (part[:10], part[10:]))
    for chat in chats[:4]:
        yield "card", lambda tab, chat=chat: tab.get(f"/api/dialogs/{chat}")  # type: ignore[misc]
    for _ in range(3):
        yield "list", lambda tab: tab.get("/api/dialogs")
    yield "opening", lambda tab: tab.open()


def _acts(names: Sequence[str], chats: Sequence[Sequence[int]]) -> Callable[[Frame], Reply]:
    """These actions by turns on these groups of dialogs by turns."""
    name, group = cycle(names), cycle(chats)
    return lambda tab: tab.act(next(name), *next(group))


def _work(frame: Frame, job: Job, load: Load, ends: float) -> None:
    """One tab on a connection of its own until the time is over."""
    kind, asks = job
    tab = Frame(frame.sandbox, OPERATOR)
    tab.token = frame.token
    while time.monotonic() < ends:
        began = time.monotonic()
        reply = asks(tab)
        check_words(reply)
        with load.changing:
            load.asked[reply.status] += 1
            if kind == "click" and reply.status == 200:
                load.waits.append(time.monotonic() - began)
        time.sleep(random.uniform(0.2, 0.6))
