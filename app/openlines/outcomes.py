"""What became of one action on one dialog. The rule: the list that was read afterwards decides.

`true` from a portal is no proof: it also answers `true` when a lock was busy, and refuses with empty codes
(pages imopenlines.session.mode.pin, imopenlines.session.mode.pinAll).
"""

from typing import NamedTuple

import msgspec

from app.bitrix24.errors import AccessDenied, MethodNotFound, OperationTimeLimit, RateLimited, RestError
from app.openlines.actions import Action
from app.openlines.model import Dialog, Outcome

_SCOPE = "insufficient_scope"
_NO_CHAT = ("CHAT_ID", "CHAT_TYPE", "ACCESS_DENIED")


class Verdict(NamedTuple):
    """The outcome and a code that says more: the portal's own, or one of ours in small letters."""

    outcome: Outcome
    code: str | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One command that was sent for one dialog, and what was seen around it.

    `before` is the row in the list that the decision to send was based on; `before_sure` says that it was
    read just before (same batch, or at most 10 s old). `answered`: the portal answered this command.
    `read_back`: a list was read afterwards; `after` is the dialog's row in it. `told`: the list tells the
    state that the action changes (silent mode is not told by every portal). `whole`: no row of that list
    was unreadable, so that a dialog without a row has left. `unusable`: what came instead of an answer said
    nothing of any command.
    """

    before: Dialog | None
    after: Dialog | None
    before_sure: bool
    answered: bool
    read_back: bool
    error: RestError | None = None
    told: bool = True
    whole: bool = True
    unusable: bool = False


def decide(action: Action, attempt: Attempt) -> Verdict:
    """Decide one attempt.

    A verdict `done` always stands on a list that shows the wished state and on one before that did not:
    what was so already may be somebody else's doing, and must not be taken back.
    """
    if attempt.error is not None:
        return _refusal(action, attempt, attempt.error)
    if not attempt.read_back:
        return _unconfirmed(attempt, "no_read_back")
    if attempt.after is None:
        return _absent(action, attempt)
    if not attempt.told:
        return _untold(action, attempt)
    if not action.wanted(attempt.after):
        return _unconfirmed(attempt, "not_seen")
    if attempt.before is not None and not action.wanted(attempt.before):
        return Verdict("done")
    return Verdict("already") if attempt.before_sure else _unconfirmed(attempt, None)


def _unconfirmed(attempt: Attempt, code: str | None) -> Verdict:
    """`code` says what is missing beside the portal's answer; that there was none says enough."""
    if attempt.unusable:
        return Verdict("unconfirmed", "portal_error")
    return Verdict("unconfirmed", code if attempt.answered else "timeout")


def _absent(action: Action, attempt: Attempt) -> Verdict:
    """The row is missing: that says something only of a list that could be read whole."""
    if not attempt.whole or (action.leaves and not attempt.answered):
        return _unconfirmed(attempt, "not_seen")
    return Verdict("done") if action.leaves else gone(action, attempt.before)


def _untold(action: Action, attempt: Attempt) -> Verdict:
    """The list is silent about it: what we set here before is all that is known."""
    if not attempt.answered:
        return _unconfirmed(attempt, None)
    was_so = attempt.before is not None and action.wanted(attempt.before)
    return Verdict("already" if was_so else "unconfirmed", "not_told")


def _refusal(action: Action, attempt: Attempt, error: RestError) -> Verdict:
    if isinstance(error, MethodNotFound) or error.code.lower() == _SCOPE:
        return Verdict("unsupported", error.code)
    if isinstance(error, RateLimited | OperationTimeLimit):
        return Verdict("failed", "rate_limited" if isinstance(error, RateLimited) else "operation_time_limit")
    left = attempt.read_back and attempt.after is None and attempt.whole
    if left and (error.code.upper() in _NO_CHAT or (action.stage == "queue" and not error.code)):
        return gone(action, attempt.before)  # somebody was faster; older portals do not even say that
    if action.stage == "queue" and attempt.after is not None and action.wanted(attempt.after):
        return Verdict("already")
    if not error.code:
        return Verdict("refused", "")
    if not isinstance(error, AccessDenied) and _turned(action, attempt):
        return Verdict("done")
    return Verdict("refused", error.code[:64])


def _turned(action: Action, attempt: Attempt) -> bool:
    """The state changed although an error came: the portal stumbled after doing it."""
    before, after = attempt.before, attempt.after
    if before is None or after is None or not attempt.told:
        return False
    return not action.wanted(before) and action.wanted(after)


def gone(action: Action, before: Dialog | None, *, sent: bool = True) -> Verdict:
    """Why a dialog is not in the list (any more), as far as the last look at it tells.

    `sent` False: it had left before the action was sent.

    Unpinning sends an unanswered dialog back to the queue at once when its operator is not available on
    the line; a dialog that was finishing has been closed. Everything else nobody told us.
    """
    if before is not None and before.stage == "closing":
        return Verdict("gone", "closed")
    if sent and before is not None and before.status < 40 and before.pinned and action.lets_go:
        return Verdict("gone", "requeued")
    return Verdict("gone", "unknown")


def carried_out(outcome: str, code: str | None) -> bool:
    """Whether a result is something that an undo may take back."""
    return outcome == "done" or (outcome == "unconfirmed" and code == "not_told")
