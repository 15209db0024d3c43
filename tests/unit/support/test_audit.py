"""`make audit` gives a verdict on what can be judged and names what cannot."""

from typing import Any

import pytest

from scripts.audit import lines, verdict

SOUND: dict[str, Any] = {"name": "flask", "version": "3.1.3", "vulns": []}
FOUND = {"id": "PYSEC-1", "fix_versions": ["2.0"]}
WEAK: dict[str, Any] = {"name": "mako", "version": "1.0", "vulns": [FOUND]}
UNKNOWN: dict[str, Any] = {"name": "alembic", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "code"),
    [([SOUND], 0), ([SOUND, UNKNOWN], 0), ([SOUND, UNKNOWN, WEAK], 1), ([WEAK], 1), ([UNKNOWN], 2), ([], 2)],
)
def test_the_exit_code_tells_findings_from_a_missing_verdict(
    packages: list[dict[str, Any]], code: int
) -> None:
    assert verdict({"dependencies": packages}) == code


def test_everything_is_told() -> None:
    told = list(lines({"dependencies": [SOUND, UNKNOWN, WEAK]}))
    assert told[0] == "mako 1.0: PYSEC-1, mended in 2.0"
    assert "alembic" in told[1]
    assert told[2] == "2 of 3 packages judged, 1 with known vulnerabilities."
    assert "no verdict" in list(lines({"dependencies": [UNKNOWN]}))[-1]
    assert list(lines({"dependencies": [SOUND]})) == ["1 of 1 packages judged, 0 with known vulnerabilities."]
