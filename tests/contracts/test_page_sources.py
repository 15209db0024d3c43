"""What no source of ours may use: ways for a text to become code or markup, and storage in browsers."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTMLUnsafe|srcdoc|DOMParser"
    r"|document\.write|\beval\(|new Function|set(?:Timeout|Interval)\(\s*[\"'`]"
)
KEPT = re.compile(
    r"localStorage|sessionStorage|indexedDB|document\.cookie|cookieStore|caches\.open|serviceWorker"
)
RAW = re.compile(r"\|\s*safe\b|autoescape\s+false|Markup\(")
PARSERS = frozenset(
    {"pickle", "marshal", "shelve", "dill", "yaml", "xml", "lxml", "ldap", "ldap3", "smtplib", "imaplib"}
    | {"subprocess", "pty", "commands", "memcache", "pymemcache"}
)
CALLS = frozenset({"eval", "exec", "compile", "__import__", "system", "popen", "render_template_string"})


def scripts(root: Path) -> list[Path]:
    """Our scripts; what is vendored is no script."""
    return [path for path in sorted((root / "static").rglob("*.js")) if "vendor" not in path.parts]


def hits(paths: list[Path], pattern: re.Pattern[str]) -> list[str]:
    """Places in files where the pattern is found."""
    return [f"{path.name}: {found[0]}" for path in paths for found in pattern.finditer(path.read_text())]


def dangers(source: str) -> Iterator[str]:
    """Modules and calls by which Python takes a text for code, or hands it to another interpreter."""
    for node in ast.walk(ast.parse(source)):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (name for name in names if name.partition(".")[0] in PARSERS)
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            own = isinstance(node.func, ast.Attribute) and called == "compile"  # of `re`
            yield from [called] if called in CALLS and not own else []


def test_no_script_makes_markup_or_code_of_texts() -> None:
    assert len(scripts(ROOT)) > 30
    assert hits(scripts(ROOT), MARKUP) == []


def test_no_script_keeps_anything_in_the_browser() -> None:
    assert hits(scripts(ROOT), KEPT) == []


def test_templates_escape_everything_but_the_data_that_are_escaped_already() -> None:
    pages = sorted((ROOT / "templates").rglob("*.html"))
    raw = [line.strip() for page in pages for line in page.read_text().splitlines() if RAW.search(line)]
    assert len(raw) == 2
    assert all("{{ boot_json | safe }}" in line and len(RAW.findall(line)) == 1 for line in raw)
    assert not any(RAW.search(path.read_text()) for path in (ROOT / "app").rglob("*.py"))


def test_the_app_hands_no_text_to_another_interpreter() -> None:
    sources = {path: path.read_text() for path in (ROOT / "app").rglob("*.py")}
    assert len(sources) > 100
    assert [f"{path.name}: {found}" for path, text in sources.items() for found in dangers(text)] == []


@pytest.mark.parametrize(
    "line",
    ["node.innerHTML = name;", 'setTimeout("run()", 1);', "new Function(text)()", "localStorage.x = 1;"],
)
def test_a_planted_script_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "planted.js").write_text(line)
    assert hits(scripts(tmp_path), MARKUP) + hits(scripts(tmp_path), KEPT)


@pytest.mark.parametrize(
    "line",
    ["import pickle", "from xml.etree import ElementTree", "eval(text)", "os.system(text)", "import yaml"],
)
def test_a_planted_danger_is_found(line: str) -> None:
    assert list(dangers(line))
    assert list(dangers("import re\nre.compile('x')")) == []
