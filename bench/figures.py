"""One figure of the report, and the report as a table. Figures inform; they never fail a run."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, the goal, and the ratio to what it is held against."""

    name: str
    value: str
    goal: str = ""
    ratio: str = ""
    good: bool | None = None


def table(figures: Sequence[Figure]) -> str:
    """The figures under each other, in Markdown."""
    head = ("Measure", "Value", "Goal", "Ratio", "")
    marks = {True: "ok", False: "missed", None: ""}
    rows = [head, *((one.name, one.value, one.goal, one.ratio, marks[one.good]) for one in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
