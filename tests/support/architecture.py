"""Reads the imports of a source tree and says which break the house's rules."""

import ast
from collections.abc import Iterator
from pathlib import Path

# Who stands above whom; a room may import rooms of a lower floor and itself.
FLOORS = {"web": 5, "desk": 4, "openlines": 3, "portals": 2, "bitrix24": 1, "storage": 1}
FACTORY = 6

# The desk's own rooms and files, from the ground up: each may import those before it and itself.
DESK = ("threads", "model", "checks", "listing", "kept", "actions", "opening", "service")

# Which rooms may know a library; "" is the factory with its wiring.
CONFINED = {
    "urllib3": {"bitrix24"},
    "requests": {"bitrix24"},
    "requests_oauthlib": {"bitrix24"},
    "oauthlib": {"bitrix24"},
    "http.client": {"bitrix24"},
    "socket": {"bitrix24"},
    "sqlalchemy": {"storage", "portals", "desk", ""},
    "alembic": {"storage"},
    "redis": {"storage", ""},
    "cryptography": {"storage"},
    "flask": {"web", ""},
    "flask_session": {"web"},
    "werkzeug": {"web", ""},
    "jinja2": {"web"},
    "itsdangerous": {"web"},
    "babel": {"web"},
    "environs": {""},
    "prometheus_client": {"web"},
}


def imported(source: str) -> Iterator[str]:
    """Dotted names that this source imports, wherever in it; relative imports come out as `.`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level or not node.module:
                yield "."
            else:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _room(dotted: str) -> str:
    """`app.web.session` -> `web`; the factory and its neighbours -> ``."""
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOORS else ""


def app_violations(root: Path) -> list[str]:
    """Everything wrong with the imports of `root/app`."""
    wrong: list[str] = []
    for path in sorted((root / "app").rglob("*.py")):
        where = path.relative_to(root)
        room = where.parts[1] if where.parts[1] in FLOORS else ""
        within = _place(".".join(where.with_suffix("").parts))
        for name in imported(path.read_text()):
            wrong += [f"{where}: {problem}" for problem in (*_judge(room, name), *_judge_desk(within, name))]
    return list(dict.fromkeys(wrong))


def _place(dotted: str) -> str | None:
    """`app.desk.kept.views` -> `kept`, `app.desk.model` -> `model`; None outside the desk."""
    parts = dotted.split(".")
    return parts[2] if parts[:2] == ["app", "desk"] and len(parts) > 2 and parts[2] != "__init__" else None


def _judge_desk(place: str | None, name: str) -> Iterator[str]:
    other = _place(name)
    if place is None:
        return
    if place not in DESK:
        yield f"desk/{place} has no floor"
    elif other in DESK and DESK.index(other) > DESK.index(place):
        yield f"desk/{place} imports desk/{other}"


def _judge(room: str, name: str) -> Iterator[str]:
    if name == ".":
        yield "relative import"
    elif name.split(".")[0] in {"sandbox", "tests", "scripts", "bench"}:
        yield f"imports {name}"
    elif name == "app.config" or name.startswith("app.config."):
        if room not in {"web", ""}:
            yield "imports app.config"
    elif name.split(".")[0] == "app":
        other = _room(name)
        if other and other != room and FLOORS[other] >= FLOORS.get(room, FACTORY):
            yield f"{room} imports {other}"
        if not other and room:
            yield f"{room} imports {name}"
    for library, rooms in CONFINED.items():
        if (name == library or name.startswith(f"{library}.")) and room not in rooms:
            yield f"{library} does not belong here"


def foreign_imports(root: Path, package: str, forbidden: str) -> list[str]:
    """Files of `package` that import `forbidden`."""
    return [
        str(path.relative_to(root))
        for path in sorted((root / package).rglob("*.py"))
        if any(name.split(".")[0] == forbidden for name in imported(path.read_text()))
    ]
