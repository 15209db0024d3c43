"""Waiting times and last human texts over several lists, silent states, values and messages."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.openlines.memory import Memory, advance, recall
from app.openlines.messages import read_messages
from app.openlines.model import Dialog, LastMessage
from app.openlines.silence import Mark, apply, learnt, lesson
from app.openlines.values import formatted, moment, number, plain, text, unix_moment
from tests.unit.openlines.test_outcomes import dialog

T0 = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def seen(status: int, author: str = "client", minute: int = 0, text: str = "Hi") -> Dialog:
    stage = "queue" if status < 10 else "work" if status < 40 else "answered"
    said: Any = LastMessage(text, T0 + timedelta(minutes=minute), author, "A")  # type: ignore[arg-type]
    return dialog(status=status, stage=stage, last_message=said)


def follow(*steps: Dialog, began: datetime | None = None) -> Memory:
    memory: Memory | None = None
    for number_, step in enumerate(steps):
        now = T0 + timedelta(minutes=60 + number_)
        memory = advance(memory, step, author_id=4, began=began, now=now)
    assert memory is not None
    return memory


def test_waiting_starts_with_the_client_and_is_not_moved() -> None:
    assert follow(seen(20)).waiting_since == T0
    assert follow(seen(20), seen(20, minute=9)).waiting_since == T0
    assert follow(seen(20), seen(20, "system", 30)).waiting_since == T0
    assert follow(seen(0), seen(10, "system", 5), seen(20, "client", 9)).waiting_since == T0


def test_waiting_ends_with_an_operators_message() -> None:
    assert follow(seen(20), seen(40, "operator", 5)).waiting_since is None
    assert follow(seen(20), seen(40, "me", 5), seen(25, "client", 9)).waiting_since == T0 + timedelta(
        minutes=9
    )
    assert follow(seen(10, "system")).waiting_since is None


def test_a_first_look_after_a_system_message_knows_the_start_of_the_session() -> None:
    began = T0 - timedelta(minutes=30)
    assert follow(seen(20, "system", 5), began=began).waiting_since == began
    assert follow(seen(25, "system", 5), began=began).waiting_since == T0 + timedelta(minutes=60)


def test_the_last_human_text_stays_over_system_messages() -> None:
    memory = follow(seen(20, text="Where is it?"), seen(20, "system", 5, "Pinned"))
    shown = recall(seen(20, "system", 5, "Pinned"), memory, 27)
    assert shown is not None
    assert (shown.text, shown.author, shown.at) == ("Where is it?", "client", T0)
    said = recall(seen(20, "operator", 6, "Here"), memory, 27)
    assert said is not None
    assert said.text == "Here"


def test_my_words_are_a_colleagues_to_others() -> None:
    memory = advance(None, seen(40, "me"), author_id=27, began=None, now=T0)
    for reader, author in ((27, "me"), (31, "operator")):
        shown = recall(seen(40, "system", 5), memory, reader)
        assert shown is not None
        assert shown.author == author


def test_nothing_new_is_nothing_to_store() -> None:
    first = follow(seen(20))
    assert advance(first, seen(20), author_id=4, began=None, now=T0 + timedelta(minutes=61)) == first
    assert advance(first, seen(20), author_id=4, began=None, now=T0 + timedelta(days=3)) != first


@pytest.mark.parametrize(
    ("scope", "flag", "mark", "shown"),
    [
        ("chat", True, None, (True, "portal")),
        ("chat", False, None, (False, "portal")),
        ("chat", False, True, (False, "portal")),
        ("personal", True, None, (None, None)),
        ("personal", False, True, (True, "here")),
        ("personal", True, False, (False, "here")),
        ("unknown", True, None, (True, "portal")),
        ("unknown", False, None, (None, None)),
        ("unknown", False, True, (True, "here")),
        ("unknown", True, False, (True, "portal")),
    ],
)
def test_whom_to_believe_about_silence(
    scope: str, flag: bool, mark: bool | None, shown: tuple[bool | None, str | None]
) -> None:
    (row,) = apply([dialog()], {1} if flag else set(), {} if mark is None else {7: Mark(mark, T0)}, scope)
    assert (row.silent, row.silent_source) == shown
    assert row.silent_since == (T0 if mark and row.silent else None)


def test_only_a_change_teaches_that_lists_tell() -> None:
    assert lesson(wanted=True, before=False, after=True) is True
    assert lesson(wanted=False, before=True, after=False) is True
    assert lesson(wanted=True, before=True, after=True) is None
    assert lesson(wanted=True, before=None, after=True) is None
    assert lesson(wanted=True, before=False, after=False) is False


def test_a_portal_is_known_by_one_list_that_tells_or_by_two_that_do_not() -> None:
    assert learnt("unknown", 0, [None, False]) == ("unknown", 1)
    assert learnt("unknown", 1, [False]) == ("personal", 0)
    assert learnt("chat", 0, [False, False, False]) == ("personal", 0)
    assert learnt("chat", 1, [False, True]) == ("chat", 0)
    assert learnt("chat", 1, [None]) == ("chat", 1)
    assert learnt("personal", 0, [False]) == ("personal", 0)
    assert learnt("personal", 0, [True]) == ("chat", 0)


def test_values_fit_into_databases() -> None:
    most = 2**63 - 1
    assert [number(v) for v in (most, str(most), most + 1, str(most + 1), -most - 2, 1e300)] == [
        most,
        most,
        0,
        0,
        0,
        0,
    ]
    assert (text("a\0b"), text("\0" * 9 + "x", 3), text("abcd", 3)) == ("ab", "x", "abc")


def test_values() -> None:
    assert [number(v) for v in (5, "5", "-5", "x", "", None, [], 5.0, 5.5, True, "²", "9" * 30)] == [
        *(5, 5, -5, 0, 0, 0, 0, 5, 0, 1, 0, 0)
    ]
    assert [number(v) for v in ("--5", "-", "5-", "+5", " 5", "5\n", "-" + "9" * 18)] == [
        *(0, 0, 0, 0, 0, 0, -(10**18) + 1)
    ]
    assert moment("2026-11-20T12:00:00+02:00") == T0 - timedelta(hours=2)
    assert moment("2026-11-20T12:00:00") == T0
    for odd in ("", "soon", None, False, {}, "0001-01-01T00:00:00+10:00"):
        assert moment(odd) is None
    assert unix_moment("1763640000") == datetime(2025, 11, 20, 12, 0, tzinfo=UTC)
    assert unix_moment(0) is None
    assert unix_moment(10**15) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[b]Bold[/b] and [i]thin[/i]", "Bold and thin"),
        ("[url=https://a.example]here[/url] [url]https://b[/url]", "here https://b"),
        ("[USER=5]Anna[/USER], [sic]", "Anna, [sic]"),
        ("one[br]two#BR#three", "one\ntwo\nthree"),
        ("[icon=http://x/y.png size=20 title=Smile] [img]http://x[/img]ok", "Smile ok"),
        ("[ICON=x\nTITLE=Sun and sea]![icon=x]", "Sun and sea!"),
        ("[img]http://x[/img] [img size=5]http://y?[1][/img] [img]alone", "http://y?[1] alone"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("[b][b][b]" * 3, ""),
    ],
)
def test_plain_text(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize("part", ["[img]", "[icon= title=", "[icon=" + " title=" * 20, "[url=", "[br "])
@pytest.mark.parametrize("read", [plain, formatted])
def test_a_text_costs_no_more_than_its_length(read: Callable[..., object], part: str) -> None:
    """Clients write them; patterns that look far ahead took minutes for these."""
    began = time.monotonic()
    read("[b]" + part * (400_000 // len(part)), 10**6)
    assert time.monotonic() - began < 5


def test_messages_come_oldest_first_with_their_authors() -> None:
    raw = (
        b'{"messages":[{"id":3,"author_id":0,"date":"2026-11-20T12:02:00+00:00","text":"Pinned"},'
        b'{"id":"2","author_id":27,"date":"2026-11-20T12:01:00+00:00","text":"Hello"},'
        b'null,{"id":1,"author_id":4,"date":"2026-11-20T12:00:00+00:00","text":"[b]Hi[/b]"},'
        b'{"id":9,"author_id":31,"date":"soon","text":"?"}],"users":[{"id":4,"name":"Client"}],"files":[]}'
    )
    found = read_messages(raw, dialog(), 27)
    assert [(m.id, m.author, m.author_name, m.text) for m in found] == [
        (1, "client", "Client", "Hi"),
        (2, "me", None, "Hello"),
        (3, "system", None, "Pinned"),
    ]
    assert read_messages(b'{"messages":[],"users":[]}', dialog(), 27) == []
    assert read_messages(b"true", dialog(), 27) == []
