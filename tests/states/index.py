"""The page of docs/screens: every state with what it says of itself and links to its pictures."""

from collections.abc import Iterator

from tests.states.desk import DESK
from tests.states.many import MANY
from tests.states.pages import PAGES
from tests.states.rows import ROWS
from tests.states.shots import Shot
from tests.states.surfaces import SURFACES
from tests.states.trouble import TROUBLE
from tests.states.visit import State, name_of

GROUPS: tuple[tuple[str, tuple[State, ...]], ...] = (
    ("The list and what stands around it", DESK),
    ("What was done", ROWS),
    ("Many at once", MANY),
    ("When something is wrong or old", TROUBLE),
    ("Dialogs and pages of the desk", SURFACES),
    ("Outside the desk", PAGES),
)
HEAD = """# Every state of the page

Taken by `make screens`, which also writes this page, from the running app in the sandbox portal. A picture is
called state-width, then `dark`, `forced` (forced colours) or a language where it is not light English.

![The desk inside a portal](desk-in-portal.png)
"""


def index(shots: list[Shot]) -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *(line for title, states in GROUPS for line in _group(title, states, shots))])


def _group(title: str, states: tuple[State, ...], shots: list[Shot]) -> Iterator[str]:
    yield f"## {title}\n\n| State | What it shows | Pictures |\n|---|---|---|"
    for state in states:
        name = name_of(state)
        files = [(shot, theme) for shot in shots if shot.state == name for theme in shot.themes]
        links = " · ".join(f"[{_label(shot, theme)}]({shot.file(theme)})" for shot, theme in files)
        yield f"| {name} | {(state.__doc__ or '').strip()} | {links} |"
    yield ""


def _label(shot: Shot, theme: str) -> str:
    return " ".join([str(shot.width), *[theme] * (theme != "light"), *[shot.lang] * (shot.lang != "en")])
