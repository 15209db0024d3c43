"""A made-up language for tests: English in brackets and almost half as long again, never shipped.

What stands on a page without brackets is not of the catalogue; what does not fit has too little room.
"""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import ceil
from pathlib import Path

from scripts.processes import ROOT, Server, app_settings, procfile
from tests.support.catalogues import Message, load
from tests.support.ports import free_port
from tests.support.stand import RunningApp, Stand

OPEN, CLOSE = "\u27e6", "\u27e7"
_PLACE = re.compile(r"\{\w+\}")


def pseudo(text: str) -> str:
    """The text in brackets with 40 % more letters, in words so that it wraps as words do."""
    plain = text.strip()
    more = ceil(0.4 * len(_PLACE.sub("", plain)) - 2)
    words = " ".join("o" * min(6, more - at) for at in range(0, more, 7))
    padded = f"{OPEN}{plain}{' ' * bool(words) + words if more > 0 else ''}{CLOSE}"
    return text.replace(plain, padded)


def pseudo_message(message: Message) -> Message:
    """The message with all its forms."""
    return (
        pseudo(message)
        if isinstance(message, str)
        else {form: pseudo(text) for form, text in message.items()}
    )


@contextmanager
def pseudo_app(stand: Stand, database_url: str, folder: Path) -> Iterator[RunningApp]:
    """The app as it is, from a copy whose only language is the made-up one."""
    tree = folder / "tree"
    shutil.copytree(ROOT / "app", tree / "app", ignore=shutil.ignore_patterns("__pycache__", "translations"))
    for shared in ("static", "templates", "gunicorn.conf.py"):
        (tree / shared).symlink_to(ROOT / shared)
    english = load(ROOT / "app" / "translations")["en"]
    made = {key: pseudo_message(message) for key, message in english.items()}
    (tree / "app" / "translations").mkdir()
    (tree / "app" / "translations" / "en.json").write_text(json.dumps(made))
    ports = replace(stand.ports, app=free_port())
    command = ["env", f"--chdir={tree}", *procfile("web")]
    server = Server("app", command, app_settings(ports, database_url, folder), folder / "log")
    server.start(ports.app, "/healthz")
    try:
        yield RunningApp(ports.app_url, server, Path(database_url.removeprefix("sqlite:///")))
    finally:
        server.stop()
