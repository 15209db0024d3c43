"""What an answer tells: in sentences for a person, and nothing that is not so in the portal."""

import html
import re
from typing import Any

from tests.faults.site import OPERATOR
from tests.support.frame import Frame, Reply

_CLOSED = 60  # sessions at or above this status are over
_RAW = re.compile(r"\b\w+_\w+\b|Error|Exception|Traceback|\{|http://")
_HIDDEN = re.compile(r"<(script|style|head)\b.*?</\1>|<[^>]+>", re.DOTALL)


def check_words(reply: Reply) -> None:
    """Every refusal, result and notice says what happened in a sentence, without raw codes or types."""
    if reply.status in (204, 304):
        return
    if "json" not in reply.headers.get("Content-Type", ""):
        _check_page(reply)
        return
    body = reply.json()
    if reply.status >= 400:
        _check_sentence(body["message"])
        return
    for row in [*body.get("results", []), *body.get("notices", [])]:
        _check_sentence(row["message"])


def _check_page(reply: Reply) -> None:
    """What a desk says beside its list is a sentence; any other page says something."""
    if reply.token is None:
        shown = html.unescape(_HIDDEN.sub(" ", reply.text))
        assert len(shown.split()) >= 4, f"a blank frame: {shown.strip()!r}"
        _check_sentence(shown)
        return
    boot = reply.boot  # without a list and an error the page asks for the list itself
    told = boot["listing"]["notices"] if boot["listing"] else [boot["error"]]
    for notice in filter(None, told):
        _check_sentence(notice["message"])


def _check_sentence(sentence: str) -> None:
    assert " " in sentence.strip(), f"no sentence: {sentence!r}"
    assert not (found := _RAW.search(sentence)), f"{found[0]!r} in {sentence!r}"


def check_list(frame: Frame, listing: dict[str, Any]) -> None:
    """A list that is not called stale shows what the portal has: which dialogs, whose, which pinned."""
    told = {notice["code"] for notice in listing["notices"]}
    if listing["stale"]:
        assert told - {"rows_skipped"}, "an old list that does not say why"
        return
    truth = frame.sandbox.truth(frame.user_id)
    shown = {row["chat_id"]: (row["mine"], row["pinned"]) for row in listing["dialogs"]}
    there = {
        chat: (fact["owner"] == frame.user_id, fact["pinned"])
        for chat, fact in truth.items()
        if chat in shown or (fact["listed"] and fact["session_id"] > 0 and fact["status"] < _CLOSED)
    }
    if "rows_skipped" in told:
        there = {chat: fact for chat, fact in there.items() if chat in shown}
    wrong = [chat for chat in {*shown, *there} if shown.get(chat) != there.get(chat)]
    first = [(chat, shown.get(chat), there.get(chat)) for chat in wrong[:2]]
    assert not wrong, f"{len(wrong)} dialogs are not as shown: {first}"


def check_told(frame: Frame, reply: Reply, chat: int, *, before: bool, wanted: bool) -> str:
    """What the app says of one write must be so in the portal; returns the outcome."""
    truth = is_pinned(frame, chat)
    if reply.status != 200:
        assert truth is before, f"{reply.status} {reply.json()['error']}, but the portal has changed"
        return str(reply.json()["error"])
    outcome: str = reply.json()["results"][0]["outcome"]
    if outcome in ("done", "already"):
        assert truth is wanted, f"{outcome}, but the portal says otherwise"
    elif outcome != "unconfirmed":
        assert truth is before, f"{outcome}, but the portal has changed"
    return outcome


def is_pinned(frame: Frame, chat: int) -> bool:
    """The portal's own truth."""
    return bool(frame.sandbox.truth(OPERATOR)[chat]["pinned"])
