"""The figure of repeats: how much more a portal is asked when half of its answers fail.

Takes the share of its full size and a stage, and returns a sentence. Raises AssertionError where it is asked
too often.
"""

import random
from collections import Counter, deque
from collections.abc import Sequence

from tests.faults.proxy import Planned, Toxics
from tests.faults.site import Site
from tests.faults.stage import Stage, weakened
from tests.faults.survival import portal_of, target
from tests.faults.wire import http

ASKED, _QUICK = 600, 40
ATTEMPTS = 3
_FAILURES = {
    "502": Planned(http(502, b"<html>", kind="text/html"), "keep"),
    "503": Planned(http(503, b'{"error":"QUERY_LIMIT_EXCEEDED","error_description":"x"}'), "keep"),
    "reset": Planned(b"", "reset"),
}
_NAMES = {answer: name for name, answer in _FAILURES.items()}


def repeats(scale: float, stage: Stage) -> str:
    """600 cards of dialogs, every answer of the portal failing by even chance: 502, 503 or a reset.

    They go at the pace of the app's own governor, two a second once the bucket is empty; the budget of
    repeats is a portal's, so that more portals would show less. And the control: a budget without an end.
    """
    asked = max(_QUICK, int(ASKED * scale))
    sent, failed = _asked(stage.site, asked)
    most = _most(asked)
    told = f"{sent} requests for {asked} meant ({sent / asked:.2f}×), {_words(failed)}"
    assert sent <= most, told
    with weakened("repeating_always") as site:
        more, _ = _asked(site, _QUICK, ("502", "reset"))
    assert more > _most(_QUICK), f"{more} requests for {_QUICK} without a budget: the figure shows nothing"
    return f"half of the answers failing: {told}; control: {more} for {_QUICK} without their budget"


def _most(asked: int) -> float:
    """A tenth more; of few requests what a portal begins with weighs heavier: ten, and eight in a hundred."""
    return max(1.1 * asked, 10 + 1.08 * asked)


def _asked(site: Site, wanted: int, kinds: Sequence[str] = tuple(_FAILURES)) -> tuple[int, Counter[str]]:
    """Ask until so many questions have reached the portal; its requests, and those that it failed.

    A question that the app itself puts off, unsent, is none of them.
    """
    frame, chance = site.desk(), random.Random(1)
    portal, chat = portal_of(frame), target(frame)
    answers = [chance.choice([None, _FAILURES[kind]]) for _ in range(wanted * ATTEMPTS) for kind in kinds]
    portal.proxy.toxics = Toxics(plan=deque(answers))
    meant = sent = 0
    while meant < wanted:
        assert frame.get(f"/api/dialogs/{chat}").status != 401, "the session has ended"
        before, sent = sent, len(answers) - len(portal.proxy.toxics.plan)
        assert sent - before <= ATTEMPTS, f"{sent - before} requests for one question"
        meant += sent > before
    portal.proxy.heal()
    failed = Counter(_NAMES[answer] for answer in answers[:sent] if answer)
    assert set(failed) == set(kinds), failed
    assert failed.total() >= 0.4 * sent, f"{failed.total()} of {sent} answers failed"
    return sent, failed


def _words(failed: Counter[str]) -> str:
    return ", ".join(f"{count} times {name}" for name, count in sorted(failed.items()))
