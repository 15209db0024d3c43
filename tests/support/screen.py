"""What is to be seen on a page: texts that no catalogue has brought, and what does not fit."""

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Frame, Page

_SCRIPT = Path(__file__).with_suffix(".js").read_text().strip()
# Data of the portal, keys, numbers, times and dates stand in these; everything else is words.
DATA = "bdi, kbd, time, .initials, .num, .wait.clock, #line option[value]:not([value=''])"


def texts(where: Page | Frame) -> list[tuple[str, str]]:
    """Every visible text and name that is not data, with the element it stands in."""
    return [(text, place) for text, place in where.evaluate(f"data => ({_SCRIPT}).texts(data)", DATA)]


def misfits(where: Page | Frame, elastic: Sequence[str] = ("none",)) -> list[str]:
    """What is wider than its place; `elastic` selects what may end in an ellipsis."""
    found = where.evaluate(f"elastic => ({_SCRIPT}).misfits(elastic)", ", ".join(elastic))
    return [str(line) for line in found]
