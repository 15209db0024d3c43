"""What a test needs from the machine. Missing: skipped with the reason; with CI=true missing is a failure."""

import os
import shutil
from pathlib import Path

import pytest

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def lacking(what: str) -> None:
    """Skip the test that asks, saying what it lacks and how to get it; fail where nothing may skip."""
    reason = f"{what} is not installed on this machine; `make test-deps` installs it"
    if IN_CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def binary(name: str, what: str, *folders: str) -> Path:
    """The path of a program from PATH or from `folders` (glob patterns, newest last)."""
    found = shutil.which(name)
    if found:
        return Path(found)
    for folder in folders:
        for candidate in sorted(Path("/").glob(f"{folder.lstrip('/')}/{name}"), reverse=True):
            return candidate
    lacking(what)
    raise AssertionError("unreachable")
