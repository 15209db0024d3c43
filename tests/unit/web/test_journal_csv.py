"""The journal as a table: nothing in it is a formula, times are the person's, words are the language's."""

import csv
import io
from datetime import UTC, datetime

import pytest

from app.desk.kept.journal_rows import EVERYTHING, Search
from app.openlines.model import Entry, Result
from app.web.failures import InvalidRequest
from app.web.i18n import Catalogues, load_catalogues
from app.web.journal_csv import harmless, written, zone_named
from app.web.words import Wording
from tests.unit.web.told import Web

WORDS = Catalogues(load_catalogues())


def entry(*names: str) -> Entry:
    results = [
        Result(chat_id=number, session_id=number, client_name=name, outcome="done")
        for number, name in enumerate(names, 1)
    ]
    at = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    return Entry(id="e1", run=None, at=at, action="pin", source="click", results=results, undo=None)


def rows(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("cell", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    [_, row] = rows(written([entry(cell)], EVERYTHING, Wording(WORDS, "en"), UTC, False))
    assert row[2] == f"'{cell}"
    assert not any(found.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for found in row)


def test_other_cells_stay_as_they_are() -> None:
    for cell in ("Olga", "O'Neill", "a=b", "", "Ольга; «Дом»", 'He said "no", twice'):
        assert harmless(cell) == cell
        assert rows(written([entry(cell)], EVERYTHING, Wording(WORDS, "en"), UTC, False))[1][2] == cell


def test_a_row_for_each_result_in_the_persons_time_and_language() -> None:
    table = rows(
        written([entry("Olga", "John")], EVERYTHING, Wording(WORDS, "ru"), zone_named("Europe/Berlin"), False)
    )
    assert table[0][:3] == ["Время", "Действие", "Клиент"]
    assert len(table) == 3
    assert table[1][0] == "2026-11-20 23:30:00 +0100"
    assert table[1][3] == WORDS.say("ru", "result.done.pin", name="Olga")


def test_only_what_was_searched_for() -> None:
    table = rows(written([entry("Olga", "John")], Search("olga"), Wording(WORDS, "en"), UTC, False))
    assert [row[2] for row in table[1:]] == ["Olga"]


@pytest.mark.parametrize("language", WORDS.languages)
def test_a_table_that_is_cut_says_so(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.journal_csv.MOST_ROWS", 2)
    words, said = Wording(WORDS, language), WORDS.say(language, "page.table.more")

    def ends(*names: str, more: bool = False) -> list[list[str]]:
        return rows(written([entry(*names)], EVERYTHING, words, UTC, more))[1:]

    assert ends("Olga", "John", "Ann")[2:] == [[said]]
    assert ends("Olga", "John", more=True)[2:] == [[said]]
    assert [row[2] for row in ends("Olga", "John")] == ["Olga", "John"], "nothing is missing, nothing is said"


@pytest.mark.parametrize("older", [True, False])
def test_entries_that_were_not_fetched_are_told_too(
    web: Web, monkeypatch: pytest.MonkeyPatch, older: bool
) -> None:
    monkeypatch.setattr("app.web.journal.MOST_ROWS", 3)
    pages = iter([[entry("Olga")], [entry("John", "Ann")], [entry("Never asked for")]])
    monkeypatch.setattr(web.desk, "journal", lambda *_: next(pages), raising=False)
    web.desk.answer = older
    table = rows(web.client.get("/api/journal.csv", headers=web.headers()).text)
    assert [row[2] for row in table[1:4]] == ["Olga", "John", "Ann"]
    assert table[4:] == ([[WORDS.say("en", "page.table.more")]] if older else [])


def test_zones() -> None:
    assert zone_named(None) is UTC
    assert zone_named("No/Where") is UTC
    for name in ("../../etc/passwd", "/etc/localtime", "a\0b"):
        with pytest.raises(InvalidRequest):
            zone_named(name)


def test_words_of_results_are_searched_in_the_persons_language() -> None:
    outcomes, _ = Wording(WORDS, "en").said_of("Pinned")
    assert ("pin", "done") in outcomes
    assert ("unsilence", "done") not in outcomes
    assert Wording(WORDS, "en").said_of("back to the queue")[1] == {"requeued"}
    assert "rate_limited" in Wording(WORDS, "en").said_of("is busy")[1]
    assert ("pin", "done") in Wording(WORDS, "ru").said_of("закрепл")[0]
    assert Wording(WORDS, "en").said_of("no such words") == (set(), set())
    assert not any("name" in code for code in Wording(WORDS, "en").said_of("name")[1])
