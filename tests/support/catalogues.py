"""Compares the languages' catalogues: same ids, same places, every plural form that the language has."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.core import Locale

Message = str | dict[str, str]
_PLACE = re.compile(r"\{(\w+)\}")


def load(folder: Path) -> dict[str, dict[str, Message]]:
    """All catalogues by language."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def places(message: Message) -> set[str]:
    """The `{names}` in a message; in plural forms, those of all forms together."""
    forms = [message] if isinstance(message, str) else list(message.values())
    return {place for form in forms for place in _PLACE.findall(form)}


def differences(catalogues: Mapping[str, Mapping[str, Message]], model: str = "en") -> list[str]:
    """What the languages do not agree on; `model` is the language they are held against."""
    return [
        f"{language}: {problem}"
        for language, messages in catalogues.items()
        for problem in _compare(language, messages, catalogues[model])
    ]


def _compare(language: str, messages: Mapping[str, Message], model: Mapping[str, Message]) -> Iterator[str]:
    yield from (f"{key} is missing" for key in sorted(model.keys() - messages.keys()))
    yield from (f"{key} is not in the model" for key in sorted(messages.keys() - model.keys()))
    categories = set(Locale.parse(language, sep="-").plural_form.tags) | {"other"}
    for key, message in messages.items():
        if key in model and places(message) - {"count"} != places(model[key]) - {"count"}:
            yield f"{key} has other places"
        if isinstance(message, dict) and set(message) != categories:
            yield f"{key} has the forms {sorted(message)} instead of {sorted(categories)}"
        if key in model and isinstance(message, str) and isinstance(model[key], dict):
            yield f"{key} has no plural forms"
        if not message or (isinstance(message, dict) and not all(message.values())):
            yield f"{key} is empty"
