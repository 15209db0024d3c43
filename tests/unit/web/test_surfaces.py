"""Surfaces that load on first use: words and modules are there, and they ask for nothing the desk lacks."""

import json
import re
from pathlib import Path

import pytest

from app.web.assets import Assets
from app.web.i18n import Catalogues, load_catalogues, word_files

STATIC = Path(__file__).resolve().parents[3] / "static"
EXTRAS = STATIC / "desk" / "extras"
MODULES = sorted(path.stem for path in EXTRAS.glob("*.js"))


def offered() -> set[str]:
    """The names of the context that the desk hands to its surfaces."""
    script = (STATIC / "desk" / "main.js").read_text()
    found = re.search(r"Object\.assign\(context, \{(.*?)\}\);", script, re.S)
    assert found
    later = re.findall(r"context\.(\w+) \?\?=", (STATIC / "desk" / "extras.js").read_text())
    return {*re.findall(r"(?:^|,)\s*([\w$]+)(?=\s*[,:]|\s*$)", found[1]), *later}


def asked(script: str) -> set[str]:
    """The names that a surface takes from the desk."""
    taken = re.findall(r"\{([^{}]*)\} = desk\b", script)
    names = {name.split(":")[0].strip() for group in taken for name in group.split(",")}
    return (names | set(re.findall(r"(?<![\"`.'\w])desk\.(\w+)", script))) - {""}


def test_every_language_has_its_words_in_a_file_of_its_own() -> None:
    words = Catalogues(load_catalogues())
    files = word_files(words)
    assert json.loads(files["words/languages.json"]) == list(words.languages)
    for language in words.languages:
        content = json.loads(files[f"words/extra.{language}.json"])
        assert len(content) > 80
        assert {key.partition(".")[0] for key in content} == {"extra"}


def test_new_words_change_the_address() -> None:
    first = Assets(STATIC, {"words/extra.en.json": b'{"extra.a":"one"}'})
    second = Assets(STATIC, {"words/extra.en.json": b'{"extra.a":"two"}'})
    assert first.version != second.version
    served = second.read("words/extra.en.json")
    assert served is not None
    assert served.content == b'{"extra.a":"two"}'
    assert served.type.startswith("application/json")


@pytest.mark.parametrize("module", MODULES)
def test_a_surface_is_served_without_remarks_and_finds_what_it_imports(module: str) -> None:
    served = Assets(STATIC).read(f"desk/extras/{module}.js")
    assert served is not None
    script = served.content.decode()
    assert [line for line in script.splitlines() if line.startswith(("//", "/**"))] == []
    for name in re.findall(r'^import .* from "\./(\w+)\.js";$', script, re.M):
        assert name in MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_surface_asks_only_for_what_the_desk_hands_over(module: str) -> None:
    assert asked((EXTRAS / f"{module}.js").read_text()) - offered() == set()


def test_a_name_that_the_desk_lacks_is_noticed() -> None:
    assert asked("const { el, nothing } = desk; desk.neither();") - offered() == {"nothing", "neither"}
