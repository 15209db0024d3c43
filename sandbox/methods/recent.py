"""The two listings and what changes a row of them (scope im)."""

from datetime import datetime, timedelta
from typing import Any

from sandbox import access, rows
from sandbox import world as w
from sandbox.methods.call import Call, Listed, Method, as_int, dialog_chat_id
from sandbox.rest_errors import RestFault
from sandbox.world import Chat

PIN_LIMIT = 45


def by_place(chat: Chat, user_id: int) -> tuple[bool, float, int]:
    """Order of a part: pinned first, then newest activity, then the higher id."""
    recent = chat.recent.get(user_id)
    return (not (recent and recent.pinned), -chat.updated.timestamp(), -chat.id)


def own_chats(call: Call, *, lines_only: bool) -> list[Chat]:
    """The user's rows in order."""
    mine = [
        chat
        for chat in call.world.chats.values()
        if (recent := chat.recent.get(call.user.id)) is not None
        and not recent.hidden
        and resolves(call, chat)
        and (chat.kind == "lines" or not lines_only)
    ]
    return sorted(mine, key=lambda chat: by_place(chat, call.user.id))


def resolves(call: Call, chat: Chat) -> bool:
    """Whether the last author is known: a row whose author is not is left out."""
    author = chat.messages[-1].author_id if chat.messages else 0
    return author == 0 or author in call.world.users


def queue_chats(call: Call) -> list[Chat]:
    """Chats that are only offered to the user."""
    offered = [chat for chat in call.world.chats.values() if call.user.id in chat.offered]
    return sorted(offered, key=lambda chat: by_place(chat, call.user.id))


def queue_rows(call: Call) -> list[Any]:
    """Rows of the queue; one that cannot be formatted is a literal null."""
    found: list[Any] = [rows.queue_row(chat, call.user.id) for chat in queue_chats(call)]
    return [*found, None] if found and call.switch("null_queue_row") else found


def row_of(call: Call, chat: Chat) -> dict[str, Any]:
    """The row of any kind of chat."""
    if chat.kind == "private":
        return rows.private_row(call.world, chat, call.user.id)
    return rows.own_row(call.world, chat, call.user.id, counters=call.text("WITH_COUNTERS") != "N")


def get(call: Call) -> list[Any]:
    """im.recent.get: with ONLY_OPENLINES=Y queue first, then own open-line chats; no limit, no paging."""
    if call.switch("recent_get") == "missing":
        raise RestFault("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    if call.text("ONLY_OPENLINES") == "Y":
        queued = {chat.id for chat in queue_chats(call)}
        own = [chat for chat in own_chats(call, lines_only=True) if chat.id not in queued]
        return queue_rows(call) + [rows.own_row(call.world, chat, call.user.id) for chat in own]
    since = window(call)
    return [
        row_of(call, chat)
        for chat in own_chats(call, lines_only=False)
        if wanted(call, chat) and chat.updated >= since
    ]


def window(call: Call) -> datetime:
    """The last 30 days; LAST_SYNC_DATE (LAST_UPDATE) narrows them, but not below 7 (page im.recent.get)."""
    asked = parse_date(call.text("LAST_SYNC_DATE") or call.text("LAST_UPDATE"))
    month = w.now() - timedelta(days=30)
    return month if asked is None else max(asked, w.now() - timedelta(days=7))


def wanted(call: Call, chat: Chat) -> bool:
    """The SKIP_ options, which want an exact Y."""
    skipped = {"lines": "SKIP_OPENLINES", "chat": "SKIP_CHAT", "private": "SKIP_DIALOG"}[chat.kind]
    return call.text(skipped) != "Y"


def list_rows(call: Call) -> Listed:
    """im.recent.list: ONLY_OPENLINES is ignored here; queue rows end every page; `total` is no total."""
    limit = call.number("LIMIT", 50)
    limit = min(limit, 200) if limit > 0 else 50
    offset = max(0, call.number("OFFSET", call.number("START")))
    found = [chat for chat in own_chats(call, lines_only=False) if wanted(call, chat)]
    if call.text("UNREAD_ONLY") == "Y":
        found = [chat for chat in found if is_unread(chat, call.user.id)]
    since = parse_date(call.text("LAST_MESSAGE_DATE") or call.text("DATE_LAST_ACTIVITY"))
    if since is not None:
        found = [c for c in found if c.updated <= since or c.recent[call.user.id].pinned]
        offset = 0
    page = found[offset : offset + limit]
    items: list[Any] = [row_of(call, chat) for chat in page]
    first = offset == 0 and since is None
    if call.text("SKIP_UNDISTRIBUTED_OPENLINES") != "Y" and (first or call.switch("queue_on_every_page")):
        items += queue_rows(call)
    full = len(page) == limit
    answer: dict[str, Any] = {
        "items": items,
        "hasMore": full,
        "hasMorePages": full,
        "copilot": None,
        "messagesAutoDeleteConfigs": [],
    }
    return Listed(answer | ({"birthdayList": []} if first else {}), -1, offset + len(items))


def is_unread(chat: Chat, user_id: int) -> bool:
    """Something new, or marked as unread by hand."""
    return bool(chat.recent[user_id].counter) or chat.recent[user_id].unread


def parse_date(text: str) -> datetime | None:
    """An ISO date, or nothing when it cannot be read (no error of its own).

    A raw `+` inside a command of a batch is a space by then: nothing, as in the portal (page batch).
    """
    try:
        parsed = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return parsed if parsed is None or parsed.tzinfo else None


def find_dialog(call: Call) -> Chat | None:
    """The chat of DIALOG_ID among the user's chats."""
    dialog_id = call.text("DIALOG_ID")
    if not dialog_id:
        raise RestFault("DIALOG_ID_EMPTY", "Dialog ID can't be empty")
    chat = call.world.chats.get(dialog_chat_id(dialog_id))
    if chat is not None:
        return chat
    other = as_int(dialog_id)
    pair = {call.user.id, other}
    return next((c for c in call.world.chats.values() if c.kind == "private" and c.members == pair), None)


def pin(call: Call) -> bool:
    """im.recent.pin: refused for open-line chats on portals since March 2026; ACTION overrides PIN."""
    chat = find_dialog(call)
    on = call.text("ACTION", call.text("PIN", "Y")) != "N"
    if chat is None or not access.has_access(chat, call.user):
        raise RestFault("ACCESS_ERROR", "You don't have access to this chat")
    if chat.kind == "lines" and call.switch("recent_pin_lines") == "forbidden":
        raise RestFault("ACCESS_ERROR", "You do not have permission to pin this chat")
    recent = chat.recent.get(call.user.id)
    if recent is None:
        return False
    pinned = sum(1 for other in own_chats(call, lines_only=False) if other.recent[call.user.id].pinned)
    if on and not recent.pinned and pinned >= PIN_LIMIT:
        return False
    recent.pinned = on
    return True


def unread(call: Call) -> bool:
    """im.recent.unread."""
    chat = find_dialog(call)
    recent = chat.recent.get(call.user.id) if chat else None
    if recent is None:
        return False
    recent.unread = call.text("ACTION", call.text("UNREAD", "Y")) != "N"
    return True


def hide(call: Call) -> bool:
    """im.recent.hide: true whatever happens; the next message brings the row back."""
    chat = find_dialog(call)
    recent = chat.recent.get(call.user.id) if chat else None
    if recent is not None:
        recent.hidden = True
    return True


METHODS = {
    "im.recent.get": Method("im", get),
    "im.recent.list": Method("im", list_rows),
    "im.recent.pin": Method("im", pin),
    "im.recent.unread": Method("im", unread),
    "im.recent.hide": Method("im", hide),
}
