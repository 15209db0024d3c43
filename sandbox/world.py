"""What a portal remembers: people, lines, chats, sessions, messages. State only, no rules."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any

ZONE = timezone(timedelta(hours=2))
NEW, SKIP, ANSWER, CLIENT, CLIENT_AFTER_OPERATOR, OPERATOR, WAIT_CLIENT = 0, 5, 10, 20, 25, 40, 50
CLOSE, SPAM = 60, 65
COLORS = (
    "#4ba984", "#df532d", "#ab7761", "#58a1e8", "#e8a441", "#8c5fd0", "#1eb4aa",
    "#e15c8c", "#6fb440", "#5c7ad0",
)  # fmt: skip


def now() -> datetime:
    """The portal's clock, to the second, in the portal's zone."""
    return datetime.now(UTC).astimezone(ZONE).replace(microsecond=0)


@dataclass
class User:
    """An employee, a client (`connector`) or a bot."""

    id: int
    name: str
    last_name: str = ""
    admin: bool = False
    active: bool = True
    admitted: bool = True  # may use the app (user_access_error otherwise)
    connector: bool = False
    bot: bool = False
    language: str = "en"
    available: bool = True
    position: str = ""
    gender: str = ""
    color: str = "#4ba984"

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.name} {self.last_name}".strip()


@dataclass
class Line:
    """An open channel; `queue` are its operators in order."""

    id: int
    name: str
    queue: list[int] = field(default_factory=list)
    check_available: bool = True
    connectors: tuple[str, ...] = ("livechat",)  # where its clients write
    vote: bool = False  # finishing asks the client for a vote and stops at status 50
    active: bool = True
    queue_type: str = "evenly"


@dataclass
class Message:
    """One message; author 0 is the system. `text` is raw BB code."""

    id: int
    chat_id: int
    author_id: int
    text: str
    date: datetime
    file: bool = False
    hidden: bool = False
    session_id: int = 0


@dataclass
class Session:
    """One service cycle of a dialog: what `lines` in a listing row names."""

    id: int
    chat_id: int
    line_id: int
    operator_id: int
    status: int
    created: datetime
    pause: bool = False
    wait_action: bool = False
    vote: int = 0  # a supervisor's
    comment: str | None = None


@dataclass
class Recent:
    """A row of one user's chat list."""

    pinned: bool = False
    unread: bool = False
    counter: int = 0
    last_id: int = 0
    hidden: bool = False


@dataclass
class Chat:
    """An open-line chat (`connector` set) or an ordinary one."""

    id: int
    title: str
    created: datetime
    connector: str = ""
    line_id: int = 0
    external: str = ""
    client_id: int = 0
    owner: int = 0
    moved_line: int = 0
    crm_type: str = "NONE"
    crm_id: int = 0
    crm: dict[str, int] = field(default_factory=dict)
    silent: str = "N"
    reply_block: int = 0
    reply_reason: str = "0"
    data_1: str | None = None  # a damaged or legacy entity_data_1 instead of the computed one
    session_field: int | None = None  # what a damaged entity_data_1 got for the session when it was rewritten
    odd: dict[str, Any] = field(default_factory=dict)  # keys of the listing's row that are otherwise
    muted: set[int] = field(default_factory=set)
    color: str = "#4ba984"
    members: set[int] = field(default_factory=set)
    offered: list[int] = field(default_factory=list)
    recent: dict[int, Recent] = field(default_factory=dict)
    session: Session | None = None
    messages: list[Message] = field(default_factory=list)
    kind: str = "lines"  # lines, chat, private
    updated: datetime = field(default_factory=now)

    @property
    def dialog_id(self) -> str:
        """The id on the wire."""
        return f"chat{self.id}"


def untold(event: str, chat: Chat, message: Message | None) -> None:
    """Nobody listens."""


@dataclass
class World:
    """Everything that a reset replaces."""

    users: dict[int, User] = field(default_factory=dict)
    lines: dict[int, Line] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    personal_silent: set[tuple[int, int]] = field(default_factory=set)  # (user id, chat id)
    silent_is_personal: Callable[[], bool] = bool  # then nothing writes a chat's own flag any more
    main_user: int = 27
    tell: Callable[[str, Chat, Message | None], None] = untold  # who wants to know of open-line events
    message_ids: Iterator[int] = field(default_factory=lambda: count(29001))
    session_ids: Iterator[int] = field(default_factory=lambda: count(301))
    chat_ids: Iterator[int] = field(default_factory=lambda: count(1701))
    client_ids: Iterator[int] = field(default_factory=lambda: count(401))

    def say(self, chat: Chat, author_id: int, text: str, at: datetime | None = None) -> Message:
        """Append a message and move the chat in every list; counters are the rules' business."""
        message = Message(next(self.message_ids), chat.id, author_id, text, at or now())
        message.session_id = chat.session.id if chat.session else 0
        chat.messages.append(message)
        chat.updated = message.date
        return message

    def client(self, name: str, language: str = "en") -> User:
        """A new guest of an open channel, who keeps to one language and gets a colour of the palette."""
        first, _, last = name.partition(" ")
        number = next(self.client_ids)
        color = COLORS[number % len(COLORS)]
        self.users[number] = User(number, first, last, connector=True, color=color, language=language)
        return self.users[number]

    def open_session(self, chat: Chat, operator_id: int, status: int, at: datetime | None = None) -> Session:
        """Start a session in the chat."""
        line_id = chat.moved_line or chat.line_id
        session = Session(next(self.session_ids), chat.id, line_id, operator_id, status, at or now())
        self.sessions[session.id] = session
        chat.session, chat.session_field = session, None
        return session
