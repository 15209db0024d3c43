"""imopenlines.config.*: every user sees every line, scalars are strings, unselected dates are `{}`."""

from typing import Any

from sandbox import php
from sandbox.methods.call import Call, Method, as_int
from sandbox.rest_errors import RestFault
from sandbox.world import Line

FIELDS = (
    "ID", "ACTIVE", "LINE_NAME", "QUEUE_TYPE", "CHECK_AVAILABLE", "VOTE_MESSAGE", "DATE_CREATE",
    "DATE_MODIFY", "QUEUE_TIME", "NO_ANSWER_TIME", "CLOSE_RULE", "AUTO_CLOSE_TIME", "FULL_CLOSE_TIME",
    "MAX_CHAT",
)  # fmt: skip


def line_object(line: Line) -> dict[str, Any]:
    """A line in REST's shape."""
    flags = {True: "Y", False: "N"}
    return {
        "ID": str(line.id),
        "ACTIVE": flags[line.active],
        "LINE_NAME": line.name,
        "QUEUE_TYPE": line.queue_type,
        "CHECK_AVAILABLE": flags[line.check_available],
        "VOTE_MESSAGE": flags[line.vote],
        "DATE_CREATE": {},
        "DATE_MODIFY": {},
        "QUEUE_TIME": "60",
        "NO_ANSWER_TIME": "60",
        "CLOSE_RULE": "none",
        "AUTO_CLOSE_TIME": "86400",
        "FULL_CLOSE_TIME": "10",
        "MAX_CHAT": "0",
    }


def list_lines(call: Call) -> list[dict[str, Any]]:
    """config.list.get with select, filter, limit, offset. Assumed: a filter refuses unknown fields, too."""
    params = call.params.get("PARAMS")
    params = params if isinstance(params, dict) else {}
    options = call.params.get("OPTIONS")
    options = options if isinstance(options, dict) else {}
    select = [str(name) for name in php.values(params.get("select"))]
    if set(select) - set(FIELDS) - {"*"}:
        raise RestFault("INVALID_FORMAT", "Unknown field in select")
    criteria = filters(params.get("filter"))
    offset, limit = as_int(params.get("offset")), min(as_int(params.get("limit"), 50) or 50, 200)
    lines = sorted(call.world.lines.values(), key=lambda line: line.id)
    found = [line for line in lines if all(fits(line_object(line), *each) for each in criteria)]
    return [picked(line, select, options) for line in found[offset : offset + limit]]


def filters(given: Any) -> list[tuple[str, str, set[str]]]:
    """`{"ACTIVE": "Y", "!ID": [1, 2]}` as sign, field and values; `=` and `@` say what no sign says."""
    found = []
    for key, value in given.items() if isinstance(given, dict) else ():
        name = str(key).lstrip("!=@")
        if name not in FIELDS:
            raise RestFault("INVALID_FORMAT", "Unknown field in filter")
        found.append((str(key)[: -len(name)], name, {str(each) for each in php.values(value)}))
    return found


def fits(row: dict[str, Any], sign: str, name: str, wanted: set[str]) -> bool:
    """Whether a line is one that a filter wants."""
    return (str(row[name]) in wanted) is not sign.startswith("!")


def picked(line: Line, select: list[str], options: dict[str, Any]) -> dict[str, Any]:
    """One line with the selected fields and the queue, if asked for."""
    full = line_object(line)
    row = {name: full[name] for name in select if name in full} if select and "*" not in select else full
    if options.get("QUEUE") == "Y":
        row = row | {"QUEUE": [str(user_id) for user_id in line.queue], "QUEUE_USERS_FIELDS": []}
    return row


def get(call: Call) -> Any:
    """config.get: an unknown id is `false`."""
    if not call.number("CONFIG_ID"):
        raise RestFault("CONFIG_ID_EMPTY", "Config ID can't be empty")
    line = call.world.lines.get(call.number("CONFIG_ID"))
    if line is None:
        return False
    return line_object(line) | {"QUEUE": [str(user_id) for user_id in line.queue], "QUEUE_ONLINE": "Y"}


METHODS = {
    "imopenlines.config.list.get": Method("imopenlines", list_lines, upper=False),
    "imopenlines.config.get": Method("imopenlines", get, upper=False),
}
