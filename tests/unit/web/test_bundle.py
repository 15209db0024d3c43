"""Modules of a page join into one script that means the same and stays small."""

from pathlib import Path

import pytest

from app.web.assets import Assets
from app.web.bundle import Misread, NameClash, bundle, squeeze

DESK = Path(__file__).resolve().parents[3] / "static" / "desk"
SENT = ("desk/main.js", "css/base.css", "css/desk.css")


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return folder


def test_dependencies_come_first_once_and_without_remarks(tmp_path: Path) -> None:
    write(
        tmp_path,
        main='// starts\nimport { b } from "./b.js";\nimport { a } from "./a.js";\n\n  b(a); // both\n',
        a='export const a = "https://one"; // one\n',
        b='import { a } from "./a.js";\n/** Two. */\nexport async function b(x) { return x + a; }\n',
    )
    assert bundle(tmp_path, "main") == ('const a="https://one";async function b(x){return x+a;}\nb(a);\n')


def test_modules_that_import_each_other_join(tmp_path: Path) -> None:
    write(
        tmp_path,
        main='import { a } from "./a.js";\nexport const m = 1;\n',
        a='import { m } from "./main.js";\nexport const a = () => m;\n',
    )
    assert bundle(tmp_path, "main") == "const a=()=>m;const m=1;\n"


def test_a_name_declared_twice_is_refused(tmp_path: Path) -> None:
    write(
        tmp_path,
        main='import { a } from "./a.js";\nconst same = 1;\n',
        a="const same = 2;\nexport const a = same;\n",
    )
    with pytest.raises(NameClash, match=r"main\.js and a\.js both declare same"):
        bundle(tmp_path, "main")


@pytest.mark.parametrize("text", ['x = (a) => /"/.test(a);\n', "x = `${a ? `b  ` : 1}`;\n"])
def test_what_the_minifier_misreads_is_refused(tmp_path: Path, text: str) -> None:
    write(
        tmp_path,
        main=text,
        fine='x = a.filter((b) => (/"/).test(b));\ny = "two  blanks" + `and  ${a}  here`;\n',
    )
    with pytest.raises(Misread, match=r"main\.js"):
        bundle(tmp_path, "main")
    assert '"two  blanks"+`and  ${a}  here`' in bundle(tmp_path, "fine")


def test_squeezing_keeps_addresses_and_quotients() -> None:
    assert squeeze('  a = b / c; // half\n\n  x = "//y";\n') == 'a = b / c;\nx = "//y";\n'


@pytest.mark.parametrize("entry", ["main", "card"])
def test_nothing_of_a_module_is_left_in_the_script(entry: str) -> None:
    lines = bundle(DESK, entry).splitlines()
    assert [line for line in lines if line.startswith(("import ", "export ", "//"))] == []


def test_the_desk_stays_light() -> None:
    """By what goes out: the design tokens and what loads on first use are counted apart."""
    assets = Assets(DESK.parent)
    sizes = {name: len(asset.packed or b"") for name in SENT if (asset := assets.read(name))}
    assert set(sizes) == set(SENT)
    assert sizes["desk/main.js"] <= 25_000
    assert sizes["css/base.css"] + sizes["css/desk.css"] <= 8_000
