"""The page's modules joined into one script when the app starts: one request, a third fewer bytes.

Nothing is built before a release: modules of static/desk/ are plain ES modules that run unjoined as well.
Joined they share one scope, so a top-level name may exist once; a clash stops the start.
"""

import re
from pathlib import Path

import rjsmin

_IMPORT = re.compile(r'^import [^;]*?from "\./(\w+)\.js";\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:async function|function|const|let|class) )", re.M)
_NAME = re.compile(r"^(?:async function|function|const|let|class) (\w+)", re.M)
_REMARK = re.compile(r"^[ \t]*//.*\n|^[ \t]*/\*\*?(?:[^*]|\*(?!/))*\*/\n|[ \t]+// .*$", re.M)
_INDENT = re.compile(r"^[ \t]+|^\n", re.M)
# The minifier takes these for something else and would change blanks in texts that follow.
_MISREAD = re.compile(r"=>\s*/(?![/*])|\$\{[^}`]*`")


class NameClash(ValueError):
    """Two modules of one page declare the same name."""


class Misread(ValueError):
    """A module holds a pattern right after `=>` or a template inside a template: write it another way."""


def bundle(folder: Path, entry: str) -> str:
    """The script of `folder/<entry>.js` and everything it imports, dependencies first, minified."""
    parts: dict[str, str] = {}
    _collect(folder, entry, parts, set())
    owners: dict[str, str] = {}
    for module, text in parts.items():
        for name in _NAME.findall(text):
            if name in owners:
                raise NameClash(f"{module}.js and {owners[name]}.js both declare {name}")
            owners[name] = module
    return str(rjsmin.jsmin("".join(squeeze(text) for text in parts.values()))) + "\n"


def _collect(folder: Path, module: str, parts: dict[str, str], seen: set[str]) -> None:
    """Depth first. Modules may import each other: they use each other only once all is loaded."""
    if module in seen:
        return
    seen.add(module)
    text = (folder / f"{module}.js").read_text(encoding="utf-8")
    for name in _IMPORT.findall(text):
        _collect(folder, name, parts, seen)
    if found := _MISREAD.search(text):
        raise Misread(f"{module}.js: {text[found.start() : found.end() + 20]!r}")
    parts[module] = _EXPORT.sub("", _IMPORT.sub("", text))


def squeeze(script: str) -> str:
    """The same script without remarks and indentation; no text in it goes over several lines."""
    return _INDENT.sub("", _REMARK.sub("", script))
