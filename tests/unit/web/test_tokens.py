"""The desk's design tokens are Bitrix24's own: each value equals the vendored file's."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[3] / "static"
VENDORED = STATIC / "vendor" / "air-design-tokens"
_VALUE = re.compile(r"(--ui-[\w-]+):\s*([^;}]+)")
_SCENES = {
    ":root": ("001_b24_global.css", "003_b24_context_light.css", "007_b24_global.css"),
    ".dark": ("001_b24_global.css", "004_b24_context_dark.css", "007_b24_global.css"),
}


def vendored(names: tuple[str, ...]) -> dict[str, set[str]]:
    """Every value that the files give a token: some are set again for a context inside the page."""
    found: dict[str, set[str]] = {}
    for name in names:
        for token, value in _VALUE.findall((VENDORED / name).read_text()):
            found.setdefault(token, set()).add(value.strip())
    return found


def used(scene: str) -> dict[str, str]:
    css = (STATIC / "css" / "tokens.css").read_text()
    block = re.search(rf"^{re.escape(scene)} \{{(.*?)^\}}", css, re.M | re.S)
    assert block
    return {token: value.strip() for token, value in _VALUE.findall(block[1])}


@pytest.mark.parametrize("scene", list(_SCENES))
def test_every_token_has_the_vendored_value(scene: str) -> None:
    known = vendored(_SCENES[scene])
    tokens = used(scene)
    assert len(tokens) > 5
    assert {token: value for token, value in tokens.items() if value not in known.get(token, set())} == {}


def test_an_invented_value_is_found() -> None:
    assert "#123456" not in vendored(_SCENES[":root"])["--ui-color-base-1"]


def test_pages_use_no_token_that_is_not_there() -> None:
    """A misspelt name would silently paint nothing."""
    css = "".join(path.read_text() for path in (STATIC / "css").glob("*.css"))
    declared = set(re.findall(r"(--(?:ui|pl)-[\w-]+):", css))
    asked = set(re.findall(r"var\((--(?:ui|pl)-[\w-]+)\)", css))
    assert asked - declared == set()
