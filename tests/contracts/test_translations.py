"""Every language says everything, with the same places, and every id that the code asks for exists."""

import re
from pathlib import Path

import pytest

from tests.support.catalogues import differences, load

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = load(ROOT / "app" / "translations")
_ID = re.compile(
    r"""["'`]((?:desk|card|extra|result|error|page|install|notice)\.(?!html\b)[a-z0-9_]+(?:\.[a-z0-9_]+)*)["'`]"""
)


def test_the_languages_agree() -> None:
    assert set(CATALOGUES) >= {"en", "ru"}
    assert differences(CATALOGUES) == []


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("Привет", "ru: greeting has other places"),
        ("", "ru: greeting is empty"),
        ({"one": "{name}", "other": "{name}"}, "ru: greeting has the forms"),
        (None, "ru: greeting is missing"),
    ],
)
def test_a_planted_difference_is_found(message: str | dict[str, str] | None, problem: str) -> None:
    russian = {} if message is None else {"greeting": message}
    found = differences({"en": {"greeting": "Hello {name}"}, "ru": russian})
    assert any(line.startswith(problem) for line in found), found


def asked_for() -> dict[str, str]:
    """Literal message ids in templates, scripts and Python, with the file that asks."""
    files = [
        *(ROOT / "app").rglob("*.py"),
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "static" / "desk").rglob("*.js"),
    ]
    return {key: str(path.relative_to(ROOT)) for path in files for key in _ID.findall(path.read_text())}


def test_every_id_that_is_asked_for_exists() -> None:
    asked = asked_for()
    assert len(asked) > 50, "the search finds no ids"
    missing = {key: where for key, where in asked.items() if key not in CATALOGUES["en"]}
    assert missing == {}


def test_no_language_is_a_copy_of_english() -> None:
    """A forgotten text is English that stands in Russian; names and short signs may be the same."""
    same = [
        key
        for key, text in CATALOGUES["ru"].items()
        if isinstance(text, str)
        and text == CATALOGUES["en"].get(key)
        and len(re.findall(r"[A-Za-z]{3,}", text)) > 2
    ]
    assert same == []
