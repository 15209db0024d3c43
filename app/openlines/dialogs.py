"""From the rows of a list to dialogs. A dialog holds only what its row says; what we know joins it later.

`lines` of a row is the open-line session, `user` the author of the last message; `entity_data_3` tells
silent mode on portals that keep it for the whole chat (page im.recent.get).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from app.openlines.model import Author, Dialog, LastMessage, Person, Stage
from app.openlines.packed import unpack
from app.openlines.readings import NO_READINGS, Reading, Readings, Sight
from app.openlines.rows import (
    MarkedRow,
    Row,
    RowChat,
    RowMessage,
    RowSession,
    RowUser,
    Unreadable,
    decode_row,
)
from app.openlines.values import identity, moment, number, text

CLOSED = 60
"""Sessions at or above this status are over (60 closed, 65 spam, 69 duplicate, 75 closed silently)."""


class Seen(msgspec.Struct):
    """What one list answer showed; `by_chat` are the readings of its dialogs, in the list's order.

    `readings` is for the next list of the same operator.
    """

    dialogs: list[Dialog]
    skipped: int
    by_chat: dict[int, Reading]
    readings: Readings


def read_rows(
    rows: Sequence[MarkedRow],
    *,
    me: Person,
    lines: Mapping[int, str],
    origin: str,
    now: datetime,
    former: Readings = NO_READINGS,
) -> Seen:
    """Read the rows of one list for the operator `me`; a dialog counts once.

    `lines` has the names of lines by id, `origin` the portal's own (`https://host`). A dialog's `silent`
    is True where the row says so and None elsewhere. Null rows are left out silently, rows that cannot be
    read are counted, closed sessions and chats that are no open-line dialogs are left out.
    `former` are the readings of the operator's list before: rows that come again are not read again.
    """
    sight = Sight(me, origin, dict(lines))
    known = former.by_mark if former.sight == sight else {}
    marks = [mark for mark, _ in rows]
    found = list(map(known.get, marks))
    news = {at: decode_row(rows[at][1]) for at, item in enumerate(found) if item is None}
    names = _names([item.employee if item else _employee(news[at]) for at, item in enumerate(found)], me)
    if names != former.names:
        moved = [at for at, item in enumerate(found) if item is not None and not item.fits(names)]
        news |= {at: decode_row(rows[at][1]) for at in moved}
    all_known = known | {marks[at]: _reading(row, sight, names, now) for at, row in news.items()}
    readings = [item.at(now) if item.timed else item for item in map(all_known.__getitem__, marks)]
    return _seen(Readings(sight, names, dict(zip(marks, readings, strict=True))), readings)


def _seen(kept: Readings, readings: Sequence[Reading]) -> Seen:
    listed = [item for item in readings if item.chat_id]
    by_chat = {item.chat_id: item for item in listed}
    if len(by_chat) < len(listed):  # a chat came twice: its first row counts
        by_chat |= {item.chat_id: item for item in reversed(listed)}
    dialogs = [item.dialog for item in by_chat.values() if item.dialog is not None]
    skipped = sum(item.skipped for item in readings) if len(listed) < len(readings) else 0
    return Seen(dialogs, skipped, by_chat, kept)


def _reading(row: Row | Unreadable | None, sight: Sight, names: Mapping[int, str], now: datetime) -> Reading:
    if not isinstance(row, Row):
        return Reading(skipped=row is not None)
    employee = _employee(row)
    chat = row.chat if isinstance(row.chat, RowChat) else None
    chat_id = _chat_id(row, chat)
    if chat is None or chat_id <= 0:
        return Reading(skipped=row.type != "user", employee=employee)
    session = row.lines if isinstance(row.lines, RowSession) else RowSession()
    owner = number(chat.owner)
    status = _status(session, owner)
    if not _is_line(chat) or status >= CLOSED:
        return Reading(employee=employee)
    author_id = number(row.message.author_id) if isinstance(row.message, RowMessage) else 0
    dialog = _dialog(row, chat, session, chat_id, status, sight=sight, names=names, now=now)
    return Reading(
        dialog=dialog,
        chat_id=chat_id,
        timed=dialog.reply_until is not None,
        author_id=author_id,
        began=moment(session.date_create),
        employee=employee,
        people=(owner, author_id),
        called=(names.get(owner), names.get(author_id)),
    )


def _dialog(
    row: Row,
    chat: RowChat,
    session: RowSession,
    chat_id: int,
    status: int,
    *,
    sight: Sight,
    names: Mapping[int, str],
    now: datetime,
) -> Dialog:
    me, lines = sight.me, sight.lines
    packed = unpack(text(chat.entity_id, 255), text(chat.entity_data_1, 255), text(chat.entity_data_2, 255))
    line_id = packed.line_id
    line_names = (lines.get(line_id), lines.get(packed.born_line))
    owner = number(chat.owner)
    user = row.user if isinstance(row.user, RowUser) else RowUser()
    silent = chat.entity_data_3 == "Y"
    blocked = packed.blocked
    title = text(row.title, 255) or text(chat.name, 255)
    client_name = _client_name(title, line_names, user)
    return Dialog(
        chat_id=chat_id,
        dialog_id=f"chat{chat_id}",
        session_id=identity(session.id) or packed.session_id,
        status=status,
        stage=_stage(status),
        title=title,
        client_name=client_name or f"chat{chat_id}",
        client_user_id=packed.client_id,
        line_id=line_id,
        line_name=lines.get(line_id, ""),
        connector=packed.connector,
        mine=owner == me.user_id,
        responsible=Person(owner, names.get(owner)) if owner > 0 else None,
        pinned=packed.pinned,
        silent=True if silent else None,
        silent_source="portal" if silent else None,
        unread=max(number(row.counter), 0),
        last_message=_last_message(row, user, packed.client_id, me.user_id, names, client_name),
        reply_until=blocked,
        reply_closed=blocked is not None and blocked <= now,
        reply_block_reason=packed.reason,
        crm=list(packed.crm),
        open_url=f"{sight.origin}/online/?IM_DIALOG=chat{chat_id}",
    )


def _chat_id(row: Row, chat: RowChat | None) -> int:
    dialog_id = row.id if isinstance(row.id, str) else ""
    named = identity(row.chat_id) or identity(dialog_id.removeprefix("chat"))
    return named or (identity(chat.id) if chat else 0)


def _is_line(chat: RowChat) -> bool:
    return bool(chat.type == "lines" or chat.message_type == "L" or chat.entity_type == "LINES")


def _employee(row: object) -> tuple[int, str] | None:
    """The employee whose card a row carries, with a name."""
    user = row.user if isinstance(row, Row) else None
    if isinstance(user, RowUser) and user.connector is not True and (name := text(user.name, 255)):
        return number(user.id), name
    return None


def _names(employees: Sequence[tuple[int, str] | None], me: Person) -> dict[int, str]:
    """Names of employees, from the cards of whoever wrote last anywhere in the list; the first one counts."""
    names = dict(filter(None, reversed(employees)))
    return names | {me.user_id: me.name} if me.name else names


def _status(session: RowSession, owner: int) -> int:
    """The session's status; a row that tells none is an offer, or work once somebody owns it."""
    if session.status is None:
        return 10 if owner > 0 else 0
    return number(session.status)


def _stage(status: int) -> Stage:
    if status < 10:
        return "queue"
    if status < 40:
        return "work"
    return "answered" if status < 50 else "closing"


def _client_name(title: str, line_names: tuple[str | None, str | None], user: RowUser) -> str:
    """Titles are `<client> - <line>`, but both halves may hold dashes: only the exact line name goes."""
    for name in line_names:
        if name and title.endswith(f" - {name}"):
            return title[: -len(name) - 3].strip()
    return (text(user.name, 255) if user.connector is True else "") or title


def _last_message(
    row: Row, user: RowUser, client_id: int, my_id: int, names: Mapping[int, str], client_name: str
) -> LastMessage | None:
    """The row's message. Its author's name stands in the author's card; a client is also named by the row."""
    message = row.message if isinstance(row.message, RowMessage) else None
    at = moment(message.date if message else None) or moment(row.date_update)
    if message is None or at is None:
        return None
    author_id = number(message.author_id)
    author = _author(author_id, client_id, my_id, user.connector is True and number(user.id) == author_id)
    name = text(user.name, 255) if number(user.id) == author_id else ""
    known = client_name if author == "client" else names.get(author_id)
    return LastMessage(
        text=text(message.text) or _file_name(message.file),
        at=at,
        author=author,
        author_name=None if author == "system" else name or known or None,
    )


def _author(author_id: int, client_id: int, my_id: int, is_connector: bool) -> Author:
    if author_id <= 0:
        return "system"
    if author_id == my_id:
        return "me"
    return "client" if is_connector or author_id == client_id else "operator"


def _file_name(file: object) -> str:
    return text(file.get("name"), 255) if isinstance(file, dict) else ""
