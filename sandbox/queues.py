"""How dialogs come to operators and go back: new clients, offers, the queue of a line."""

from datetime import datetime

from sandbox import world as w
from sandbox.access import detach
from sandbox.packed import rewrite
from sandbox.world import Chat, User, World

REPLY_HOURS = dict.fromkeys(("whatsappbytwilio", "whatsappbyedna", "facebook", "fbinstagramdirect"), 24)


def new_chat(world: World, client: User, line_id: int, connector: str, at: datetime | None = None) -> Chat:
    """An open-line chat named `<client> - <line>`."""
    chat_id = next(world.chat_ids)
    chat = Chat(
        id=chat_id,
        title=f"{client.full_name} - {world.lines[line_id].name}",
        created=at or w.now(),
        connector=connector,
        line_id=line_id,
        external=str(chat_id - 1) if connector == "livechat" else str(5_550_000 + chat_id),
        client_id=client.id,
        color=client.color,
    )
    world.chats[chat_id] = chat
    return chat


def queue_dialog(
    world: World, line_id: int, client_name: str, text: str, connector: str = "", language: str = "en"
) -> Chat:
    """A new client writes to a line by one of its connectors: a chat that is offered to the queue."""
    client = world.client(client_name, language)
    chat = new_chat(world, client, line_id, connector or world.lines[line_id].connectors[0])
    world.open_session(chat, 0, w.NEW)
    chat.offered = candidates(world, line_id)
    message = world.say(chat, client.id, text)
    allow_replies(chat, message.date)
    world.tell("ONSESSIONSTART", chat, None)
    world.tell("ONOPENLINEMESSAGEADD", chat, message)
    return chat


def allow_replies(chat: Chat, at: datetime) -> None:
    """Some messengers let a company answer for a day, counted anew from each message of the client.

    Helpdesk page 11076436, "Facebook Messenger Platform, Instagram Direct and WhatsApp Business Policy".
    """
    hours = REPLY_HOURS.get(chat.connector)
    if hours:
        chat.reply_block, chat.reply_reason = int(at.timestamp()) + hours * 3600, "DEFAULT"


def reopen(world: World, chat: Chat) -> None:
    """A new session in a closed chat, offered to the line's queue."""
    session = world.open_session(chat, 0, w.NEW)
    chat.offered = candidates(world, session.line_id)
    world.tell("ONSESSIONSTART", chat, None)


def candidates(world: World, line_id: int, exclude: int = 0) -> list[int]:
    """Operators of a line that a dialog can be offered to."""
    line = world.lines.get(line_id)
    users = [world.users[user_id] for user_id in (line.queue if line else []) if user_id in world.users]
    return [user.id for user in users if user.active and user.available and user.id != exclude]


def skip(world: World, chat: Chat, user: User) -> None:
    """Decline an offer or hand an own dialog back; the next operators get it."""
    if chat.owner == user.id:
        requeue(world, chat)
        return
    session = chat.session
    if session is not None:
        session.status = w.SKIP
    chat.offered = [other for other in chat.offered if other != user.id] or candidates(
        world, session.line_id if session else chat.line_id, exclude=user.id
    )


def requeue(world: World, chat: Chat) -> None:
    """Give the dialog back to the line's queue: status 5, no owner, pin lost, offered to available others."""
    session = chat.session
    if session is None:
        return
    rewrite(chat)
    former = chat.owner
    session.status, session.operator_id, session.pause = w.SKIP, 0, False
    chat.owner = 0
    if former:
        detach(chat, former)
    chat.offered = candidates(world, session.line_id, exclude=former)


def set_available(world: World, user: User, available: bool) -> list[int]:
    """Going offline gives unfinished, unpinned dialogs of availability-checking lines back to the queue."""
    user.available = available
    if available:
        return []
    taken = [chat for chat in world.chats.values() if leaves_with(world, chat, user)]
    for chat in taken:
        requeue(world, chat)
    return [chat.id for chat in taken]


def leaves_with(world: World, chat: Chat, user: User) -> bool:
    """Whether the queue takes this dialog back when its operator leaves."""
    session = chat.session
    if session is None or chat.owner != user.id or session.pause:
        return False
    line = world.lines.get(session.line_id)
    return bool(line and line.check_available) and w.ANSWER <= session.status < w.OPERATOR
