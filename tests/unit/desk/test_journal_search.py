"""Searching the journal: clients in any alphabet, results, actions; never beyond one's own entries."""

import pytest
from sqlalchemy import Engine

from app.desk.kept.journal import Journal
from app.desk.kept.journal_rows import Search
from app.openlines.model import Entry, Outcome, Result
from app.portals.model import OperatorKey
from tests.unit.desk.conftest import Clock

ME, COLLEAGUE = OperatorKey("m1", 27), OperatorKey("m1", 31)


def result(chat_id: int, name: str, outcome: Outcome = "done", code: str | None = None) -> Result:
    return Result(chat_id=chat_id, session_id=chat_id, client_name=name, outcome=outcome, code=code)


@pytest.fixture
def journal(engine: Engine) -> Journal:
    journal, now = Journal(engine), Clock()()
    entries = (
        (ME, "pin", [result(1, "Ольга Петрова"), result(2, "John 100%")]),
        (ME, "unpin", [result(3, "ÇAĞLA Straße", "gone", "requeued")]),
        (ME, "silence", [result(4, "John_Smith", "refused", "ACCESS_DENIED")]),
        (COLLEAGUE, "pin", [result(5, "Ольга Чужая")]),
    )
    for key, action, results in entries:
        journal.record(key, action=action, source="click", run=None, results=results, now=now)
    return journal


def found(journal: Journal, search: Search, key: OperatorKey = ME) -> list[str]:
    entries: list[Entry] = journal.own(key, before=None, limit=50, now=Clock()(), search=search)
    return [entry.action for entry in entries]


@pytest.mark.parametrize(
    ("search", "actions"),
    [
        (Search(), ["silence", "unpin", "pin"]),
        (Search("ОЛЬГА"), ["pin"]),
        (Search("петр"), ["pin"]),
        (Search("çağla STRASSE"), ["unpin"]),
        (Search("john"), ["silence", "pin"]),
        (Search("100%"), ["pin"]),
        (Search("%"), ["pin"]),
        (Search("n_s"), ["silence"]),
        (Search("_"), ["silence"]),
        (Search("gone"), ["unpin"]),
        (Search("Requeued"), ["unpin"]),
        (Search("access_denied"), ["silence"]),
        (Search("john", action="pin"), ["pin"]),
        (Search(action="silence"), ["silence"]),
        (Search("nobody"), []),
        (Search("rights", codes={"access_denied"}), ["silence"]),
        (Search("rights", outcomes={("silence", "refused")}), ["silence"]),
        (Search("rights", outcomes={("pin", "refused")}), []),
        (Search("left", outcomes={(None, "gone")}), ["unpin"]),
    ],
)
def test_what_is_found(journal: Journal, search: Search, actions: list[str]) -> None:
    assert found(journal, search) == actions


def test_an_entry_comes_with_all_its_results_once(journal: Journal) -> None:
    [entry] = journal.own(ME, before=None, limit=50, now=Clock()(), search=Search("john", action="pin"))
    assert [row.client_name for row in entry.results] == ["Ольга Петрова", "John 100%"]
    assert found(journal, Search("done", action="pin")) == ["pin"]


def test_pages_of_a_search(journal: Journal) -> None:
    first = journal.own(ME, before=None, limit=1, now=Clock()(), search=Search("john"))
    rest = journal.own(ME, before=first[0].id, limit=5, now=Clock()(), search=Search("john"))
    assert [entry.action for entry in first + rest] == ["silence", "pin"]
    assert journal.has_older(ME, first[0].id, Search("john"))
    assert not journal.has_older(ME, rest[0].id, Search("john"))
    assert not journal.has_older(ME, first[0].id, Search("nobody"))
    assert not journal.has_older(COLLEAGUE, first[0].id)


def test_nobody_finds_anybody_elses(journal: Journal) -> None:
    assert found(journal, Search("ольга"), COLLEAGUE) == ["pin"]
    assert found(journal, Search("john"), COLLEAGUE) == []
    assert found(journal, Search("ольга"), OperatorKey("m2", 27)) == []


@pytest.mark.parametrize(
    ("search", "fits"),
    [
        (Search("ольга"), [True, False]),
        (Search("done"), [True, False]),
        (Search("access_denied"), [False, True]),
        (Search("x", codes={"access_denied"}), [False, True]),
        (Search("x", outcomes={("pin", "done")}), [True, False]),
        (Search("x", outcomes={("unpin", "done"), (None, "refused")}), [False, True]),
        (Search("x"), [False, False]),
    ],
)
def test_single_results_are_judged_alike(search: Search, fits: list[bool]) -> None:
    rows = [result(1, "Ольга"), result(2, "John", "refused", "ACCESS_DENIED")]
    assert [search.fits("pin", row) for row in rows] == fits
