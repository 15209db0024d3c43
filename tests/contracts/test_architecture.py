"""The house itself: imports only downward, libraries in their rooms, files of a size that one can read."""

from pathlib import Path

import pytest

from tests.support.architecture import app_violations, foreign_imports

ROOT = Path(__file__).resolve().parents[2]
LINES = 350
WIDTH = 140  # of scripts, which no formatter wraps


def test_imports_go_only_downward_and_libraries_stay_in_their_rooms() -> None:
    assert app_violations(ROOT) == []


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("storage", "from app.portals.model import Access"),
        ("bitrix24", "from app.storage import tables"),
        ("storage", "import app.bitrix24.errors"),
        ("openlines", "from app.desk.kept.journal import Journal"),
        ("desk/kept", "from flask import g"),
        ("openlines", "from sqlalchemy import select"),
        ("web", "import urllib3"),
        ("portals/stores", "import requests"),
        ("desk/actions", "def late():\n    from requests_oauthlib import OAuth2Session"),
        ("portals/stores", "from app.config import Settings"),
        ("portals/stores", "from app import create_app"),
        ("web", "from .session import load"),
        ("web", "from sandbox.world import World"),
        ("desk/listing", "from app.desk.kept.views import Views"),
        ("desk/listing", "from app.desk import service"),
        ("desk/kept", "from app.desk.actions.acting import Acting"),
        ("desk/actions", "from app.desk.service import Desk"),
        ("desk/actions", "import app.desk.opening"),
        ("portals/stores", "from app.portals.lifecycle import Lifecycle"),
        ("portals/stores", "from app.portals import sign_in"),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, room: str, line: str) -> None:
    folder = tmp_path / "app" / room
    folder.mkdir(parents=True)
    (folder / "good.py").write_text("import json\n")
    assert app_violations(tmp_path) == []
    (folder / "planted.py").write_text(f"{line}\n")
    assert len(app_violations(tmp_path)) >= 1


@pytest.mark.parametrize("room", ["desk", "portals"])
def test_a_new_part_of_a_divided_room_needs_its_place_among_the_others(tmp_path: Path, room: str) -> None:
    folder = tmp_path / "app" / room / "cellar"
    folder.mkdir(parents=True)
    (folder / "new.py").write_text("import json\n")
    assert app_violations(tmp_path) == [f"app/{room}/cellar/new.py: {room}/cellar has no floor"]


def test_sandbox_and_app_do_not_know_each_other() -> None:
    assert foreign_imports(ROOT, "sandbox", "app") == []
    assert foreign_imports(ROOT, "app", "sandbox") == []
    assert foreign_imports(ROOT, "tests/support", "app"), "the check sees nothing at all"


def test_scripts_tests_and_measurements_know_each_other_one_way() -> None:
    """Scripts stand below the tests, measurements above them."""
    for lower, higher in (("scripts", "tests"), ("scripts", "bench"), ("tests", "bench")):
        assert foreign_imports(ROOT, lower, higher) == []
        assert foreign_imports(ROOT, higher, lower), "the check sees nothing at all"


def long_files(root: Path) -> list[str]:
    """Sources above the limit, with their length; vendored files are not ours to shorten."""
    patterns = ("app/**/*.py", "sandbox/**/*.py", "tests/**/*.py", "scripts/*.py", "bench/*.py")
    pages = ("static/**/*.js", "static/**/*.css", "sandbox/**/*.js", "templates/**/*.html")
    return [
        f"{path.relative_to(root)}: {count}"
        for pattern in (*patterns, *pages)
        for path in sorted(root.glob(pattern))
        if "vendor" not in path.parts and (count := len(path.read_text().splitlines())) > LINES
    ]


def test_no_file_is_too_long_to_read(tmp_path: Path) -> None:
    assert long_files(ROOT) == []
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "long.py").write_text("x = 1\n" * (LINES + 1))
    assert long_files(tmp_path) == ["app/long.py: 351"]


def wide_lines(root: Path) -> list[str]:
    """Lines of the page's scripts that one has to scroll to read."""
    return [
        f"{path.relative_to(root)}:{number} {len(line)}"
        for path in sorted((root / "static" / "desk").rglob("*.js"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > WIDTH
    ]


def test_no_line_of_a_script_is_too_wide_to_read(tmp_path: Path) -> None:
    assert wide_lines(ROOT) == []
    (tmp_path / "static" / "desk" / "extras").mkdir(parents=True)
    (tmp_path / "static" / "desk" / "extras" / "wide.js").write_text(
        "x".ljust(WIDTH) + "\n" + "x" * (WIDTH + 1)
    )
    assert wide_lines(tmp_path) == ["static/desk/extras/wide.js:2 141"]


def test_code_is_not_older_than_its_words() -> None:
    """Marks of unfinished work do not land."""
    marks = ("TO" + "DO", "FIX" + "ME", "X" + "XX")
    found = [
        f"{path.relative_to(ROOT)}: {mark}"
        for folder in ("app", "sandbox", "scripts", "static/desk", "templates")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".js", ".html"}
        for mark in marks
        if mark in path.read_text()
    ]
    assert found == []
