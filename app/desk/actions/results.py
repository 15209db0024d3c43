"""From what was sent and seen to results: plain functions, so that each case can be tried by itself."""

from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from app.bitrix24.errors import (
    BitrixError,
    NotSent,
    OperationTimeLimit,
    PortalBusy,
    RateLimited,
    RestError,
)
from app.desk.actions.sending import Sent
from app.desk.listing.known import Known
from app.openlines.actions import Action
from app.openlines.model import Dialog, Result
from app.openlines.outcomes import Attempt, Verdict, decide, gone
from app.openlines.silence import tells_of

NOT_REACHED = "not_reached"
UNREADABLE = "portal_error"
"""Our code for what a portal answered that nobody can read."""

_CODE_LENGTH = 64
_CODES: tuple[tuple[type[Exception], str], ...] = (
    (SQLAlchemyError, NOT_REACHED),
    (PortalBusy, "portal_busy"),
    (RateLimited, "rate_limited"),
    (OperationTimeLimit, "operation_time_limit"),
    (NotSent, "not_sent"),
)


def key_of(chat_id: int) -> str:
    """The key of a chat's command in its batch."""
    return f"a{chat_id}"


def make_result(chat_id: int, before: Dialog | None, after: Dialog | None, verdict: Verdict) -> Result:
    """One result, named by the newest row that is known of the dialog."""
    row = after or before
    return Result(
        chat_id=chat_id,
        session_id=row.session_id if row else 0,
        client_name=row.client_name if row else "",
        outcome=verdict.outcome,
        code=verdict.code,
    )


def results_of(
    action: Action, part: Sequence[Dialog], sent: Sent, *, sure: bool, scope: str
) -> dict[int, Result]:
    """The results of one batch by chat. `sure`: the rows in `part` are fresh enough for `already`."""
    after = sent.known.by_chat() if sent.known else {}
    flagged = set(sent.known.flagged) if sent.known else set()
    results = {}
    for row in part:
        chat_id, key = row.chat_id, key_of(row.chat_id)
        attempt = Attempt(
            before=sent.before.get(chat_id, row),
            after=after.get(chat_id),
            before_sure=sure or chat_id in sent.before,
            answered=sent.answer is not None and key in sent.answer.results,
            read_back=sent.known is not None,
            error=sent.answer.errors.get(key) if sent.answer else None,
            told=not action.silent or tells_of(scope, flagged=chat_id in flagged, wanted=action.on),
            whole=sent.known is None or sent.known.whole,
            unusable=sent.unusable,
        )
        results[chat_id] = make_result(chat_id, row, attempt.after, _verdict(action, attempt, sent))
    return results


def absent(action: Action, known: Known, chat_id: int, before: Dialog | None) -> Result:
    """The result for a dialog that is not in the list, so that nothing was sent."""
    left = gone(action, before, sent=False)
    return make_result(chat_id, before, None, left if known.whole else Verdict("failed", UNREADABLE))


def _verdict(action: Action, attempt: Attempt, sent: Sent) -> Verdict:
    if sent.refused is not None:
        return Verdict("failed", failure_code(sent.refused))
    if (
        sent.answer is not None
        and not attempt.answered
        and attempt.error is None
        and _is_undone(action, attempt)
    ):
        return Verdict("failed", NOT_REACHED)  # the portal stopped before this command
    return decide(action, attempt)


def _is_undone(action: Action, attempt: Attempt) -> bool:
    """Whether a command that the answer does not mention was not carried out, as far as the list tells."""
    return attempt.after is not None and not (attempt.told and action.wanted(attempt.after))


def failure_code(error: BitrixError | SQLAlchemyError) -> str:
    """The code for a batch of which nothing was carried out: ours, or the portal's own."""
    ours = next((code for kind, code in _CODES if isinstance(error, kind)), None)
    if ours is None and isinstance(error, RestError) and error.code:
        return error.code[:_CODE_LENGTH]
    return ours or UNREADABLE


def stop_code(sent: Sent) -> str | None:
    """Why no further batch should follow this one; None when the portal is well."""
    if sent.refused is not None:
        return failure_code(sent.refused)
    return NOT_REACHED if sent.answer is None else None
