"""Waiting times and last human texts: what a list alone cannot tell, carried from one list to the next.

Pinning and silencing post system messages, so neither "how long does the client wait" nor "what was said
last" may be read from the last message alone (page imopenlines.session.mode.pin).
"""

from datetime import datetime, timedelta

import msgspec

from app.openlines.model import Author, Dialog, LastMessage

_SEEN_EVERY = timedelta(days=1)
_FIRST_REPLY_OUTSTANDING = 25  # below it nobody has answered in this session yet
_WAITING = (20, 25)


class Memory(msgspec.Struct, frozen=True):
    """What is known of one open-line session; the `human_*` fields are its last human message."""

    seen_at: datetime
    waiting_since: datetime | None = None
    human_text: str | None = None
    human_at: datetime | None = None
    human_author_id: int | None = None
    human_author_name: str | None = None
    human_is_client: bool | None = None


def advance(
    old: Memory | None, dialog: Dialog, *, author_id: int, began: datetime | None, now: datetime
) -> Memory:
    """What to know after seeing `dialog` now; equal to `old` when nothing is new.

    Waiting starts when a session is first seen queued or at status 20 or 25, goes on through status 10
    (taken, not answered) and ends with an operator's message.
    """
    seen_at = old.seen_at if old and now - old.seen_at < _SEEN_EVERY else now
    base = msgspec.structs.replace(old, seen_at=seen_at) if old else Memory(seen_at=seen_at)
    said = dialog.last_message
    if said is not None and said.author != "system":
        base = msgspec.structs.replace(
            base,
            human_text=said.text,
            human_at=said.at,
            human_author_id=author_id,
            human_author_name=said.author_name,
            human_is_client=said.author == "client",
        )
    since = _waiting_since(base, dialog, began, now)
    return base if since == base.waiting_since else msgspec.structs.replace(base, waiting_since=since)


def _waiting_since(memory: Memory, dialog: Dialog, began: datetime | None, now: datetime) -> datetime | None:
    if dialog.stage == "work" and dialog.status not in _WAITING:
        return memory.waiting_since
    if dialog.stage not in ("queue", "work"):
        return None
    return memory.waiting_since or min(_first_wait(memory, dialog, began, now), now)


def _first_wait(memory: Memory, dialog: Dialog, began: datetime | None, now: datetime) -> datetime:
    """The client's last message where it is known, else the session's start while nobody has answered."""
    if memory.human_is_client and memory.human_at is not None:
        return memory.human_at
    return began if began is not None and dialog.status < _FIRST_REPLY_OUTSTANDING else now


def recall(dialog: Dialog, memory: Memory, my_id: int) -> LastMessage | None:
    """The last message to show: the last human text that is known, over a system message."""
    shown = dialog.last_message
    if memory.human_at is None or (shown is not None and shown.author != "system"):
        return shown
    return LastMessage(
        text=memory.human_text or "",
        at=memory.human_at,
        author=_author(memory, my_id),
        author_name=memory.human_author_name,
    )


def _author(memory: Memory, my_id: int) -> Author:
    if memory.human_is_client:
        return "client"
    return "me" if memory.human_author_id == my_id else "operator"
