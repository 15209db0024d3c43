"""What the machine lacks is said, with the way to get it; where nothing may skip, it fails."""

import subprocess
from pathlib import Path

import pytest

from tests.support import missing

ROOT = Path(__file__).resolve().parents[3]


def test_a_missing_program_skips_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing, "IN_CI", False)
    with pytest.raises(pytest.skip.Exception, match=r"Thing is not installed.*make test-deps"):
        missing.binary("no-such-program-anywhere", "Thing")


def test_nothing_skips_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing, "IN_CI", True)
    with pytest.raises(pytest.fail.Exception, match="Thing is not installed"):
        missing.binary("no-such-program-anywhere", "Thing")


def test_a_program_that_is_there_is_found() -> None:
    assert missing.binary("sh", "a shell").is_file()


def make(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`make` with a virtual environment that does not exist yet."""
    command = ["make", "-C", str(ROOT), f"VENV={tmp_path / 'venv'}", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_an_old_python_is_one_clear_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python-of-long-ago"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    result = make(tmp_path, f"PYTHON={old}", "setup")
    assert result.returncode != 0
    assert f"Pinline needs Python 3.11 or newer; {old} is older." in result.stderr
    assert not (tmp_path / "venv").exists()


def test_no_python_at_all_is_one_clear_sentence(tmp_path: Path) -> None:
    result = make(tmp_path, "PYTHON=", "setup")
    assert result.returncode != 0
    assert "this machine has none" in result.stderr


def test_make_alone_explains_the_two_commands(tmp_path: Path) -> None:
    said = make(tmp_path).stdout
    assert "make demo" in said
    assert "make test " in said
