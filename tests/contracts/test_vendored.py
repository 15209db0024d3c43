"""What we carry from others is what they published, with their licence beside it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.checksums import differences

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("static/vendor", "tests/support/vendor")


@pytest.mark.parametrize("folder", FOLDERS)
def test_vendored_files_agree_with_their_manifest(folder: str) -> None:
    assert differences(ROOT / folder) == []


def test_a_changed_missing_or_unlisted_file_is_found(tmp_path: Path) -> None:
    copy = tmp_path / "vendor"
    shutil.copytree(ROOT / "tests/support/vendor", copy)
    script = copy / "axe-core" / "axe.min.js"
    script.write_text(script.read_text() + "\n")
    (copy / "axe-core" / "LICENSE-3RD-PARTY.txt").unlink()
    (copy / "stray.js").write_text("")
    assert differences(copy) == [
        "axe-core/LICENSE-3RD-PARTY.txt: missing",
        "stray.js: not listed",
        "axe-core/axe.min.js: changed",
    ]


def test_a_package_without_licence_is_found(tmp_path: Path) -> None:
    package = {"name": "thing", "version": "1", "licence": "", "source": "somewhere", "files": []}
    (tmp_path / "manifest.json").write_text(json.dumps({"packages": [package]}))
    assert differences(tmp_path) == ["thing: no licence"]
