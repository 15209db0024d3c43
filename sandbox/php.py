"""PHP's habits on the wire: nested form fields, arrays that are lists or objects, references in batches."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote_plus, unquote_plus

_REFERENCE = re.compile(r"\$result((?:\[[^\]]+\])+)")
_SUBKEY = re.compile(r"\[([^\]]*)\]")


def parse_str(query: str) -> dict[str, Any]:
    """Read a query string as PHP's parse_str does: `a[b][]=1` becomes {"a": {"b": ["1"]}}."""
    tree: dict[str, Any] = {}
    for piece in query.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            put(tree, unquote_plus(name, errors="replace"), unquote_plus(value, errors="replace"))
    return {key: settle(value) for key, value in tree.items()}


def fields(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nest decoded form fields by PHP's bracket rules."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        put(tree, name, value)
    return {key: settle(value) for key, value in tree.items()}


def put(tree: dict[str, Any], name: str, value: str) -> None:
    """Put one field into the tree; an unclosed bracket turns into an underscore, as in PHP."""
    name = name.lstrip(" ")
    head, bracket, tail = name.partition("[")
    if not head:
        return
    head = head.replace(".", "_").replace(" ", "_")
    if bracket and "]" not in tail:
        tree[head + "_" + tail] = value
        return
    path = [head, *_SUBKEY.findall(bracket + tail)] if bracket else [head]
    node = tree
    for key in path[:-1]:
        key = next_index(node) if key == "" else key
        child = node.get(key)
        if not isinstance(child, dict):
            child = node[key] = {}
        node = child
    last = path[-1]
    node[next_index(node) if last == "" else last] = value


def next_index(node: Mapping[str, Any]) -> str:
    """The key that PHP's `[]` would append under."""
    return str(max((int(key) for key in node if key.isdigit()), default=-1) + 1)


def settle(value: Any) -> Any:
    """Turn maps with the keys 0..n-1 into lists, deeply."""
    if not isinstance(value, dict):
        return value
    return array({key: settle(item) for key, item in value.items()}, empty_list=False)


def array(items: Mapping[str, Any], *, empty_list: bool = True) -> Any:
    """How PHP prints an array: `[]` when empty, a list when the keys count up from 0, else an object."""
    if not items:
        return [] if empty_list else {}
    if all(key == str(number) for number, key in enumerate(items)):
        return list(items.values())
    return dict(items)


def values(value: Any) -> list[Any]:
    """The values of a PHP array, whatever its keys; a scalar counts as an array of one."""
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


def form(data: Mapping[str, Any]) -> str:
    """Encode nested values as PHP's http_build_query: scalars as text, null and empty arrays vanish."""
    return "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in flatten(data))


def flatten(data: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield (`auth[domain]`, text) pairs of nested values."""
    items: Iterable[tuple[Any, Any]]
    items = data.items() if isinstance(data, Mapping) else enumerate(data)
    for key, value in items:
        name = f"{prefix}[{key}]" if prefix else str(key)
        if value is None:
            continue
        if isinstance(value, Mapping | list | tuple):
            yield from flatten(value, name)
        elif isinstance(value, bool):
            yield name, "1" if value else ""
        else:
            yield name, str(value)


def substitute(value: Any, results: Mapping[str, Any]) -> Any:
    """Replace `$result[key][field]` in parameters; a lone reference keeps the type of what it points at."""
    if isinstance(value, dict):
        return {key: substitute(item, results) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, results) for item in value]
    if not isinstance(value, str) or "$result[" not in value:
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return follow(results, _SUBKEY.findall(whole.group(1)))
    return _REFERENCE.sub(lambda found: text_of(follow(results, _SUBKEY.findall(found.group(1)))), value)


def follow(results: Mapping[str, Any], path: Sequence[str]) -> Any:
    """Walk as deep as the path can be resolved and give back the deepest element found."""
    node: Any = results
    for key in path:
        if isinstance(node, Mapping) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        else:
            break
    return None if node is results else node


def text_of(value: Any) -> str:
    """A value inside a text, PHP's way."""
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    return "Array" if isinstance(value, dict | list) else str(value)


def split_command(command: str) -> tuple[str, dict[str, Any]]:
    """Split a batch command into method and parameters; a raw `#` cuts it off, as parse_url does."""
    path, _, query = command.partition("#")[0].partition("?")
    return path.strip().strip("/").lower().removesuffix(".json"), parse_str(query)


def urlencoded(body: bytes) -> dict[str, Any]:
    """Read an urlencoded body with nesting."""
    return fields(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
