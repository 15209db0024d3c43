"""What a person sees: no violations of accessibility rules, two languages, several widths, light and dark."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import axe
from tests.support.portal_page import PortalPage


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [980, 1300, 1700])
def test_the_desk_has_no_violations(desk: PortalPage, width: int, scheme: str) -> None:
    desk.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    desk.page.set_viewport_size({"width": width, "height": 900})
    desk.open()
    assert axe(desk.document) == []


def test_dialogs_panel_and_journal_have_no_violations(desk: PortalPage) -> None:
    desk.page.emulate_media(reduced_motion="reduce")
    desk.app.locator('.toolbar [data-preview="unpin_all"]').click()
    expect(desk.app.get_by_role("dialog")).to_be_visible()
    assert axe(desk.document) == []
    desk.page.keyboard.press("Escape")
    chat_id = desk.chats(pinned=False)[0]
    desk.row(chat_id).locator(".who").click()
    expect(desk.app.locator("#panel")).to_be_visible()
    assert axe(desk.document) == []
    desk.row(chat_id).locator(".pick input").check(force=True)
    assert axe(desk.document) == []


def test_axe_finds_a_planted_violation(desk: PortalPage) -> None:
    desk.document.evaluate("document.querySelector('#more').removeAttribute('aria-label')")
    desk.document.evaluate("document.querySelector('#more').removeAttribute('title')")
    assert any(line.startswith("button-name") for line in axe(desk.document))


def test_russian_through_and_through(desk: PortalPage) -> None:
    desk.open(query="&lang=ru")
    assert desk.document.evaluate("document.documentElement.lang") == "ru"
    expect(desk.app.get_by_role("heading", level=1)).to_have_text("Мои диалоги")


def test_nothing_scrolls_sideways(desk: PortalPage) -> None:
    for width in (820, 1100, 1600):
        desk.page.set_viewport_size({"width": width, "height": 900})
        overflow = desk.document.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"at {width}"


def test_the_card_in_a_chats_sidebar(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.visit(query=f"&placement=IM_SIDEBAR&chat={chat_id}")
    pin = desk.app.locator('[data-action="pin"]').first
    expect(pin).to_be_visible()
    assert axe(desk.document) == []
    pin.click()
    expect(desk.app.locator('[data-action="unpin"]').first).to_be_visible()
    assert chat_id in desk.pinned()
    desk.app.locator("#toasts [data-undo]").click()
    expect(pin).to_have_attribute("aria-pressed", "false", timeout=20_000)
    assert chat_id not in desk.pinned()


def test_the_page_under_attack_runs_nothing_of_it(tab: PortalPage) -> None:
    """Client names and messages are text, whatever they contain."""
    tab.sandbox.reset("facts", installed=True)
    tab.install_over_http()
    tab.open()
    for chat_id in tab.chats():
        evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
        tab.sandbox.act("client_message", chat_id=chat_id, text=evil)
    tab.open()
    expect(tab.app.locator("#rows")).to_contain_text("onerror")
    assert tab.document.evaluate("document.title") != "owned"
