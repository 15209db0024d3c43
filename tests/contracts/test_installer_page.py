"""The installer speaks the portal's language, by Bitrix24's own codes, when it works and when it does not."""

import html
from pathlib import Path

import pytest

from tests.support.catalogues import load
from tests.support.frame import Frame
from tests.support.stand import Sandbox

CATALOGUES = load(Path(__file__).resolve().parents[2] / "app" / "translations")
# What a portal sends as LANG (page "BX24.getLang"), and the catalogue that it means.
CODES = {"en": "en", "ru": "ru", "ua": "uk", "de": "de", "fr": "fr", "la": "es", "br": "pt-BR"}
CODES |= {"pl": "pl", "tr": "tr", "ar": "ar"}


def test_every_catalogue_has_a_code() -> None:
    assert sorted(CODES.values()) == sorted(CATALOGUES)


@pytest.mark.parametrize("code", CODES)
def test_the_installer_speaks(code: str, portal: Sandbox) -> None:
    language = CODES[code]
    words = CATALOGUES[language]
    reply = Frame(portal, user_id=1, lang=code).install()
    page = html.unescape(reply.text)
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page
    for key in ("install.title", "install.text", "install.step.portal", "install.ready.title", "page.retry"):
        assert str(words[key]) in page
    assert page.count('role="status"') == 1


@pytest.mark.parametrize("code", CODES)
def test_a_failed_installation_says_so_in_that_language(code: str, portal: Sandbox) -> None:
    frame = Frame(portal, user_id=1, lang=code)
    address, fields = frame.prepare("/install")
    reply = frame.post_form(address, fields | {"AUTH_ID": "0" * 32})
    assert reply.status >= 400
    assert str(CATALOGUES[CODES[code]]["install.failed.title"]) in html.unescape(reply.text)
