"""What people do in a dialog and what it changes: pin, answer, finish, write, hidden mode."""

from datetime import datetime

from sandbox import world as w
from sandbox.access import attach, detach, is_open
from sandbox.packed import rewrite
from sandbox.queues import allow_replies, reopen, requeue
from sandbox.world import Chat, User, World


def switch_pin(world: World, chat: Chat, user: User, on: bool) -> None:
    """Set or clear PAUSE; the caller has checked that this user is the operator. Posts a system message."""
    session = chat.session
    if session is None or session.pause == on:
        return
    rewrite(chat)
    session.pause = on
    if on:
        session.wait_action = False
        world.say(chat, 0, f"{user.full_name} pinned the conversation to themselves")
        return
    world.say(chat, 0, f"{user.full_name} unpinned the conversation")
    line = world.lines.get(session.line_id)
    if line and line.check_available and session.status < w.OPERATOR and not user.available:
        requeue(world, chat)


def answer(world: World, chat: Chat, user: User) -> None:
    """Take the dialog: status 10, owner, PAUSE reset, offers gone."""
    session = chat.session
    if session is None:
        return
    for other in list(chat.members):
        if other != user.id:
            detach(chat, other)
    rewrite(chat)
    session.status, session.operator_id, session.pause = w.ANSWER, user.id, False
    chat.owner, chat.offered = user.id, []
    clear_silent(world, chat)
    attach(chat, user.id)


def finish(world: World, chat: Chat) -> None:
    """Close, or stop at 50 where the line asks for a vote; either way the row leaves the list."""
    session = chat.session
    if session is None:
        return
    line = world.lines.get(session.line_id)
    if line and line.vote and session.status < w.WAIT_CLIENT:
        session.status, session.wait_action = w.WAIT_CLIENT, True
        for user_id in list(chat.recent):
            chat.recent[user_id].hidden = True
        return
    close(world, chat)


def close(world: World, chat: Chat, status: int = w.CLOSE) -> None:
    """Final close: no members, no owner, no rows; the session's number leaves entity_data_1."""
    rewrite(chat)
    chat.session_field = None
    if chat.session is not None:
        chat.session.status, chat.session.pause, chat.session.wait_action = status, False, False
    world.personal_silent = {key for key in world.personal_silent if key[1] != chat.id}
    clear_silent(world, chat)
    chat.owner, chat.offered = 0, []
    chat.members.clear()
    chat.recent.clear()
    world.tell("ONSESSIONFINISH", chat, None)


def client_message(
    world: World, chat: Chat, text: str, at: datetime | None = None, *, file: bool = False
) -> None:
    """The client writes: 25 after an operator's reply, else 20; a closed chat gets a new session."""
    if not is_open(chat.session):
        reopen(world, chat)
    session = chat.session
    assert session is not None
    message = world.say(chat, chat.client_id, text, at)
    message.file = file
    allow_replies(chat, message.date)
    session.wait_action = False
    if session.status >= w.OPERATOR or session.status == w.CLIENT_AFTER_OPERATOR:
        session.status = w.CLIENT_AFTER_OPERATOR
    elif session.status >= w.ANSWER:
        session.status = w.CLIENT
    for recent in chat.recent.values():
        recent.counter += 1
        recent.hidden = False
    world.tell("ONOPENLINEMESSAGEADD", chat, message)


def operator_message(world: World, chat: Chat, user_id: int, text: str, at: datetime | None = None) -> None:
    """An operator writes; in silent mode the client does not get it and the status stays."""
    message = world.say(chat, user_id, text, at)
    message.hidden = chat.silent == "Y" or (user_id, chat.id) in world.personal_silent
    if chat.session is not None and is_open(chat.session) and not message.hidden:
        chat.session.status = w.OPERATOR
    recent = chat.recent.get(user_id)
    if recent:
        recent.counter, recent.last_id, recent.unread = 0, message.id, False
    if not message.hidden and chat.connector not in ("", "livechat"):
        world.tell("ONOPENLINEMESSAGEADD", chat, message)


def clear_silent(world: World, chat: Chat) -> None:
    """A new operator and the end of a session write `N`, unless silent mode is each person's own."""
    if not world.silent_is_personal():
        chat.silent = "N"


def set_silent(world: World, chat: Chat, user: User, on: bool, scope: str) -> None:
    """Silent mode: in the chat (with a system message) or, on newer portals, personal and unseen."""
    if scope == "personal":
        (world.personal_silent.add if on else world.personal_silent.discard)((user.id, chat.id))
        return
    wanted = "Y" if on else ""
    if chat.silent == wanted:
        return
    chat.silent = wanted
    word = "on" if on else "off"
    world.say(chat, 0, f"{user.full_name} turned hidden mode {word}")
