"""Which dialogs the portal's pinAll and unpinAll touch, and what their answer says.

They select the sessions of their caller with 10 <= status < 50 and answer with session ids, not chat ids;
what could not be switched is left out silently (pages imopenlines.session.mode.pinAll, unpinAll).
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from app.openlines.actions import Action
from app.openlines.model import Dialog
from app.openlines.values import number

_SWITCHED = ("work", "answered")
_ids = msgspec.json.Decoder(list[int | str])
_keyed_ids = msgspec.json.Decoder(dict[str, int | str])


def selected(action: Action, dialogs: Iterable[Dialog]) -> list[Dialog]:
    """The dialogs that the action would change, seen from this list."""
    return [
        dialog
        for dialog in dialogs
        if dialog.mine and dialog.stage in _SWITCHED and not action.wanted(dialog)
    ]


def switched_between(
    action: Action, before: Mapping[int, Dialog], after: Mapping[int, Dialog]
) -> list[Dialog]:
    """The rows of `before` that the action was for, and those that turn out changed by it in `after`."""
    meant = {row.chat_id for row in selected(action, before.values())}
    return [
        row
        for chat_id, row in before.items()
        if chat_id in meant
        or (not action.wanted(row) and chat_id in after and _is_switched(action, after[chat_id]))
    ]


def _is_switched(action: Action, row: Dialog) -> bool:
    return row.mine and row.stage in _SWITCHED and action.wanted(row)


def switched(raw: bytes | msgspec.Raw) -> set[int] | None:
    """The session ids that the portal says it switched; None when the answer cannot be read."""
    try:
        return {number(found) for found in _ids.decode(raw)}
    except msgspec.MsgspecError:
        pass
    try:
        return {number(found) for found in _keyed_ids.decode(raw).values()}
    except msgspec.MsgspecError:
        return None


def left_out(dialog: Dialog, told: Collection[int] | None) -> bool:
    """Whether the portal passed this dialog over without a word."""
    return told is not None and dialog.session_id not in told
