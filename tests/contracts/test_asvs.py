"""docs/asvs.md is whole, and true as far as a test can tell: what it names exists, each requirement once."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.asvs import CHAPTERS, GAP, MET, NOT_APPLICABLE, PAGE, PARTLY, VERDICTS, Requirement, page, read
from tests.support.references import is_there

ROOT = Path(__file__).resolve().parents[2]
# By chapter and section, the levels of the requirements in their order, as ASVS 5.0.0 counts them.
LEVELS = (
    "22 1111122223 112222222223 222 123",
    "122 112 12223 23",
    "3 113 12223 11222233 11122333 3 22333",
    "12233 23333 22 1222",
    "2 112333 113 222",
    "122 111111112222 11223333 112233 22222333 2223 33 2222",
    "222 1111 22 11222 223 22",
    "1233 1123 133 23",
    "111 1222",
    "22 223 22223 1111122222233333 22222 22 222",
    "2233 22233 11233 1222 23 23 33",
    "12233 11 22223",
    "2333 222223 2233 1222233",
    "22 12223333 122",
    "12233 12233 1222222 3333",
    "2 22222 2222 222 2223",
    "23 22223333 22",
)
ROWS = read()


def wanted() -> dict[str, int]:
    """Number and level of each requirement of levels 1 and 2."""
    every = {
        f"{chapter}.{section}.{number}": int(level)
        for chapter, sections in enumerate(LEVELS, 1)
        for section, levels in enumerate(sections.split(), 1)
        for number, level in enumerate(levels, 1)
    }
    return {number: level for number, level in every.items() if level < 3}


def differences(rows: list[Requirement]) -> list[str]:
    """Requirements that are missing, doubled, invented or of another level."""
    count, right = Counter((row.number, row.level) for row in rows), set(wanted().items())
    wrong = [
        f"{number} of level {level}: {times}"
        for (number, level), times in count.items()
        if times != 1 or (number, level) not in right
    ]
    return wrong + [f"{number} is missing" for number, level in sorted(right - set(count))]


def flaws(row: Requirement, root: Path = ROOT) -> list[str]:
    """What is wrong with one row: names of nothing, no reason, no evidence."""
    found = [reference for reference in row.evidence if not is_there(reference, root)]
    found += [] if row.verdict in VERDICTS and row.subject and row.why else ["words"]
    found += ["evidence"] if row.verdict in (MET, PARTLY) and not row.evidence else []
    found += ["|"] if "|" in f"{row.subject}{row.why}" else []
    return [f"{row.number}: {flaw}" for flaw in found]


def test_the_standard_is_counted_rightly() -> None:
    assert Counter("".join(LEVELS).replace(" ", "")) == {"1": 70, "2": 183, "3": 92}
    assert len(LEVELS) == len(CHAPTERS)


def test_every_requirement_stands_in_the_table_once() -> None:
    assert differences(ROWS) == []
    assert [row.number for row in ROWS] == list(wanted()), "in the standard's order"


def test_all_that_is_named_exists() -> None:
    assert [flaw for row in ROWS for flaw in flaws(row)] == []
    tests = {part for row in ROWS for part in row.evidence if part.startswith("tests/")}
    assert len(tests) > 100


def test_the_page_says_what_the_table_says() -> None:
    assert PAGE.read_text() == page(ROWS), "python -m scripts.asvs writes it anew"
    lines = PAGE.read_text().splitlines()
    order = [lines.index(title) for title in ("## Gaps", "## Partly met", "## Met", "## Not applicable")]
    assert order == sorted(order)
    for row in ROWS:
        assert sum(line.startswith(f"| {row.number} | {row.level} |") for line in lines) == 1


def test_a_row_that_is_missing_doubled_or_invented_is_found() -> None:
    assert differences(ROWS[1:]) == ["1.1.1 is missing"]
    assert differences([*ROWS, ROWS[0]]) == ["1.1.1 of level 2: 2"]
    assert differences([*ROWS, replace(ROWS[0], number="1.1.3")]) == ["1.1.3 of level 2: 1"]
    assert len(differences([replace(ROWS[0], level=1), *ROWS[1:]])) == 2


@pytest.mark.parametrize(
    "reference",
    [
        "tests/contracts/test_asvs.py::test_that_nobody_wrote",
        "tests/contracts/test_nothing.py::test_asvs",
        "app/web/session.py::HeaderSessions.nothing",
        "app/web/session.py::nothing_at_all",
        "docs/security.md#No such heading",
        "static/desk/state.js::nothing",
        "docs/nothing.md",
        "",
    ],
)
def test_a_name_of_nothing_is_found(reference: str) -> None:
    row = Requirement("1.1.1", 2, MET, "what", "why", (reference,))
    assert flaws(row) == [f"1.1.1: {reference}"]


def test_names_of_something_are_known() -> None:
    here = "tests/contracts/test_asvs.py::test_names_of_something_are_known"
    known = (here, "app/web/session.py::HeaderSessions.ticket", "docs/security.md#The rules", "Makefile")
    assert (
        flaws(Requirement("1.1.1", 2, PARTLY, "what", "why", (*known, "static/desk/state.js::state"))) == []
    )


@pytest.mark.parametrize("verdict", [MET, PARTLY])
def test_a_claim_without_evidence_or_reason_is_found(verdict: str) -> None:
    assert flaws(Requirement("1.1.1", 2, verdict, "what", "why", ())) == ["1.1.1: evidence"]
    assert flaws(Requirement("1.1.1", 2, GAP, "what", "why", ())) == []
    assert flaws(Requirement("1.1.1", 2, NOT_APPLICABLE, "what", "", ())) == ["1.1.1: words"]
    assert flaws(Requirement("1.1.1", 2, "nearly", "what", "why", ())) == ["1.1.1: words"]


def test_most_of_what_applies_is_tested() -> None:
    applying = [row for row in ROWS if row.verdict != NOT_APPLICABLE]
    tested = [row for row in applying if any(part.startswith("tests/") for part in row.evidence)]
    assert len(tested) >= 0.8 * len(applying)
    assert f"Of the {len(applying)} that apply, {len(tested)} name a test." in PAGE.read_text()
