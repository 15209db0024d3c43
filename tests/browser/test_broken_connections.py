"""What the page says when an answer does not come: it denies nothing that may have been carried out."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.support.browser import Complaints
from tests.support.portal_page import PortalPage

PATIENCE = 40_000
PIN = "**/api/actions/pin"
LIST = "**/api/dialogs"


@pytest.fixture(autouse=True)
def broken_on_purpose(complaints: Complaints) -> Iterator[None]:
    """The browser itself complains about requests that were broken here; about nothing else."""
    yield
    complaints.lines = [line for line in complaints.lines if "Failed to load resource" not in line]


def carry_out_and_break(route: Route) -> None:
    """The app does it, its answer gets lost."""
    route.fetch()
    route.abort()


def note(desk: PortalPage, chat_id: int) -> Locator:
    """What the row says."""
    return desk.row(chat_id).locator(".note")


def test_a_lost_answer_is_not_denied_and_the_next_list_settles_it(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.page.route(LIST, lambda route: route.abort())
    desk.page.route(PIN, carry_out_and_break)
    desk.button(chat_id, "pin").click()
    expect(note(desk, chat_id)).to_contain_text("Not confirmed: the connection broke off", timeout=PATIENCE)
    expect(desk.said()).to_have_text("The connection broke off. It is not known whether this was done.")
    desk.page.unroute(LIST)
    desk.app.locator("#fresh").click()
    expect(desk.button(chat_id, "unpin")).to_be_visible(timeout=PATIENCE)
    expect(desk.row(chat_id).locator(".sw.unsure")).to_have_count(0, timeout=PATIENCE)
    assert chat_id in desk.pinned()


def test_a_write_that_never_arrived_is_told_by_a_list_of_later(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.page.route(PIN, lambda route: route.abort())
    desk.button(chat_id, "pin").click()
    expect(note(desk, chat_id)).to_contain_text("Not confirmed", timeout=PATIENCE)
    with desk.page.expect_response(re.compile("/api/dialogs$")):
        desk.row(chat_id).get_by_role("button", name="Check again").click()
    expect(note(desk, chat_id)).to_contain_text("Not confirmed")  # the app may still be busy with it
    expect(note(desk, chat_id)).to_have_text(
        "Not pinned: the connection broke off. Try again.", timeout=PATIENCE
    )
    expect(desk.button(chat_id, "pin")).to_have_attribute("aria-pressed", "false")


def test_an_old_list_settles_nothing(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]

    def as_stale(route: Route) -> None:
        answer = route.fetch(headers=route.request.headers | {"if-none-match": ""})
        body = answer.json() | {"stale": True}
        body["notices"] = [{"code": "portal_timeout", "message": "Your portal did not answer in time."}]
        route.fulfill(response=answer, json=body)

    desk.page.route(LIST, as_stale)
    desk.page.route(PIN, lambda route: route.abort())
    desk.button(chat_id, "pin").click()
    expect(note(desk, chat_id)).to_contain_text("Not confirmed", timeout=PATIENCE)
    expect(desk.app.locator("#banner")).to_contain_text("did not answer in time", timeout=PATIENCE)
    desk.page.wait_for_timeout(14_000)  # past the end of any click
    with desk.page.expect_response(re.compile("/api/dialogs$")):
        desk.app.locator("#fresh").click()
    expect(note(desk, chat_id)).to_contain_text("Not confirmed")
    desk.page.unroute(LIST)
    desk.app.locator("#fresh").click()
    expect(note(desk, chat_id)).to_contain_text("Not pinned", timeout=PATIENCE)
    expect(desk.app.locator("#banner")).to_be_hidden()


def test_a_click_without_an_answer_is_given_up(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.page.route(PIN, lambda _: None)
    desk.button(chat_id, "pin").click()
    expect(desk.row(chat_id).locator(".sw-pin[aria-busy]")).to_have_count(1)
    expect(desk.row(chat_id).locator(".sw-pin[aria-busy]")).to_have_count(0, timeout=25_000)
    expect(note(desk, chat_id)).to_have_text(re.compile("Not confirmed|Not pinned"))


def list_again(desk: PortalPage) -> None:
    """A list of now."""
    desk.page.wait_for_timeout(4_500)  # the app answers with the same list until then
    with desk.page.expect_response(re.compile("/api/dialogs$")):
        desk.app.locator("#fresh").click()


def test_a_click_that_got_lost_late_is_not_denied_while_the_app_may_be_at_it(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    held: list[Route] = []
    desk.page.route(PIN, lambda route: held.append(route))
    desk.button(chat_id, "pin").click()
    desk.page.wait_for_timeout(13_000)
    held[0].abort()
    expect(note(desk, chat_id)).to_contain_text("Not confirmed", timeout=PATIENCE)
    list_again(desk)
    expect(note(desk, chat_id)).to_contain_text("Not confirmed")
    desk.sandbox.act("pin", chat_id=chat_id)  # the app has it done now
    expect(desk.button(chat_id, "unpin")).to_be_visible(timeout=PATIENCE)
    expect(desk.row(chat_id).locator(".sw.unsure")).to_have_count(0, timeout=PATIENCE)
    expect(note(desk, chat_id)).not_to_contain_text("Not pinned")


def test_what_the_portal_gave_no_answer_to_is_not_denied_at_once(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    result = {"chat_id": chat_id, "session_id": 1, "client_name": "A", "outcome": "unconfirmed"}
    answer = {"action": "pin", "run": None, "dialogs": [], "undo": None, "as_of": "2026-01-01T00:00:00Z"}
    results = [{**result, "code": "timeout", "message": "Sent, but not confirmed."}]
    desk.page.route(PIN, lambda route: route.fulfill(json=answer | {"results": results}))
    desk.button(chat_id, "pin").click()
    expect(desk.row(chat_id).locator(".sw.unsure")).to_have_count(1, timeout=PATIENCE)
    list_again(desk)
    expect(desk.row(chat_id).locator(".sw.unsure")).to_have_count(1)
    expect(note(desk, chat_id)).to_contain_text("Not pinned", timeout=PATIENCE)


def test_nothing_was_sent_is_said_only_offline(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.button(chat_id, "pin").click()
    undo = desk.app.locator("#toasts [data-undo]")
    expect(undo).to_be_visible(timeout=PATIENCE)
    undo.hover()
    desk.page.context.set_offline(True)
    try:
        undo.click()
        expect(desk.said()).to_have_text("No connection. Nothing was sent.", timeout=PATIENCE)
        expect(desk.app.locator("#banner")).to_contain_text("No connection.")
    finally:
        desk.page.context.set_offline(False)
    expect(desk.app.locator("#banner")).to_be_hidden(timeout=PATIENCE)
    assert chat_id in desk.pinned()


def test_an_unchanged_list_ends_the_warning(desk: PortalPage) -> None:
    fresh, banner = desk.app.locator("#fresh"), desk.app.locator("#banner")
    with desk.page.expect_response(re.compile("/api/dialogs$")):
        fresh.click()  # from here on the page has an ETag
    broken = {"error": "portal_unavailable", "message": "", "retry_after": None, "request_id": "x"}
    desk.page.route(LIST, lambda route: route.fulfill(status=503, json=broken))
    fresh.click()
    expect(banner).to_contain_text("does not answer", timeout=PATIENCE)
    desk.page.unroute(LIST)
    with desk.page.expect_response(re.compile("/api/dialogs$")) as answer:
        banner.get_by_role("button", name="Try now").click()
    assert answer.value.status == 304
    expect(banner).to_be_hidden(timeout=PATIENCE)
    expect(fresh).to_have_attribute("data-state", "ok")


def test_a_busy_dialog_has_one_verdict_and_a_hint(desk: PortalPage) -> None:
    chat_id = desk.chats(pinned=False)[0]
    desk.sandbox.fault("lock_busy", method="imopenlines.session.mode.pin", times=1)
    desk.button(chat_id, "pin").click()
    verdict = "Not pinned: the portal did not carry it out. Try again."
    expect(note(desk, chat_id)).to_have_text(verdict, timeout=PATIENCE)
    expect(desk.said()).to_have_text(verdict)
    desk.button(chat_id, "pin").click()
    expect(desk.button(chat_id, "unpin")).to_be_visible(timeout=PATIENCE)
    expect(note(desk, chat_id)).not_to_contain_text("Not pinned", timeout=PATIENCE)


def test_a_run_whose_answer_got_lost_offers_only_what_is_left(desk: PortalPage) -> None:
    chosen = desk.chats(pinned=False)[:3]
    desk.page.route(PIN, carry_out_and_break)
    for chat_id in chosen:
        desk.row(chat_id).locator(".pick input").check(force=True)
    dock = desk.app.locator("#dock")
    dock.locator('[data-action="pin"]').click()
    expect(dock).to_contain_text("It is not known whether this was done.", timeout=PATIENCE)
    for chat_id in chosen:
        expect(desk.button(chat_id, "unpin")).to_be_visible(timeout=PATIENCE)
        expect(desk.row(chat_id).locator(".sw.unsure")).to_have_count(0, timeout=PATIENCE)
    expect(dock.get_by_role("button", name="Try again")).to_have_count(0)
    assert set(chosen) <= desk.pinned()


SAY_BUSY = """(() => {
    const parse = JSON.parse;
    JSON.parse = (...given) => {
        const read = parse(...given);
        const error = read?.error;
        if (error?.error === "portal_error") Object.assign(error, { error: "portal_busy", retry_after: 3 });
        return read;
    };
})()"""
"""The page reads what the app writes into it where the portal's budget is spent."""


@pytest.mark.parametrize("busy", [True, False])
def test_a_portal_that_is_busy_at_the_opening_is_given_its_time(tab: PortalPage, busy: bool) -> None:
    """Any other trouble is asked about at once: the control."""
    tab.install_over_http()
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    if busy:
        tab.page.add_init_script(SAY_BUSY)
    tab.sandbox.fault("502")
    tab.visit()
    expect(tab.app.locator("#state .state .btn").first).to_be_visible()
    tab.page.wait_for_timeout(1000)
    assert any(url.endswith("/api/dialogs") for url in asked) is not busy
    tab.sandbox.heal()
    expect(tab.app.locator(".row[data-chat-id]").first).to_be_visible(timeout=PATIENCE)
