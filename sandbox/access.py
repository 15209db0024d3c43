"""Who may touch an open-line chat, and who is in it: the check that all methods share."""

from sandbox import world as w
from sandbox.rest_errors import RestFault
from sandbox.world import Chat, Session, User, World


def find_chat(world: World, chat_id: int) -> Chat:
    """The open-line chat of that id or the access check's own codes."""
    chat = world.chats.get(chat_id) if chat_id > 0 else None
    if chat is None:
        raise RestFault("CHAT_ID", "Chat ID can't be empty")
    if chat.kind != "lines":
        raise RestFault("CHAT_TYPE", "Chat is not an open channel")
    return chat


def has_access(chat: Chat, user: User) -> bool:
    """Member, someone a dialog is offered to, or a holder of the right to join dialogs (administrators)."""
    return user.id in chat.members or user.id in chat.offered or (user.admin and chat.kind == "lines")


def check_access(world: World, chat_id: int, user: User) -> Chat:
    """The common operator check."""
    chat = find_chat(world, chat_id)
    if not has_access(chat, user):
        raise RestFault("ACCESS_DENIED", "You do not have access to this chat")
    return chat


def is_open(session: Session | None) -> bool:
    """A session that has not been closed."""
    return session is not None and session.status < w.CLOSE


def attach(chat: Chat, user_id: int) -> None:
    """Make the user a member with a row in the list."""
    chat.members.add(user_id)
    chat.recent.setdefault(user_id, w.Recent())


def detach(chat: Chat, user_id: int) -> None:
    """Take the user and the row out."""
    chat.members.discard(user_id)
    chat.recent.pop(user_id, None)
