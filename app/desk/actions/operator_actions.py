"""Pin all and Unpin all. Outcomes come from two lists compared, never from the ids that the portal returns.

The portal's own method switches one dialog after another and may be slow with many: then the same is done
in parts, with progress (pages imopenlines.session.mode.pinAll, unpinAll). When the answer is lost, the list
of before is the one that was known: it is never older than a few seconds.
"""

from app.bitrix24.batch import Command
from app.bitrix24.errors import RestError
from app.desk.actions.acting import Acting, Done
from app.desk.actions.pace import BATCH_SECONDS
from app.desk.actions.results import make_result
from app.desk.actions.sending import Sender, Sent
from app.desk.listing.lists import Lists
from app.openlines.actions import ACTIONS, Action
from app.openlines.model import Dialog, Result
from app.openlines.outcomes import Attempt, Verdict, decide
from app.openlines.selection import left_out, selected, switched, switched_between
from app.portals.model import Operator

_ALL = "all"


def carry_out_everywhere(
    acting: Acting, lists: Lists, sender: Sender, operator: Operator, action: Action, until: float
) -> Done:
    """Carry out an operator action; the caller holds the turn, until `until` at most.

    Raises BitrixError when nothing was done.
    """
    each = ACTIONS[action.each or action.name]
    known = acting.sure_list(operator, until)
    targets = selected(each, known.dialogs)
    portal = operator.member_id
    if acting.pace.expected(portal, each.method, len(targets)) > BATCH_SECONDS:
        return acting.carry_out(operator, each, [dialog.chat_id for dialog in targets], until)
    writes = [Command(_ALL, *action.command())]
    sent = sender.send(operator, writes, until, touched=None, look_first=True)
    if sent.refused is not None:
        raise sent.refused
    after = sent.known.by_chat() if sent.known else {}
    targets = switched_between(each, sent.before or known.by_chat(), after)
    if sent.answer is not None and targets:
        acting.pace.note(portal, each.method, len(targets), sent.answer.seconds)
    elif sent.timed_out:
        acting.pace.note_timeout(portal, each.method, max(len(targets), 1))
    error = sent.answer.errors.get(_ALL) if sent.answer else None
    if error is not None and not targets:
        raise error
    return Done(_results(action, targets, sent, error), lists.known.get(operator) or sent.known or known)


def _results(action: Action, targets: list[Dialog], sent: Sent, error: RestError | None) -> list[Result]:
    raw = sent.answer.results.get(_ALL) if sent.answer else None
    told = None if raw is None else switched(raw)
    after = sent.known.by_chat() if sent.known else {}
    results = []
    for row in targets:
        attempt = Attempt(
            before=row,
            after=after.get(row.chat_id),
            before_sure=row.chat_id in sent.before,
            answered=raw is not None,
            read_back=sent.known is not None,
            error=error,
            whole=sent.known is None or sent.known.whole,
            unusable=sent.unusable,
        )
        verdict = decide(action, attempt)
        if verdict.code == "not_seen" and left_out(row, told):
            verdict = Verdict("refused", "left_out")
        results.append(make_result(row.chat_id, row, attempt.after, verdict))
    return results
