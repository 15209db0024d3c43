"""Whether what a document names exists: a function, class or test in a file, a heading of a page, a file.

Names are looked up in the syntax tree, so a name in a comment is none.
"""

import ast
import re
from functools import cache
from pathlib import Path

_MADE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def is_there(reference: str, root: Path) -> bool:
    """`path::name` (`Class.method` too), `path#Heading` or `path`, from the root."""
    path, separator, name = reference.partition("::")
    path, hash_sign, heading = path.partition("#")
    file = root / path
    if not path or not file.is_file():
        return False
    if separator:
        return name in (python_names(file) if file.suffix == ".py" else script_names(file))
    return not hash_sign or heading in headings(file)


@cache
def python_names(file: Path) -> frozenset[str]:
    """Functions, classes and their methods, and what is assigned at the top."""
    return frozenset(_named(ast.parse(file.read_text()).body, ""))


def _named(body: list[ast.stmt], before: str) -> list[str]:
    found: list[str] = []
    for node in body:
        if isinstance(node, _MADE):
            found.append(before + node.name)
        if isinstance(node, ast.ClassDef):
            found += _named(node.body, f"{before}{node.name}.")
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        found += [before + one.id for one in targets if isinstance(one, ast.Name)]
    return found


@cache
def script_names(file: Path) -> frozenset[str]:
    """Functions, classes and constants at the top of a script."""
    made = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
    return frozenset(made.findall(file.read_text()))


@cache
def headings(file: Path) -> frozenset[str]:
    """The headings of a page."""
    return frozenset(re.findall(r"^#+ (.+?)\s*$", file.read_text(), re.MULTILINE))
