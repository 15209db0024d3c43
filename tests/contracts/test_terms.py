"""Pin, Top and Silent have one name each in every language, and no text is English or out of measure."""

import re
from pathlib import Path

import pytest
from babel.core import Locale

from tests.support.catalogues import Message, load

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = load(ROOT / "app" / "translations")
OTHERS = sorted(set(CATALOGUES) - {"en"})

FORMS = {
    "ar": {"zero", "one", "two", "few", "many"},
    "de": {"one"},
    "en": {"one"},
    "es": {"one", "many"},
    "fr": {"one", "many"},
    "pl": {"one", "few", "many"},
    "pt-BR": {"one", "many"},
    "ru": {"one", "few", "many"},
    "tr": {"one"},
    "uk": {"one", "few", "many"},
}

# The stems of the one word that each language has for it.
PIN = {
    "ar": "ثب",
    "de": "heft|loslös|loszulös|losgelöst",
    "es": "f[ií]j",
    "fr": "épingl",
    "pl": "przypi|przypn|odepn|odpi",
    "pt-BR": "fix",
    "ru": "креп",
    "tr": "sabit",
    "uk": "кріп",
}
TOP = {
    "ar": "أعلى",
    "de": "oben",
    "es": "arriba",
    "fr": "tête",
    "pl": "gór",
    "pt-BR": "topo",
    "ru": "наверх|верх списка",
    "tr": "üst",
    "uk": "нагор|верх списку",
}
SILENT = {
    "ar": "مخفي",
    "de": "verdeckt",
    "es": "oculto",
    "fr": "caché",
    "pl": "ukryt",
    "pt-BR": "oculto",
    "ru": "скрыт",
    "tr": "gizli",
    "uk": "прихован",
}
TERMS = {
    r"\b([Uu]n)?[Pp]inn?(ed|ing)?\b": PIN,
    r"\b(Top|[Oo]n top)\b": TOP,
    r"\bSilent\b": SILENT,
}
# Here the pin is the thing on the button.
THINGS = {"extra.practice.how_pin", "extra.practice.how_refused"}

# Names, units and words that these languages share with English.
NAMES = {"card.title", "desk.fact.crm"} | {
    f"desk.channel.{name}" for name in ("whatsapp", "telegram", "instagram", "viber")
}
UNITS = {"desk.time.s", "desk.time.min", "desk.time.h", "desk.time.h_min"}
SAME = {
    "ar": NAMES,
    "de": NAMES
    | UNITS
    | {"desk.crm.lead", "desk.filter", "desk.view_name", "extra.desks.name", "extra.set.density.normal"}
    | {"extra.shift.link", "page.table.chat", "page.table.code"},
    "es": NAMES | UNITS | {"desk.time.d", "desk.filter.no", "extra.no", "page.table.chat"},
    "fr": NAMES
    | UNITS
    | {"desk.column.client", "desk.palette.clients", "extra.shift.client", "page.table.client"}
    | {"desk.crm.contact", "desk.messages", "desk.journal", "extra.journal.action", "page.table.action"}
    | {"page.table.chat", "page.table.code", "page.table.session"},
    "pl": NAMES | UNITS | {"desk.time.d", "desk.crm.lead", "desk.crm.deal", "extra.shift.link"},
    "pt-BR": NAMES | UNITS | {"desk.time.d", "desk.crm.lead", "extra.shift.link", "page.table.chat"},
    "ru": NAMES,
    "tr": NAMES | {"extra.set.density.normal"},
    "uk": NAMES,
}


def forms(message: Message) -> list[str]:
    """All texts of a message."""
    return [message] if isinstance(message, str) else list(message.values())


def bare(text: str) -> str:
    """The text without its places."""
    return re.sub(r"\{\w+\}", "", text)


def unnamed(english: dict[str, Message], other: dict[str, Message], word: str, stems: str) -> list[str]:
    """Ids whose English text uses the word while a form of the other language lacks its name."""
    return [
        key
        for key, message in english.items()
        if key not in THINGS
        and key in other
        and any(re.search(word, bare(text)) for text in forms(message))
        and not all(re.search(stems, text, re.I) for text in forms(other[key]))
    ]


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("word", TERMS)
def test_pin_top_and_silent_keep_their_names(language: str, word: str) -> None:
    assert unnamed(CATALOGUES["en"], CATALOGUES[language], word, TERMS[word][language]) == []


def test_another_name_is_found() -> None:
    english: dict[str, Message] = {"a": "Silent is on", "b": {"one": "Pin {n}", "other": "Pin {n}"}}
    german: dict[str, Message] = {"a": "Stumm ist an", "b": {"one": "{n} anheften", "other": "{n} stecken"}}
    assert unnamed(english, german, r"\bSilent\b", SILENT["de"]) == ["a"]
    assert unnamed(english, german, r"\bPin\b", PIN["de"]) == ["b"]


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_plural_forms_are_those_of_the_language(language: str) -> None:
    """What Babel says today; the browser's Intl.PluralRules speaks of the same categories."""
    assert set(Locale.parse(language, sep="-").plural_form.tags) == FORMS[language]


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_a_form_for_many_numbers_says_the_number(language: str) -> None:
    """Only zero, one and two can go without: each stands for a single number in languages that do so."""
    silent_about_it = [
        f"{key}/{form}"
        for key, message in CATALOGUES[language].items()
        if isinstance(message, dict)
        for form, text in message.items()
        if form in {"few", "many", "other"} and not re.search(r"\{(n|count)\}", text) and _counts(key)
    ]
    assert silent_about_it == []


def _counts(key: str) -> bool:
    """Whether the English form for several says the number."""
    model = CATALOGUES["en"][key]
    return isinstance(model, dict) and bool(re.search(r"\{(n|count)\}", model["other"]))


@pytest.mark.parametrize("language", OTHERS)
def test_what_equals_english_is_known_to(language: str) -> None:
    """A forgotten text is English that stands in another language."""
    same = {
        key
        for key, message in CATALOGUES[language].items()
        if message == CATALOGUES["en"].get(key) and re.search("[A-Za-z]", bare(str(message)))
    }
    same -= {key for key in same if not re.search("[A-Za-z]", bare("".join(forms(CATALOGUES["en"][key]))))}
    assert same == SAME[language]


@pytest.mark.parametrize("language", OTHERS)
def test_texts_keep_a_measure(language: str) -> None:
    """Three times its English, or a third of it, is a mistake; a third more over all is too wordy."""
    pairs = {
        key: (len(forms(message)[-1]), len(forms(CATALOGUES[language][key])[-1]))
        for key, message in CATALOGUES["en"].items()
        if key in CATALOGUES[language]
    }
    odd = [key for key, (a, b) in pairs.items() if a > 9 and not a / 3.4 <= b <= a * 3]
    assert odd == []
    assert sum(b for _, b in pairs.values()) <= 1.3 * sum(a for a, _ in pairs.values())
