"""Languages: Bitrix24's codes, plurals, places; every outcome of every action has a sentence."""

import re
from datetime import UTC, datetime
from typing import get_args

import pytest

from app.openlines.actions import ACTIONS
from app.openlines.model import ActionAnswer, Dialog, Notice, Outcome, Person, Result, Stage
from app.web.i18n import Catalogues, accepted, direction, load_catalogues
from app.web.words import Wording

SMALL = {
    "en": {"a": "A {name}", "n": {"one": "{count} dialog", "other": "{count} dialogs"}, "only": "English"},
    "ru": {
        "a": "А {name}",
        "n": {"one": "{count} диалог", "few": "{count} диалога", "many": "{count} диалогов", "other": "…"},
    },
}


@pytest.fixture(scope="module")
def real() -> Catalogues:
    return Catalogues(load_catalogues())


@pytest.mark.parametrize(
    ("wishes", "chosen"),
    [
        (("ru",), "ru"),
        (("RU",), "ru"),
        (("ru-RU",), "ru"),
        (("ua",), "en"),
        (("../../etc/passwd",), "en"),
        (("", None), "en"),
        (("xx", "ru"), "ru"),
        (("la", "de", "ru", "en"), "ru"),
    ],
)
def test_a_language_is_chosen_from_those_that_exist(wishes: tuple[str | None, ...], chosen: str) -> None:
    assert Catalogues(SMALL).choose(*wishes) == chosen


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("en", 1, "1 dialog"),
        ("en", 2, "2 dialogs"),
        ("ru", 1, "1 диалог"),
        ("ru", 3, "3 диалога"),
        ("ru", 5, "5 диалогов"),
        ("ru", 11, "11 диалогов"),
        ("ru", 21, "21 диалог"),
    ],
)
def test_plurals_follow_the_language(language: str, count: int, said: str) -> None:
    assert Catalogues(SMALL).say(language, "n", count=count) == said


def test_a_missing_message_is_english_and_an_unknown_id_is_itself() -> None:
    words = Catalogues(SMALL)
    assert words.say("ru", "only") == "English"
    assert words.say("ru", "none.such") == "none.such"
    assert words.subset("ru", "a", "only") == {"a": "А {name}", "only": "English"}


def test_places_are_filled_once_and_only_with_what_is_given() -> None:
    words = Catalogues(SMALL)
    assert words.say("en", "a", name="{count} {name}") == "A {count} {name}"
    assert words.say("en", "a") == "A {name}"


def test_other_small_things() -> None:
    assert direction("ar") == "rtl"
    assert direction("ru") == "ltr"
    assert accepted("ru-RU,ru;q=0.9, en;q=0.8") == ["ru-RU", "ru", "en"]
    assert accepted("") == []


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("action", list(ACTIONS))
@pytest.mark.parametrize("outcome", get_args(Outcome))
@pytest.mark.parametrize("code", [None, "", "SOME_NEW_CODE", "requeued", "here_only"])
def test_every_outcome_has_a_sentence(
    language: str, action: str, outcome: Outcome, code: str | None, real: Catalogues
) -> None:
    result = Result(chat_id=1, session_id=2, client_name="Olga", outcome=outcome, code=code)
    said = Wording(real, language).result(action, result).message
    assert said
    assert "result." not in said
    assert "{" not in said


@pytest.mark.parametrize(
    ("outcome", "code", "said"),
    [
        ("done", None, "Pinned: Olga"),
        ("refused", "", "Not pinned: the portal gave no reason"),
        ("refused", None, "Not pinned: the portal gave no reason"),
        ("refused", "ERROR_USER_NOT_OPERATOR", "Not pinned: the portal gave no reason"),
        ("refused", "ODD_CODE", "Not pinned: the portal refused it"),
        ("gone", "requeued", "Went back to the queue: Olga"),
        ("gone", "unknown", "Not in your list any more: Olga"),
        ("unconfirmed", "not_seen", "Sent, not confirmed: Olga"),
        ("unconfirmed", "portal_error", "Sent, but the portal's answer could not be used: Olga"),
        ("failed", "portal_busy", "Not pinned: your portal is busy; try again in a minute"),
    ],
)
def test_sentences_say_the_effect(outcome: Outcome, code: str | None, said: str, real: Catalogues) -> None:
    result = Result(chat_id=1, session_id=2, client_name="Olga", outcome=outcome, code=code)
    assert Wording(real, "en").result("pin", result).message == said


@pytest.mark.parametrize("outcome", ["done", "already", "refused", "gone"])
def test_what_an_operator_action_did_to_a_dialog_is_told_as_the_dialog_action(
    outcome: Outcome, real: Catalogues
) -> None:
    said = {}
    for action in ("pin", "pin_all", "unpin", "unpin_all"):
        result = Result(chat_id=1, session_id=2, client_name="Olga", outcome=outcome)
        said[action] = Wording(real, "en").result(action, result).message
    assert said["pin_all"] == said["pin"]
    assert said["unpin_all"] == said["unpin"]
    assert (said["pin"] == said["unpin"]) is (outcome == "gone")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Was not pinned", {("unpin", "already"), ("unpin_all", "already")}),
        ("not unpinned", {(name, kind) for name in ("unpin", "unpin_all") for kind in ("refused", "failed")}),
        ("Passed on", {("skip", "done")}),
    ],
)
def test_a_search_for_the_words_of_a_result_finds_every_action_that_has_them(
    text: str, found: set[tuple[str, str]], real: Catalogues
) -> None:
    outcomes, _ = Wording(real, "en").said_of(text)
    assert found <= outcomes
    assert not any(action == "top" for action, _ in outcomes)


_PART = re.compile(r"[.;؛,] ")
_PASSES = (
    *(f"error.{code}" for code in ("portal_unavailable", "portal_timeout", "portal_error", "portal_busy")),
    *(f"error.{code}" for code in ("payment", "no_rights", "not_installed", "not_proved", "unavailable")),
    *(f"result.reason.{code}" for code in ("not_sent", "portal_error", "portal_busy", "rate_limited")),
)


def test_what_can_be_done_about_is_told_with_what_to_do(real: Catalogues) -> None:
    """What happened is one part of the sentence, what to do now is another."""
    short = [
        f"{language}: {key}"
        for language in real.languages
        for key in (*_PASSES, "result.reason.no_code")
        if len(_PART.split(real.say(language, key, seconds=5))) < 2
    ]
    assert short == [f"{language}: result.reason.no_code" for language in real.languages], "the control"


def test_nobody_is_shown_a_code_of_the_portal(real: Catalogues) -> None:
    for language in real.languages:
        for outcome in ("refused", "failed", "unsupported"):
            result = Result(chat_id=1, session_id=2, client_name="Olga", outcome=outcome, code="ODD_CODE")
            said = Wording(real, language).result("pin", result)
            assert "ODD" not in said.message, language
            assert said.code == "ODD_CODE"


def test_notices_are_worded(real: Catalogues) -> None:
    assert Wording(real, "en").notice(Notice("portal_busy", "")).message.startswith("Your portal is busy")


@pytest.mark.parametrize(
    ("mine", "responsible", "stage", "said"),
    [
        (False, Person(4, "Anna"), "work", "Not pinned: Anna is responsible"),
        (False, Person(4, "Anna"), "queue", "Not pinned: Anna is responsible"),
        (False, None, "work", "Not pinned: a colleague is responsible"),
        (False, None, "queue", "Not pinned: it waits in the queue; answer it first"),
        (True, Person(7, "Maria"), "work", "Not pinned: the portal gave no reason"),
    ],
)
@pytest.mark.parametrize("code", ["", "ERROR_USER_NOT_OPERATOR"])
def test_who_is_not_responsible_is_told_who_is(
    mine: bool, responsible: Person | None, stage: Stage, said: str, code: str, real: Catalogues
) -> None:
    """Portals refuse with either code, and mean the same."""
    row = Dialog(
        chat_id=1, dialog_id="chat1", session_id=2, status=20, stage=stage, title="Olga - Shop",
        client_name="Olga", client_user_id=5, line_id=3, line_name="Shop", connector="livechat",
        mine=mine, responsible=responsible, pinned=False, silent=None,
    )  # fmt: skip
    result = Result(chat_id=1, session_id=2, client_name="Olga", outcome="refused", code=code)
    answer = ActionAnswer(
        action="pin", run=None, results=[result], dialogs=[row], undo=None, as_of=datetime.now(UTC)
    )
    assert Wording(real, "en").answer(answer).results[0].message == said
    assert answer.results[0].code == code
