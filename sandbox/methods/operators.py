"""imopenlines.operator.*: taking, handing on and ending dialogs."""

from sandbox import access, lines, queues
from sandbox import world as w
from sandbox.methods.call import Call, Method, as_int
from sandbox.rest_errors import RestFault
from sandbox.world import Chat


def answer(call: Call) -> bool:
    """Take an offered dialog; older portals fail with an empty code, newer ones say why."""
    chat = access.check_access(call.world, call.number("CHAT_ID"), call.user)
    reason = why_not(call, chat)
    if reason:
        raise RestFault(reason if call.switch("answer_errors") == "coded" else "", "")
    lines.answer(call.world, chat, call.user)
    return True


def why_not(call: Call, chat: Chat) -> str:
    """The newer portals' code for a dialog that cannot be answered, or nothing."""
    if not access.is_open(chat.session):
        return "IMOL_CHAT_ERROR_ANSWER_NOT_LOAD_SESSION"
    if chat.owner == call.user.id:
        return "IMOL_CHAT_ERROR_ANSWER_ALREADY_RESPONSIBLE"
    if call.locked:
        return "IMOL_CHAT_ERROR_ANSWER_COMPETITIVE_REQUEST"
    return "ANSWER_ALREADY_TAKEN" if chat.owner else ""


def finish(call: Call) -> bool:
    """End an own dialog (an unowned one is answered first)."""
    chat = access.check_access(call.world, call.number("CHAT_ID"), call.user)
    if not access.is_open(chat.session):
        raise RestFault("NOT_LOAD_SESSION_OR_CHAT", "Session or chat is not loaded")
    if chat.owner not in (0, call.user.id):
        raise RestFault("ERROR_USER_NOT_OPERATOR", "User is not the operator of the dialog")
    if not chat.owner:
        lines.answer(call.world, chat, call.user)
    lines.finish(call.world, chat)
    return True


def another_finish(call: Call) -> bool:
    """End somebody else's dialog."""
    chat = access.check_access(call.world, call.number("CHAT_ID"), call.user)
    if access.is_open(chat.session):
        lines.finish(call.world, chat)
    return True


def skip(call: Call) -> bool:
    """Decline, or give back."""
    chat = access.check_access(call.world, call.number("CHAT_ID"), call.user)
    if call.user.id not in chat.offered and chat.owner != call.user.id:
        raise RestFault("", "")
    queues.skip(call.world, chat, call.user)
    return True


def spam(call: Call) -> bool:
    """Close as spam: always true after the access check."""
    chat = access.check_access(call.world, call.number("CHAT_ID"), call.user)
    lines.close(call.world, chat, w.SPAM)
    return True


def transfer(call: Call) -> bool:
    """Hand over to a user or to another line's queue; every inner failure is OPERATOR_WRONG."""
    if not call.number("CHAT_ID"):
        raise RestFault("CHAT_ID_EMPTY", "Chat ID can't be empty")
    target = transfer_target(call)
    chat = access.check_access(call.world, call.number("CHAT_ID"), call.user)
    hand_over(call, chat, target)
    return True


def transfer_target(call: Call) -> str:
    """TRANSFER_ID wins over USER_ID and QUEUE_ID; the name that was given empty is the one complained of."""
    if call.text("TRANSFER_ID") or call.text("USER_ID"):
        return call.text("TRANSFER_ID") or call.text("USER_ID")
    if call.number("QUEUE_ID"):
        return f"queue{call.number('QUEUE_ID')}"
    given = [name for name in ("USER_ID", "QUEUE_ID") if name in call.params]
    name = given[0] if given and "TRANSFER_ID" not in call.params else "TRANSFER_ID"
    raise RestFault(f"{name}_EMPTY", f"{name} can't be empty")


def hand_over(call: Call, chat: Chat, target: str) -> None:
    """Carry out a transfer of an open dialog; the pin is lost."""
    if not access.is_open(chat.session):
        raise RestFault("OPERATOR_WRONG", "Operator is wrong")
    line_id = as_int(target.removeprefix("queue")) if target.startswith("queue") else 0
    if line_id:
        if line_id not in call.world.lines or chat.session is None:
            raise RestFault("OPERATOR_WRONG", "Operator is wrong")
        chat.moved_line = chat.session.line_id = line_id
        queues.requeue(call.world, chat)
        return
    user = call.world.users.get(as_int(target))
    if user is None or user.connector or not user.active or user.id == chat.owner:
        raise RestFault("OPERATOR_WRONG", "Operator is wrong")
    queues.requeue(call.world, chat)
    chat.offered = [user.id]


METHODS = {
    "imopenlines.operator.answer": Method("imopenlines", answer),
    "imopenlines.operator.finish": Method("imopenlines", finish),
    "imopenlines.operator.another.finish": Method("imopenlines", another_finish, upper=False),
    "imopenlines.operator.skip": Method("imopenlines", skip),
    "imopenlines.operator.spam": Method("imopenlines", spam),
    "imopenlines.operator.transfer": Method("imopenlines", transfer, upper=False),
}
