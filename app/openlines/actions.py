"""The registry of actions, the only place that names them. The rule: whatever sets one apart is a field here.

Adding one is one entry: route, outcomes, journal and undo follow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.openlines.model import Dialog, Stage

Params = dict[str, Any]
Field = Literal["pinned", "silent", "top"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that an operator can do.

    `method` with `params(chat_id)` is the portal's call (operator actions ignore the chat_id). It sets
    `field` of a dialog to `on`; where no single field says that it worked, `shown` tells it from a listing
    row. `inverse` is the dialog action that takes it back, `each` the one that an operator action consists
    of. `creates_session`: on a closed chat the call may open a new session, so it is sent only to dialogs
    that were seen in the list a moment ago. `stage` limits an action to dialogs of that stage; `leaves`: when
    it is done the dialog is not in the list any more; `lets_go`: the portal may send an unanswered dialog
    back to the queue; `responsible_only`: the portal takes it from nobody else, and refuses without a code.
    """

    name: str
    kind: Literal["dialog", "operator"] = "dialog"
    method: str
    params: Callable[[int], Params]
    field: Field | None = None
    on: bool = False
    shown: Callable[[Dialog], bool] | None = None
    inverse: str | None = None
    each: str | None = None
    creates_session: bool = False
    stage: Stage | None = None
    leaves: bool = False
    lets_go: bool = False
    responsible_only: bool = False

    @property
    def local(self) -> bool:
        """Whether it is true in our own database first: the top is ours."""
        return self.field == "top"

    @property
    def silent(self) -> bool:
        """Whether it changes silent mode, of which not every portal's list tells."""
        return self.field == "silent"

    def wanted(self, dialog: Dialog) -> bool:
        """Whether a listing row shows the wished state."""
        if self.shown is not None:
            return self.shown(dialog)
        return self.field is not None and getattr(dialog, self.field) is self.on

    def fits(self, dialog: Dialog) -> bool:
        """Whether the dialog is one that the action is for."""
        return self.stage is None or dialog.stage == self.stage

    def command(self, chat_id: int = 0) -> tuple[str, Params]:
        """The portal's method and parameters for one dialog (or for the operator)."""
        return self.method, self.params(chat_id)


def _mode(activate: str) -> Callable[[int], Params]:
    return lambda chat_id: {"CHAT_ID": chat_id, "ACTIVATE": activate}


def _recent(pin: str) -> Callable[[int], Params]:
    """ACTION is the older name of PIN and wins where present (page im.recent.pin): both say the same."""
    return lambda chat_id: {"DIALOG_ID": f"chat{chat_id}", "PIN": pin, "ACTION": pin}


def _chat(chat_id: int) -> Params:
    return {"CHAT_ID": chat_id}


def _nothing(chat_id: int) -> Params:
    return {}


_MODE = "imopenlines.session.mode"
_REGISTERED = (
    Action(
        name="pin",
        method=f"{_MODE}.pin",
        params=_mode("Y"),
        field="pinned",
        on=True,
        inverse="unpin",
        creates_session=True,
        responsible_only=True,
    ),
    Action(
        name="unpin",
        method=f"{_MODE}.pin",
        params=_mode("N"),
        field="pinned",
        inverse="pin",
        creates_session=True,
        lets_go=True,
        responsible_only=True,
    ),
    Action(
        name="pin_all",
        kind="operator",
        method=f"{_MODE}.pinAll",
        params=_nothing,
        field="pinned",
        on=True,
        inverse="unpin",
        each="pin",
    ),
    Action(
        name="unpin_all",
        kind="operator",
        method=f"{_MODE}.unpinAll",
        params=_nothing,
        field="pinned",
        inverse="pin",
        each="unpin",
        lets_go=True,
    ),
    Action(
        name="silence",
        method=f"{_MODE}.silent",
        params=_mode("Y"),
        field="silent",
        on=True,
        inverse="unsilence",
    ),
    Action(
        name="unsilence",
        method=f"{_MODE}.silent",
        params=_mode("N"),
        field="silent",
        inverse="silence",
    ),
    Action(
        name="top",
        method="im.recent.pin",
        params=_recent("Y"),
        field="top",
        on=True,
        inverse="untop",
    ),
    Action(
        name="untop",
        method="im.recent.pin",
        params=_recent("N"),
        field="top",
        inverse="top",
    ),
    Action(
        name="answer",
        method="imopenlines.operator.answer",
        params=_chat,
        shown=lambda dialog: dialog.mine and dialog.status >= 10,
        creates_session=True,
        stage="queue",
    ),
    Action(
        name="skip",
        method="imopenlines.operator.skip",
        params=_chat,
        shown=lambda dialog: dialog.stage != "queue" and not dialog.mine,
        creates_session=True,
        stage="queue",
        leaves=True,
    ),
)

ACTIONS: Mapping[str, Action] = {action.name: action for action in _REGISTERED}


def setting(field: Field, on: bool) -> Action:
    """The dialog action that sets a field, for those who mean the effect and not a click."""
    return next(
        action
        for action in ACTIONS.values()
        if (action.kind, action.field, action.on) == ("dialog", field, on)
    )


def are_one_deed(name: str, other: str) -> bool:
    """Whether the two may share a run and its journal entry: an operator action and what it consists of.

    So what Pin all did not reach can be pinned in the same run.
    """
    return _deed(name) == _deed(other)


def _deed(name: str) -> str:
    action = ACTIONS.get(name)
    return name if action is None else action.each or name
