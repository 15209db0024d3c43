"""imopenlines.session.mode.*: upper-case names exactly, and `true` is no proof (page session.mode.pin)."""

from sandbox import lines
from sandbox import world as w
from sandbox.access import check_access, is_open
from sandbox.methods.call import Call, Method
from sandbox.methods.sessions import chat_id
from sandbox.queues import reopen
from sandbox.rest_errors import RestFault
from sandbox.world import Session


def pin(call: Call) -> bool:
    """Pin to the operator; only `N` unpins. Already so: true without an operator check."""
    return set_pin(call, call.params.get("ACTIVATE") != "N")


def unpin(call: Call) -> bool:
    """The undocumented twin of pin with N."""
    return set_pin(call, False)


def set_pin(call: Call, on: bool) -> bool:
    """The common part of pin and unpin."""
    chat = check_access(call.world, chat_id(call), call.user)
    if not is_open(chat.session):
        reopen(call.world, chat)  # asked about a closed chat, the portal opens a session
    session = chat.session
    assert session is not None
    if call.locked or session.pause == on:
        return True
    if session.operator_id != call.user.id:
        coded = call.switch("pin_error") == "coded"
        raise RestFault(*(("ERROR_USER_NOT_OPERATOR", "User is not the operator") if coded else ("", "")))
    lines.switch_pin(call.world, chat, call.user, on)
    return True


def pin_all(call: Call) -> list[int]:
    """Pin every dialog of the user: answers with *session* ids."""
    return switch_all(call, True)


def unpin_all(call: Call) -> list[int]:
    """Unpin every dialog of the user."""
    return switch_all(call, False)


def switch_all(call: Call, on: bool) -> list[int]:
    """Switch one after another, each in its own time: whoever asks meanwhile meets some that are done.

    A busy lock still names the id. A dialog that was lost meanwhile is left out, as every failure is.
    """
    with call.portal.lock:
        ordered = sorted(call.world.sessions.values(), key=lambda session: session.id)
        found = [session for session in ordered if session.pause != on and in_hand(session, call)]
    named = []
    for session in found:
        call.wait()
        with call.portal.lock:
            if not in_hand(session, call):
                continue
            named.append(session.id)
            if not call.locked:
                lines.switch_pin(call.world, call.world.chats[session.chat_id], call.user, on)
    return named


def in_hand(session: Session, call: Call) -> bool:
    """A session of this operator with status 10 to 49."""
    return session.operator_id == call.user.id and w.ANSWER <= session.status < w.WAIT_CLIENT


def silent(call: Call) -> bool:
    """Hidden mode: only an exact `Y` turns it on; no operator check."""
    chat = check_access(call.world, call.number("CHAT_ID"), call.user)
    lines.set_silent(
        call.world, chat, call.user, call.params.get("ACTIVATE") == "Y", call.switch("silent_scope")
    )
    return True


METHODS = {
    "imopenlines.session.mode.pin": Method("imopenlines", pin, upper=False),
    "imopenlines.session.mode.unpin": Method("imopenlines", unpin, upper=False),
    "imopenlines.session.mode.pinAll": Method("imopenlines", pin_all, upper=False, stepwise=True),
    "imopenlines.session.mode.unpinAll": Method("imopenlines", unpin_all, upper=False, stepwise=True),
    "imopenlines.session.mode.silent": Method("imopenlines", silent, upper=False),
}
