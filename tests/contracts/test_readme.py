"""The documentation says what is: its commands, settings and files exist."""

import re
from pathlib import Path

import pytest

from scripts.processes import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "docs/deployment.md")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands(text: str) -> set[str]:
    """Targets named in `make …` of code spans and blocks."""
    return set(re.findall(r"(?:^|`|\s{4})make ([a-z][a-z-]*)", text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_exists(page: str) -> None:
    assert commands((ROOT / page).read_text()) - TARGETS == set()


def test_the_two_commands_are_named_and_an_invented_one_is_found() -> None:
    assert {"demo", "test"} <= commands((ROOT / "README.md").read_text())
    assert commands("Type `make coffee`.") - TARGETS == {"coffee"}


def test_every_command_is_explained_by_make_alone() -> None:
    explained = set(re.findall(r"^([a-z][a-z-]*):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert explained == TARGETS


def test_every_setting_is_in_the_readme_and_in_the_example() -> None:
    readme, example = (ROOT / "README.md").read_text(), (ROOT / ".env.example").read_text()
    assert {name for name in SETTINGS if f"`{name}`" not in readme} == set()
    assert {name for name in SETTINGS if f"{name}=" not in example} == set()


def test_every_setting_that_the_app_reads_is_known_here() -> None:
    source = (ROOT / "app" / "config.py").read_text()
    read = set(re.findall(r'values\.(?:text|required|flag|number|secret)\(env, "([A-Z0-9_]+)"', source))
    assert read == set(SETTINGS)


@pytest.mark.parametrize("page", [*PAGES, "CHANGELOG.md"])
def test_every_linked_file_exists(page: str) -> None:
    path = ROOT / page
    links = [link for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()) if ":" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []
