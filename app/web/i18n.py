"""Words in the operator's language: one catalogue per language, plurals by the language's own rules.

The language comes from a Bitrix24 code that a browser sent, so it is only ever looked up in a table.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from babel.core import Locale

Message = str | dict[str, str]
Words = Callable[..., str]

FALLBACK = "en"
RIGHT_TO_LEFT = frozenset({"ar", "he", "fa"})
# Bitrix24's own codes that differ from BCP 47 (page "BX24.getLang"); `la` is the Spanish of Latin America.
_BITRIX = {
    "ua": "uk",
    "br": "pt-br",
    "la": "es",
    "in": "hi",
    "sc": "zh-cn",
    "tc": "zh-tw",
    "vn": "vi",
    "kz": "kk",
}
_TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"
_PLACE = re.compile(r"\{(\w+)\}")


def load_catalogues(folder: Path = _TRANSLATIONS) -> dict[str, dict[str, Message]]:
    """Every `<language>.json` of the folder; the file names are the languages that exist."""
    decoder = msgspec.json.Decoder(dict[str, Message])
    return {path.stem: decoder.decode(path.read_bytes()) for path in sorted(folder.glob("*.json"))}


class Catalogues:
    """All languages of the product; a message that one language lacks is taken from English."""

    def __init__(self, messages: Mapping[str, Mapping[str, Message]]) -> None:
        self._messages = messages
        self._locales = {language: Locale.parse(language, sep="-") for language in messages}
        self._plural: dict[str, Callable[[int], str]] = {}
        self._tags = {tag.split("-")[0]: tag for tag in messages} | {tag.lower(): tag for tag in messages}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have a catalogue, as BCP 47 tags."""
        return tuple(self._messages)

    def choose(self, *wishes: str | None) -> str:
        """The first wish that has a catalogue (Bitrix24 codes and BCP 47 alike), else English."""
        for wish in wishes:
            code = (wish or "").strip().lower().replace("_", "-")
            tag = _BITRIX.get(code, code)
            for candidate in (tag, tag.split("-")[0]):
                if candidate in self._tags:
                    return self._tags[candidate]
        return FALLBACK

    def message(self, language: str, key: str) -> Message:
        """The raw message; an unknown id is a mistake of ours and comes back as itself."""
        return self._messages[language].get(key) or self._messages[FALLBACK].get(key, key)

    def has(self, key: str) -> bool:
        """Whether the id exists at all."""
        return key in self._messages[FALLBACK]

    def say(self, language: str, key: str, /, **values: Any) -> str:
        """The message with its `{places}` filled; `count` picks the plural form."""
        message = self.message(language, key)
        if isinstance(message, dict):
            form = self._form(language, values.get("count", 0))
            message = message.get(form) or message["other"]
        return _PLACE.sub(lambda place: str(values.get(place[1], place[0])), message)

    def _form(self, language: str, count: int) -> str:
        """The plural form. A language's rule is loaded when it is first asked for: it takes a megabyte."""
        rule = self._plural.get(language)
        if rule is None:
            rule = self._plural[language] = self._locales[language].plural_form
        return rule(count)

    def speaker(self, language: str) -> Words:
        """`t(id, **values)` of one language, for templates."""
        return lambda key, /, **values: self.say(language, key, **values)

    def subset(self, language: str, *prefixes: str) -> dict[str, Message]:
        """The messages that a page needs, filled up from English."""
        merged = {**self._messages[FALLBACK], **self._messages[language]}
        return {key: text for key, text in merged.items() if key.startswith(prefixes)}


def word_files(catalogues: Catalogues) -> dict[str, bytes]:
    """The words of surfaces that the desk loads on first use, as files for the static tree."""
    files: dict[str, object] = {
        f"words/extra.{language}.json": catalogues.subset(language, "extra.")
        for language in catalogues.languages
    }
    files["words/languages.json"] = catalogues.languages
    return {name: msgspec.json.encode(content) for name, content in files.items()}


def direction(language: str) -> str:
    """`rtl` for scripts that run from right to left."""
    return "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr"


def accepted(header: str) -> list[str]:
    """The languages of an Accept-Language header in order; weights are ignored on purpose."""
    return [part.split(";")[0].strip() for part in header[:200].split(",") if part.strip()]
