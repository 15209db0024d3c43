"""Reads the imports of a source tree and says which break the house's rules."""

import ast
from collections.abc import Iterator
from pathlib import Path

# Who stands above whom; a room may import rooms of a lower floor and itself.
FLOORS = {"web": 5, "desk": 4, "openlines": 3, "portals": 2, "bitrix24": 1, "storage": 1}
FACTORY = 6

# What divided rooms consist of, from the ground up: each part may import those before it and itself.
PARTS = {
    "desk": ("threads", "model", "checks", "listing", "kept", "actions", "opening", "service"),
    "portals": (
        *("model", "stores", "bindings", "profile", "proof", "states", "tokens", "sign_in"),
        *("leaving", "lifecycle", "event_backlog", "events"),
    ),
}

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
        dotted = ".".join(where.with_suffix("").parts)
        for name in imported(path.read_text()):
            wrong += [f"{where}: {problem}" for problem in (*_judge(room, name), *_judge_part(dotted, name))]
    return list(dict.fromkeys(wrong))


def _part(dotted: str) -> tuple[str, str] | None:
    """`app.desk.kept.views` -> `desk`, `kept`; `app.desk.model` -> `desk`, `model`; None in other rooms."""
    app, room, part, *_ = [*dotted.split("."), "", ""]
    return (room, part) if app == "app" and room in PARTS and part not in {"", "__init__"} else None


def _judge_part(dotted: str, name: str) -> Iterator[str]:
    own, other = _part(dotted), _part(name)
    if own is None:
        return
    room, part = own
    floors = PARTS[room]
    if part not in floors:
        yield f"{room}/{part} has no floor"
    elif other and other[0] == room and other[1] in floors and floors.index(other[1]) > floors.index(part):
        yield f"{room}/{part} imports {room}/{other[1]}"


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
