"""Which catalogue a wish leads to, and that plural forms and directions follow the language."""

import pytest

from app.web.i18n import FALLBACK, Catalogues, accepted, direction, load_catalogues


@pytest.fixture(scope="module")
def words() -> Catalogues:
    return Catalogues(load_catalogues())


@pytest.mark.parametrize(
    ("wish", "tag"),
    [
        ("en", "en"),
        ("ru", "ru"),
        ("de", "de"),
        ("fr", "fr"),
        ("pl", "pl"),
        ("tr", "tr"),
        ("ar", "ar"),
        ("la", "es"),
        ("br", "pt-BR"),
        ("ua", "uk"),
        ("uk", "uk"),
        ("pt-BR", "pt-BR"),
        ("pt_br", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("es-419", "es"),
        ("de-AT", "de"),
        (" DE ", "de"),
    ],
)
def test_bitrix_codes_and_tags_find_their_catalogue(words: Catalogues, wish: str, tag: str) -> None:
    assert words.choose(wish) == tag


@pytest.mark.parametrize("wish", ["", None, "ja", "../ru", "ru.json", "zz", "d" * 500])
def test_what_has_no_catalogue_is_english(words: Catalogues, wish: str | None) -> None:
    assert words.choose(wish) == FALLBACK


def test_a_portals_wish_comes_before_the_browsers(words: Catalogues) -> None:
    browser = accepted("fr-CH, fr;q=0.9, en;q=0.8")
    assert words.choose("ua", *browser) == "uk"
    assert words.choose("ja", *browser) == "fr"
    assert words.choose(None, *browser) == "fr"


def test_only_arabic_runs_from_right_to_left(words: Catalogues) -> None:
    assert [tag for tag in words.languages if direction(tag) == "rtl"] == ["ar"]


@pytest.mark.parametrize(
    ("language", "count", "form"),
    [
        ("en", 0, "other"),
        ("pl", 22, "few"),
        ("pl", 21, "many"),
        ("uk", 21, "one"),
        ("fr", 0, "one"),
        ("pt-BR", 0, "one"),
        ("es", 0, "other"),
        ("tr", 1, "one"),
        ("ar", 0, "zero"),
        ("ar", 2, "two"),
        ("ar", 103, "few"),
        ("ar", 99, "many"),
        ("ar", 100, "other"),
    ],
)
def test_the_number_picks_the_languages_own_form(language: str, count: int, form: str) -> None:
    forms = {name: name for name in ("zero", "one", "two", "few", "many", "other")}
    words = Catalogues({"en": {"n": forms}, language: {"n": forms}})
    assert words.say(language, "n", count=count) == form
