"""Reading rows: every special case of a portal's list, and nothing that breaks it."""

import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest

from app.bitrix24.errors import BadAnswer
from app.openlines.dialogs import Seen, read_rows
from app.openlines.model import CrmLink, Person
from app.openlines.rows import MOST_ROWS, mark_rows

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LINES = {2: "Web store", 3: "Telegram", 14: "VIP"}
ME = Person(27, "Maria Jansen")


def row(chat_id: int = 1763, **changes: Any) -> dict[str, Any]:
    """An own dialog as a portal writes it; `chat__owner` changes a nested value."""
    base: dict[str, Any] = {
        "id": f"chat{chat_id}",
        "chat_id": chat_id,
        "type": "chat",
        "title": "Maria Lopez - Telegram",
        "message": {"id": 9, "text": "Hi", "author_id": 412, "date": "2026-11-20T13:14:07+02:00"},
        "counter": 2,
        "chat": {
            "id": chat_id,
            "owner": 27,
            "type": "lines",
            "entity_type": "LINES",
            "entity_id": "telegrambot|3|5550123|412",
            "entity_data_1": "Y|LEAD|1209|N|N|343|1763626442|0|0|0",
            "entity_data_2": "LEAD|1209|COMPANY|0|CONTACT|88|DEAL|0",
            "entity_data_3": "N",
        },
        "lines": {"id": 343, "status": 20, "date_create": "2026-11-20T13:00:00+02:00"},
        "user": {"id": 412, "name": "Maria Lopez", "connector": True},
    }
    for name, value in changes.items():
        place, _, key = name.partition("__")
        if key:
            base[place] = base[place] | {key: value}
        else:
            base[place] = value
    return base


def read(*rows: Any) -> Seen:
    return read_rows(
        mark_rows([json.dumps(rows).encode()]), me=ME, lines=LINES, origin="https://p.example", now=NOW
    )


def one(**changes: Any) -> Any:
    seen = read(row(**changes))
    assert seen.skipped == 0
    return seen.dialogs[0]


def test_an_own_dialog_in_full() -> None:
    dialog = one()
    assert (dialog.chat_id, dialog.dialog_id, dialog.session_id) == (1763, "chat1763", 343)
    assert (dialog.status, dialog.stage, dialog.mine, dialog.pinned) == (20, "work", True, False)
    assert (dialog.client_name, dialog.client_user_id) == ("Maria Lopez", 412)
    assert (dialog.line_id, dialog.line_name, dialog.connector) == (3, "Telegram", "telegrambot")
    assert dialog.responsible == Person(27, "Maria Jansen")
    assert dialog.crm == [CrmLink("lead", 1209), CrmLink("contact", 88)]
    assert dialog.last_message.at == datetime(2026, 11, 20, 11, 14, 7, tzinfo=UTC)
    assert (dialog.last_message.author, dialog.last_message.author_name) == ("client", "Maria Lopez")
    assert dialog.open_url == "https://p.example/online/?IM_DIALOG=chat1763"
    assert (dialog.silent, dialog.unread, dialog.reply_until, dialog.reply_closed) == (None, 2, None, False)


@pytest.mark.parametrize(
    ("status", "stage"),
    [(0, "queue"), (5, "queue"), (10, "work"), (20, "work"), (25, "work"), (40, "answered"), (50, "closing")],
)
def test_stages(status: int, stage: str) -> None:
    assert one(lines__status=status).stage == stage


@pytest.mark.parametrize("status", [60, 65, 69, 75])
def test_closed_sessions_are_left_out(status: int) -> None:
    assert read(row(lines__status=status)).dialogs == []


def test_a_queue_row_lacks_much() -> None:
    dialog = one(
        chat__owner=0, lines={"id": 361, "status": 0}, user={"id": 0}, title="Green Guest #17 - Web store"
    )
    assert (dialog.responsible, dialog.mine, dialog.stage) == (None, False, "queue")


@pytest.mark.parametrize(
    ("packed", "session", "pinned"),
    [
        ("N|NONE|0|Y|N|77|1763626442|0|0|0", 77, True),
        ("N|NONE|0|N|N|77|1763626442", 77, False),
        ("", 0, False),
        (None, 0, False),
        ([], 0, False),
        ("N|NONE|0|y|N|1763626442|1763626442|0|0|0", 0, False),
    ],
)
def test_packed_fields_may_be_short_empty_or_damaged(packed: Any, session: int, pinned: bool) -> None:
    dialog = one(chat__entity_data_1=packed, lines={"id": 0, "status": 20})
    assert (dialog.session_id, dialog.pinned) == (session, pinned)


def test_a_moved_dialog_belongs_to_its_new_line_and_keeps_its_title() -> None:
    dialog = one(chat__entity_data_1="N|NONE|0|N|N|1|1|14|0|0")
    assert (dialog.line_id, dialog.line_name, dialog.client_name) == (14, "VIP", "Maria Lopez")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Anna - Lena - Telegram", "Anna - Lena"),
        ("Anna - Lena", "Maria Lopez"),
        ("Telegram", "Maria Lopez"),
        ("Ann - telegram", "Maria Lopez"),
    ],
)
def test_only_the_exact_name_of_the_line_is_taken_off(title: str, name: str) -> None:
    assert one(title=title).client_name == name


def test_a_colleague_who_wrote_last_lends_no_name_to_the_client() -> None:
    user = {"id": 31, "name": "David Okafor", "connector": False}
    dialog = one(title="Renamed chat", user=user, message__author_id=31)
    assert dialog.client_name == "Renamed chat"
    assert (dialog.last_message.author, dialog.last_message.author_name) == ("operator", "David Okafor")


def test_a_client_who_wrote_last_has_the_clients_name() -> None:
    """Rows of the queue carry no card of the client."""
    last = one(user={"id": 0}, message__author_id=412).last_message
    assert (last.author, last.author_name) == ("client", "Maria Lopez")
    carded = one(user={"id": 412, "name": "M. Lopez", "connector": True}, message__author_id=412)
    assert carded.last_message.author_name == "M. Lopez"
    unknown = one(user={"id": 0}, message__author_id=31).last_message
    assert (unknown.author, unknown.author_name) == ("operator", None)


def test_names_of_colleagues_come_from_other_rows() -> None:
    user = {"id": 31, "name": "David Okafor", "connector": False}
    seen = read(row(1, chat__owner=31), row(2, user=user, message__author_id=31))
    assert seen.dialogs[0].responsible == Person(31, "David Okafor")
    assert not seen.dialogs[0].mine


@pytest.mark.parametrize(("author", "kind"), [(0, "system"), (27, "me"), (412, "client"), (31, "operator")])
def test_who_wrote_last(author: int, kind: str) -> None:
    assert one(message__author_id=author, user={"id": 0}).last_message.author == kind


def test_a_file_has_its_name_for_a_text() -> None:
    file = {"id": 1, "type": "image", "name": "photo.png"}
    assert one(message__text="", message__file=file).last_message.text == "photo.png"


def test_reply_windows() -> None:
    until = int(NOW.timestamp()) + 3600
    dialog = one(chat__entity_data_1=f"N|NONE|0|N|N|1|1|0|{until}|0")
    assert (dialog.reply_closed, dialog.reply_block_reason) == (False, None)
    assert dialog.reply_until == datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
    dialog = one(chat__entity_data_1=f"N|NONE|0|N|N|1|1|0|{until - 7200}|DEFAULT")
    assert (dialog.reply_closed, dialog.reply_block_reason) == (True, "DEFAULT")


def test_crm_of_older_chats_and_odd_pairs() -> None:
    assert one(chat__entity_data_2="").crm == [CrmLink("lead", 1209)]
    assert one(chat__entity_data_2="DEAL|7|X|1|LEAD").crm == [CrmLink("deal", 7)]
    assert one(chat__entity_data_2="", chat__entity_data_1="").crm == []


def test_a_connectors_own_chat_id_may_hold_pipes() -> None:
    assert one(chat__entity_id="acme|2|a|b|412").client_user_id == 412
    assert one(chat__entity_id="acme").client_user_id == 0


def test_silent_is_only_a_big_y() -> None:
    assert (one(chat__entity_data_3="Y").silent, one(chat__entity_data_3="Y").silent_source) == (
        True,
        "portal",
    )
    for value in ("N", "", "y", None, "1"):
        assert one(chat__entity_data_3=value).silent is None


def test_numbers_may_be_texts_and_nothing_may_be_anything() -> None:
    dialog = one(chat_id="1763", counter="3", chat__owner="27", lines={"id": "343", "status": "25"})
    assert (dialog.chat_id, dialog.unread, dialog.mine, dialog.status) == (1763, 3, True, 25)
    dialog = one(user=[], message=False, lines=None, counter=None, title=None)
    assert (dialog.last_message, dialog.unread, dialog.client_name) == (None, 0, "chat1763")


def test_what_cannot_be_read_is_counted_and_breaks_nothing() -> None:
    seen = read(row(1), None, 5, "x", {"chat": 7}, {"chat": {"type": "lines"}}, row(2))
    assert [dialog.chat_id for dialog in seen.dialogs] == [1, 2]
    assert seen.skipped == 4


def test_other_chats_are_no_dialogs() -> None:
    person = {"id": 5, "type": "user", "title": "Anna"}
    group = row(3, chat={"id": 3, "type": "chat", "message_type": "C"})
    assert (read(person, group).dialogs, read(person, group).skipped) == ([], 0)


def test_a_dialog_counts_once() -> None:
    assert len(read(row(1), row(1)).dialogs) == 1


@pytest.mark.parametrize("raw", [b"[]", b"{}", b'{"items":[],"hasMore":false}', b"[null]"])
def test_empty_lists(raw: bytes) -> None:
    assert read_rows(mark_rows([raw]), me=ME, lines={}, origin="", now=NOW).dialogs == []


def test_an_array_with_holes_is_a_map() -> None:
    raw = json.dumps({"0": row(1), "2": row(2), "3": None}).encode()
    assert len(read_rows(mark_rows([raw]), me=ME, lines={}, origin="", now=NOW).dialogs) == 2


@pytest.mark.parametrize("raw", [b"true", b'"x"', b"null", b'{"error":"X"}', b'{"items":5}'])
def test_what_is_no_list_is_refused(raw: bytes) -> None:
    with pytest.raises(BadAnswer):
        read_rows(mark_rows([raw]), me=ME, lines={}, origin="", now=NOW)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" + b"0," * 3_000_000 + b"0]",
        b"[" + b"{}," * 500_000 + b"{}]",
        b'{"items":[' + b"0," * 3_000_000 + b"0]}",
        b"[" + b"[]," * 500_000 + b"[]]",
        json.dumps({str(number): 0 for number in range(500_000)}).encode(),
        json.dumps([{"id": 1}] * (MOST_ROWS + 1)).encode(),
        json.dumps({str(number): 0 for number in range(MOST_ROWS + 1)}).encode(),
    ],
    ids=["numbers", "objects", "a page of numbers", "lists", "a map", "rows", "a map of rows"],
)
def test_a_list_that_nobody_has_costs_no_memory(raw: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(BadAnswer):
        mark_rows([raw])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most <= len(raw) + 32 * 2**20


def test_long_lists_of_real_rows_are_read() -> None:
    row = {f"name{number}": number for number in range(100)}
    assert len(mark_rows([json.dumps([row] * 5000).encode()])) == 5000
    assert len(mark_rows([json.dumps([{}] * MOST_ROWS).encode()])) == MOST_ROWS
