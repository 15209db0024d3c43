"""Vendored files against their manifest: nothing changed, nothing unlisted, a licence beside each package."""

import hashlib
import json
from pathlib import Path


def differences(folder: Path) -> list[str]:
    """What does not agree with `manifest.json` of this folder."""
    packages = json.loads((folder / "manifest.json").read_text())["packages"]
    listed = {entry["file"]: entry["sha256"] for package in packages for entry in package["files"]}
    found = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    return [
        *(f"{name}: missing" for name in sorted(listed.keys() - found.keys())),
        *(f"{name}: not listed" for name in sorted(found.keys() - listed.keys())),
        *(f"{name}: changed" for name in sorted(listed.keys() & found.keys()) if listed[name] != found[name]),
        *(f"{package['name']}: no licence" for package in packages if not _licensed(package)),
    ]


def _licensed(package: dict[str, object]) -> bool:
    files = package["files"]
    assert isinstance(files, list)
    named = all(package.get(key) for key in ("name", "version", "licence", "source"))
    return named and any("LICENSE" in entry["file"] for entry in files)
