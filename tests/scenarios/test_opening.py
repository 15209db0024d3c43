"""Installing and opening: who gets in, what it costs at the portal, what the page may and may not hold."""

import time

from tests.support.frame import Frame
from tests.support.stand import Sandbox

FIELDS = {
    "chat_id",
    "dialog_id",
    "session_id",
    "status",
    "stage",
    "title",
    "client_name",
    "client_user_id",
    "line_id",
    "line_name",
    "connector",
    "mine",
    "responsible",
    "pinned",
    "silent",
    "silent_source",
    "silent_since",
    "top",
    "top_rank",
    "unread",
    "last_message",
    "waiting_since",
    "reply_until",
    "reply_closed",
    "reply_block_reason",
    "crm",
    "open_url",
}


def test_an_administrator_installs_and_the_portal_knows_our_handlers(admin: Frame, portal: Sandbox) -> None:
    bound = [command for record in portal.requests() for command in record["commands"]]
    assert bound.count("placement.bind") == 3
    assert bound.count("event.bind") >= 2
    assert {record["method"] for record in portal.requests() if record["host"] == "portal"} == {"batch"}


def test_installing_again_changes_nothing_and_opening_still_works(admin: Frame, portal: Sandbox) -> None:
    portal.forget()
    assert admin.install().status == 200
    commands = [command for record in portal.requests() for command in record["commands"]]
    assert "placement.bind" not in commands, "what is bound already is not bound again"
    assert Frame(portal).open().status == 200


def test_a_second_administrator_may_install_too(admin: Frame, portal: Sandbox) -> None:
    second = Frame(portal, user_id=1, lang="ru")
    assert second.install().status == 200
    assert Frame(portal).open().token


def test_opening_a_known_portal_costs_one_request_to_each_side(admin: Frame, portal: Sandbox) -> None:
    frame = Frame(portal)
    address, fields = frame.prepare("/app")
    with portal.counting() as counts:
        reply = frame.post_form(address, fields)
    assert counts == {"oauth": 1, "portal": 1}
    assert reply.boot["error"] is None
    assert len(reply.boot["listing"]["dialogs"]) > 20


def test_the_proof_and_the_list_run_side_by_side(admin: Frame, portal: Sandbox) -> None:
    frame = Frame(portal)
    address, fields = frame.prepare("/app")
    portal.fault("slow", target="portal", seconds=2)
    portal.fault("slow", target="oauth", seconds=2)
    begun = time.monotonic()
    reply = frame.post_form(address, fields)
    took = time.monotonic() - begun
    assert reply.boot["listing"] is not None
    assert 2 <= took < 3.5, "one after the other would take 4 s"


def test_a_hung_portal_does_not_block_the_page(admin: Frame, portal: Sandbox) -> None:
    frame = Frame(portal)
    address, fields = frame.prepare("/app")
    portal.fault("slow", target="portal", seconds=8)
    begun = time.monotonic()
    reply = frame.post_form(address, fields)
    assert time.monotonic() - begun < 4
    assert reply.status == 200
    assert reply.boot["listing"] is None
    assert reply.token


def test_the_page_names_exactly_its_portal_and_keeps_no_cookie(operator: Frame, portal: Sandbox) -> None:
    reply = operator.open()
    policy = reply.policy
    assert policy["frame-ancestors"] == portal.url
    assert policy["default-src"] == "'none'"
    assert "'unsafe-inline'" not in policy["script-src"]
    assert "nonce-" in policy["script-src"]
    assert "X-Frame-Options" not in reply.headers
    assert "Set-Cookie" not in reply.headers
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Referrer-Policy"] == "no-referrer"


def test_no_portal_token_reaches_the_page(operator: Frame) -> None:
    reply = operator.open()
    for name in ("AUTH_ID", "REFRESH_ID"):
        assert len(operator.fields[name]) >= 16
        assert operator.fields[name] not in reply.text


def test_a_placement_opens_the_desk_at_its_dialog(operator: Frame) -> None:
    chat_id = next(iter(operator.dialogs()))
    reply = operator.open(placement="IM_SIDEBAR", options=f'{{"dialogId":"chat{chat_id}"}}')
    assert reply.status == 200
    assert reply.boot["focus_chat_id"] == chat_id


def test_the_language_of_the_portal_chooses_the_words(operator: Frame, portal: Sandbox) -> None:
    russian = Frame(portal, lang="ru").open()
    assert '<html lang="ru"' in russian.text
    assert russian.boot["language"] == "ru"
    assert '<html lang="en"' in Frame(portal, lang="xx").open().text


def test_opening_before_the_installation_says_what_to_do(portal: Sandbox) -> None:
    reply = Frame(portal).open()
    assert reply.token is None
    assert 'id="boot"' not in reply.text
    assert "Pinline" in reply.text


def test_a_dialog_carries_every_field_of_the_contract(operator: Frame) -> None:
    dialogs = operator.dialogs()
    assert all(set(dialog) == FIELDS for dialog in dialogs.values())
    assert {dialog["stage"] for dialog in dialogs.values()} >= {"queue", "work", "answered"}
    assert all(dialog["line_name"] for dialog in dialogs.values())


def test_the_list_shows_what_the_portal_knows(operator: Frame, portal: Sandbox) -> None:
    truth = portal.truth(27)
    dialogs = operator.dialogs()
    assert set(dialogs) <= set(truth)
    for chat_id, dialog in dialogs.items():
        assert dialog["session_id"] == truth[chat_id]["session_id"]
        assert dialog["pinned"] == truth[chat_id]["pinned"]
        assert dialog["mine"] == (truth[chat_id]["owner"] == 27)


def test_an_unchanged_list_costs_no_bytes_and_no_request(operator: Frame, portal: Sandbox) -> None:
    with portal.counting() as counts:
        first = operator.get("/api/dialogs")
        second = operator.get("/api/dialogs", **{"If-None-Match": first.headers["ETag"]})
    assert (first.status, second.status, second.text) == (200, 304, "")
    assert counts == {}


def test_rows_that_portals_hold_seldom_break_nothing(portal: Sandbox) -> None:
    """Sessions that are gone, odd ids, unknown keys: each dialog is listed and opens; pins are truthful."""
    portal.reset("oddities")
    Frame(portal, user_id=1).install()
    frame = Frame(portal)
    assert frame.open().status == 200
    truth, dialogs = portal.truth(27), frame.dialogs()
    assert set(dialogs) == {chat_id for chat_id, row in truth.items() if row["owner"] == 27}
    for chat_id in dialogs:
        reply = frame.get(f"/api/dialogs/{chat_id}")
        assert reply.status == 200, (truth[chat_id]["title"], reply.text)
        answer = frame.act("pin", chat_id)
        assert answer.status == 200, (truth[chat_id]["title"], answer.text)
        if answer.json()["results"][0]["outcome"] in ("done", "already"):
            assert portal.truth(27)[chat_id]["pinned"], truth[chat_id]["title"]
    named = {dialog["client_name"] for dialog in dialogs.values()}
    assert {"Ordinary Client", "Piped Client"} <= named


def test_every_seed_case_comes_through(portal: Sandbox) -> None:
    """The awkward rows of real portals: nothing is a 500, and each lands in a stage."""
    portal.reset("facts")
    Frame(portal, user_id=1).install()
    frame = Frame(portal)
    assert frame.open().status == 200
    dialogs = frame.dialogs()
    assert {dialog["stage"] for dialog in dialogs.values()} == {"queue", "work", "answered", "closing"}
    assert any(not dialog["mine"] and dialog["responsible"] for dialog in dialogs.values())
    assert any(dialog["reply_closed"] for dialog in dialogs.values())
