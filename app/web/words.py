"""Sentences for outcomes and notices: a code becomes what a person should know, in their language.

One lookup rule, from the most to the least exact id, so that a new action or code needs words only where
the general ones would mislead.
"""

import re
from collections.abc import Iterable

from app.openlines.actions import ACTIONS
from app.openlines.model import ActionAnswer, Card, Dialog, Entry, Listing, Notice, Result
from app.web.i18n import Catalogues

_GENERAL_REASON = "result.reason.other"
_NOT_RESPONSIBLE = ("", "error_user_not_operator")
"""Codes of a portal that takes an action from the responsible operator only; most say nothing."""
_NOT_DONE = ("refused", "unsupported", "failed")
_PLACE = re.compile(r"\{\w+\}")


class Wording:
    """Puts the words into what goes to one operator's page."""

    def __init__(self, words: Catalogues, language: str) -> None:
        self._words = words
        self._language = language

    def result(self, action: str, result: Result) -> Result:
        """The result with its sentence."""
        name = result.client_name or f"#{result.chat_id}"
        result.message = self._sentence(action, result.outcome, result.code, name)
        return result

    def results(self, action: str, results: Iterable[Result]) -> None:
        """Fill the sentences of all results in place."""
        for result in results:
            self.result(action, result)

    def answer(self, answer: ActionAnswer) -> ActionAnswer:
        """An action's or undo's answer with its sentences."""
        self.results(answer.action, answer.results)
        if ACTIONS[answer.action].responsible_only:
            self._name_the_responsible(answer)
        return answer

    def entries(self, entries: list[Entry]) -> list[Entry]:
        """Journal entries with their sentences."""
        for entry in entries:
            self.results(entry.action, entry.results)
        return entries

    def card(self, card: Card) -> Card:
        """A dialog's card with the sentences of its journal."""
        self.entries(card.journal)
        return card

    def listing(self, listing: Listing) -> Listing:
        """A list with the sentences of its notices."""
        listing.notices = [self.notice(notice) for notice in listing.notices]
        return listing

    def notice(self, notice: Notice) -> Notice:
        """One notice with its sentence."""
        said = notice.message or self._say(f"notice.{notice.code}", count=notice.count)
        return Notice(notice.code, said, notice.count)

    def column(self, name: str) -> str:
        """The heading of a column in a table to take away."""
        return self._say(f"page.table.{name}")

    def table_is_cut(self) -> str:
        """What stands under a table that could not take everything."""
        return self._say("page.table.more")

    def said_of(self, text: str) -> tuple[set[tuple[str | None, str]], set[str]]:
        """Results whose words hold this text: (action or None, outcome) each, and codes of reasons."""
        outcomes: set[tuple[str | None, str]] = set()
        codes: set[str] = set()
        for key, message in self._words.subset(self._language, "result.").items():
            if not isinstance(message, str) or text.casefold() not in _PLACE.sub("", message).casefold():
                continue
            kind, _, rest = key.removeprefix("result.").partition(".")
            if kind == "reason":
                codes.add(rest)
            elif kind == "not":
                outcomes |= {(action, outcome) for action in _told_alike(rest) for outcome in _NOT_DONE}
            elif rest in ACTIONS:
                outcomes |= {(action, kind) for action in _told_alike(rest)}
            elif not rest:
                outcomes.add((None, kind))
            else:
                codes.add(rest)
        return outcomes, codes - {"other"}

    def _name_the_responsible(self, answer: ActionAnswer) -> None:
        """Only the responsible operator may pin, yet portals refuse others without any code
        (page imopenlines.session.mode.pin): the row tells whose the dialog is."""
        rows = {dialog.chat_id: dialog for dialog in answer.dialogs}
        for result in answer.results:
            row = rows.get(result.chat_id)
            unsaid = result.outcome == "refused" and (result.code or "").lower() in _NOT_RESPONSIBLE
            if unsaid and row is not None and not row.mine:
                result.message = self._because(answer.action, self._responsible(row))

    def _responsible(self, dialog: Dialog) -> str:
        if dialog.responsible is None and dialog.stage == "queue":
            return self._say("result.reason.queued")
        name = dialog.responsible.name if dialog.responsible else None
        return self._say("result.reason.responsible" if name else "result.reason.colleague", name=name)

    def _sentence(self, action: str, outcome: str, code: str | None, name: str) -> str:
        deed = _deed(action)
        exact = (f"result.{outcome}.{code}.{deed}", f"result.{outcome}.{code}") if code else ()
        for key in (*exact, f"result.{outcome}.{deed}", f"result.{outcome}"):
            if self._words.has(key):
                return self._say(key, name=name)
        return self._because(action, self._reason(code))

    def _because(self, action: str, reason: str) -> str:
        return self._say("result.because", deed=self._say(f"result.not.{_deed(action)}"), reason=reason)

    def _reason(self, code: str | None) -> str:
        known = (code or "").lower()
        key = f"result.reason.{'no_code' if known in _NOT_RESPONSIBLE else known}"
        return self._say(key if self._words.has(key) else _GENERAL_REASON)

    def _say(self, key: str, **values: object) -> str:
        return self._words.say(self._language, key, **values)


def _deed(action: str) -> str:
    """What happens to one dialog: an operator action is told as the dialog action that it consists of."""
    return ACTIONS[action].each or action


def _told_alike(deed: str) -> set[str]:
    """All actions whose results have this action's words."""
    return {name for name in ACTIONS if _deed(name) == deed}
