"""Writes docs/asvs.md from docs/asvs.csv: `python -m scripts.asvs`. The table is edited, the page never.

What is missing stands first, so that nobody has to look for it.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE, PAGE = ROOT / "docs" / "asvs.csv", ROOT / "docs" / "asvs.md"
MET, PARTLY, GAP, NOT_APPLICABLE = VERDICTS = ("met", "partly", "gap", "not applicable")
CHAPTERS = (
    "Encoding and sanitization",
    "Validation and business logic",
    "The page",
    "Requests and answers",
    "Files",
    "Who is asking",
    "Sessions",
    "Who may what",
    "Signed tokens",
    "OAuth",
    "Cryptography",
    "Connections",
    "Configuration",
    "Data",
    "Architecture",
    "Logs and errors",
    "WebRTC",
)
INTRODUCTION = """# OWASP ASVS 5.0, levels 1 and 2

How Pinline stands to each requirement of levels 1 and 2 of the Application Security Verification Standard
5.0.0. The numbers are the [standard's](https://github.com/OWASP/ASVS/tree/v5.0.0_release/5.0), whose texts
are there; the words here are ours. It is our own reading of our own code, no audit by somebody else.

**Met** names tests or code that show it, **partly** says what is missing, a **gap** is missing altogether,
and what is **not applicable** has its reason. A test holds that every requirement stands here once and that
everything that is named exists. Ways in, sessions, rights, limits, data, keys and logs are described in
[security-details.md](security-details.md).
This page is written by `python -m scripts.asvs` from [asvs.csv](asvs.csv).
"""


@dataclass(frozen=True)
class Requirement:
    """One row: `number` such as 3.4.1, `level` 1 or 2, `evidence` as references (see `linked`)."""

    number: str
    level: int
    verdict: str
    subject: str
    why: str
    evidence: tuple[str, ...]

    @property
    def chapter(self) -> int:
        """The chapter's number."""
        return int(self.number.partition(".")[0])


def read(path: Path = TABLE) -> list[Requirement]:
    """The rows of the table in their order."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Requirement(
                row["number"],
                int(row["level"]),
                row["verdict"],
                row["subject"],
                row["why"],
                tuple(part.strip() for part in row["evidence"].split(";") if part.strip()),
            )
            for row in csv.DictReader(file)
        ]


def page(rows: Sequence[Requirement]) -> str:
    """The whole page."""
    parts = [INTRODUCTION, _counts(rows)]
    parts += [_section("## Gaps", _of(rows, GAP)), _section("## Partly met", _of(rows, PARTLY)), "## Met\n"]
    for number, name in enumerate(CHAPTERS, 1):
        chapter = [row for row in _of(rows, MET) if row.chapter == number]
        parts += [_section(f"### {number}. {name}", chapter)] if chapter else []
    return "\n".join([*parts, _section("## Not applicable", _of(rows, NOT_APPLICABLE))])


def linked(reference: str) -> str:
    """`file::name`, `file#Heading` or `file`, from the root of the project, as a link of this page."""
    path, _, name = reference.partition("::")
    path, _, heading = path.partition("#")
    file = Path(path)
    text = name or (f"{file.name}: {heading}" if heading else file.name)
    inside = file.parts[0] == "docs"
    return f"[{text}]({file.relative_to('docs') if inside else Path('..') / file})"


def _of(rows: Iterable[Requirement], verdict: str) -> list[Requirement]:
    return [row for row in rows if row.verdict == verdict]


def _counts(rows: Sequence[Requirement]) -> str:
    count = Counter((row.level, row.verdict) for row in rows)
    lines = ["| | " + " | ".join(VERDICTS) + " | all |", "|---|" + "---:|" * 5]
    for name, levels in (("level 1", (1,)), ("level 2", (2,)), ("both", (1, 2))):
        numbers = [sum(count[level, verdict] for level in levels) for verdict in VERDICTS]
        lines.append(f"| {name} | " + " | ".join(map(str, [*numbers, sum(numbers)])) + " |")
    applying = [row for row in rows if row.verdict != NOT_APPLICABLE]
    tested = sum(any(part.startswith("tests/") for part in row.evidence) for row in applying)
    return "\n".join([*lines, "", f"Of the {len(applying)} that apply, {tested} name a test.", ""])


def _section(title: str, rows: Iterable[Requirement]) -> str:
    lines = [title, "", "| | L | What | How it stands | Shown by |", "|---|---|---|---|---|"]
    for row in rows:
        shown = ", ".join(linked(reference) for reference in row.evidence)
        lines.append(f"| {row.number} | {row.level} | {row.subject} | {row.why} | {shown} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(page(read()), encoding="utf-8")
