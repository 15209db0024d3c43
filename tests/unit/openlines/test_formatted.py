"""A message for the panel keeps a few BB codes and none of the others."""

import pytest

from app.openlines.values import formatted, plain


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("[b]Hello[/b] there", "[b]Hello[/b] there"),
        ("[B]a[/B][br][user=5]Maria[/user]", "[B]a[/B]\nMaria"),
        ("[url=https://example.com/a?b=c]link[/url]", "[url=https://example.com/a?b=c]link[/url]"),
        ("[url]https://example.com[/url][img]x[/img]", "[url]https://example.com[/url]"),
        ("[color=red][i]x[/i][/color]", "[i]x[/i]"),
    ],
)
def test_what_is_kept(source: str, kept: str) -> None:
    assert formatted(source) == kept


@pytest.mark.parametrize("source", ["plain", "[sic]", "[user=5]Maria[/user]", "", None, 7])
def test_what_has_no_format_needs_no_second_text(source: object) -> None:
    assert formatted(source) is None


def test_the_plain_text_has_no_codes() -> None:
    assert plain("[b]Hello[/b] [url=https://example.com]link[/url]") == "Hello link"
