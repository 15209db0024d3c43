"""What may be asked of the desk: bounds and shapes of what a page sends. The rule: refuse, never repair."""

import re
from collections.abc import Sequence

from app.desk.model import Invalid, UnknownAction
from app.openlines.actions import ACTIONS, Action

MOST_TARGETS = 50
MOST_RUN_TARGETS = 5000
MOST_ENTRIES = 100
LARGEST_ID = 2**53 - 1
"""Beyond it pages lose digits: JavaScript's numbers are exact up to here."""

ENTRY = r"[A-Za-z0-9_-]{16}"
"""Ids of journal entries: 12 random bytes."""

RUN = r"[A-Za-z0-9_-]{1,64}"
_RUN = re.compile(RUN)


def action_named(name: str) -> Action:
    """The registered action. Raises `UnknownAction`."""
    try:
        return ACTIONS[name]
    except KeyError:
        raise UnknownAction(name) from None


def check_targets(action: Action, chat_ids: Sequence[int], most: int = MOST_TARGETS) -> None:
    """Raise `Invalid` unless these can be targets of the action."""
    if action.kind == "operator":
        if chat_ids:
            raise Invalid("chat_ids:none")
        return
    if not 0 < len(chat_ids) <= most:
        raise Invalid("chat_ids:count")
    check_chats(chat_ids)


def check_chats(chat_ids: Sequence[int]) -> None:
    """Raise `Invalid` unless all are whole positive numbers, each once."""
    if any(type(chat_id) is not int or not 0 < chat_id <= LARGEST_ID for chat_id in chat_ids):
        raise Invalid("chat_ids:value")
    if len(set(chat_ids)) != len(chat_ids):
        raise Invalid("chat_ids:twice")


def check_run(run: str | None) -> None:
    """Raise `Invalid` unless this can be the id of a run."""
    if run is not None and not _RUN.fullmatch(run):
        raise Invalid("run:value")
