"""The portal's own pages: the messenger's badge and the control panel."""

import html
import json
import re

import pytest

from sandbox import switches


def unread(box, user=27):
    return box.send(f"{box.origin}/_portal/unread", headers={"Cookie": f"sandbox_user_1={user}"}).json[
        "unread"
    ]


def test_the_badge_counts_chats_with_something_new(box):
    expected = sum(1 for row in box.rows() if row and row["counter"])
    assert unread(box) == expected > 0
    box.send(f"{box.origin}/_portal/chats/{box.chat_id('John Smith')}/read", {})
    assert unread(box) == expected - 1
    box.control("act", {"what": "client_message", "chat_id": box.chat_id("John Smith")})
    assert unread(box) == expected
    assert unread(box, user=45) == 0


def test_the_page_shows_the_badge_that_its_script_asks_for(box):
    page = box.send(f"{box.origin}/online/").text
    assert f'<em id="unread" >{unread(box)}</em>' in page
    assert '<em id="unread" hidden>0</em>' in box.send(f"{box.origin}/online/?user=45").text


def test_the_panel_names_languages_instead_of_codes(box):
    page = box.send(f"{box.origin}/online/?lang=br").text
    options = dict(re.findall(r'<option value="(\w*)" (?:selected)?>([^<]+)</option>', page))
    assert (options["de"], options["br"], options["ua"]) == ("Deutsch", "Português", "Українська")
    assert '<option value="br" selected>' in page
    assert not {code for code, name in options.items() if code == name}


def test_the_panel_says_which_languages_the_app_does_not_speak(box):
    page = box.send(f"{box.origin}/online/").text
    assert "Pinline has no Japanese and no Chinese yet: with them it falls back to English." in page


def test_the_panel_says_what_switches_stand_for(box):
    page = html.unescape(box.send(f"{box.origin}/online/").text)
    for name in ("recent_pin_lines", "silent_scope", "pin_error", "open_shape", "update_event"):
        for value, meaning in switches.CHOICES[name].items():
            assert f'<option value="{value}">{value}: {meaning}</option>' in page


def test_what_is_not_there_is_told_in_a_sentence(box):
    for wanted, sentence in (
        (
            {"what": "client_message", "user_id": 45},
            "Nina Petrova has no open dialog: choose one, or another user.",
        ),
        ({"what": "close", "chat_id": 99999}, "There is no 99999 here."),
    ):
        reply = box.send(f"{box.origin}/_sandbox/act", wanted)
        assert (reply.status, reply.json["error"]) == (422, sentence)


def app_buttons(box):
    """The panel's buttons that are for an app that is there: (usable, greyed)."""
    found = re.findall(r"<button data-needs-app( disabled)?", box.send(f"{box.origin}/?user=1").text)
    return found.count(""), found.count(" disabled")


def test_without_the_app_nothing_points_to_it(box):
    entry = re.compile(r'<a class="item[^>]*><svg[^>]*><use href="#i-pin"/></svg><span>Pinline</span></a>')
    box.control("install", {})
    usable, greyed = app_buttons(box)
    assert (usable > 5, greyed) == (True, 0)
    assert entry.search(box.send(f"{box.origin}/?user=1").text)
    box.control("uninstall", {"clean": 0})
    assert app_buttons(box) == (0, usable)
    assert not entry.search(box.send(f"{box.origin}/?user=1").text)


def frame_options(box, query):
    """The options that the page's script holds for the library, and the field of the hidden form."""
    reply = box.send(f"{box.origin}/?user=27&{query}")
    assert reply.status == 200
    data = json.loads(re.search(r'id="frame-data">(.+?)</script>', reply.text)[1])
    field = re.search(r'name="PLACEMENT_OPTIONS" value="([^"]*)"', reply.text)
    return data["options"], html.unescape(field[1]) if field else None


def bind(box, placement):
    handler = {"PLACEMENT": placement, "HANDLER": "http://127.0.0.1:8000/app", "TITLE": "Pinline"}
    options = {"OPTIONS": {"iconName": "fa-thumb-tack"}}
    assert box.rest("placement.bind", handler | options, user=1).result is True


@pytest.mark.parametrize(
    ("kind", "text"), [("missing", None), ("empty", ""), ("list", "[]"), ("undefined", "undefined")]
)
def test_odd_options_do_not_break_the_portals_own_page(box, kind, text):
    """Page widgets: the field may be missing, empty, a list or the word undefined."""
    bind(box, "IM_SIDEBAR")
    chat_id = box.chat_id("John Smith")
    query = f"placement=IM_SIDEBAR&chat={chat_id}"
    box.control("switches", {"placement_options": kind})
    assert frame_options(box, query) == ({}, text)
    box.control("switches", {"placement_options": "normal"})
    options, field = frame_options(box, query)
    assert options == json.loads(field) == {"dialogId": f"chat{chat_id}", "URI": "/online/"}


def test_the_navigation_names_the_openers_page(box):
    """Page widgets/im/navigation: URI is all there is."""
    bind(box, "IM_NAVIGATION")
    options, field = frame_options(box, "placement=IM_NAVIGATION")
    assert options == json.loads(field) == {"URI": "/online/"}
    assert frame_options(box, "bare=1") == ({}, None)
