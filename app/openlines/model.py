"""What the desk shows and what an action leaves behind. These shapes go to the page as JSON unchanged."""

from datetime import datetime
from typing import Literal

import msgspec

Stage = Literal["queue", "work", "answered", "closing"]
Author = Literal["client", "operator", "me", "system"]
LeftCode = Literal["requeued", "closed", "taken", "unknown"]
Outcome = Literal["done", "already", "unconfirmed", "gone", "refused", "unsupported", "failed"]


class Person(msgspec.Struct, frozen=True, gc=False):
    """An employee of the portal; `name` is None while nobody told it."""

    user_id: int
    name: str | None = None


class CrmLink(msgspec.Struct, frozen=True, gc=False):
    """A bound CRM entity: type is `lead`, `deal`, `contact` or `company`."""

    type: str
    id: int


class LastMessage(msgspec.Struct, frozen=True, gc=False):
    """The last human message that is known of the dialog, as plain text."""

    text: str
    at: datetime
    author: Author
    author_name: str | None = None


class Dialog(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """One open-channel dialog of one operator, read from one listing row; lists share it.

    `session_id` is the open-line session (`lines.id`), `pinned` the session's PAUSE flag (stays with the
    operator), `top` the operator's own order in Pinline, `silent` None where nobody can know.
    """

    chat_id: int
    dialog_id: str
    session_id: int
    status: int
    stage: Stage
    title: str
    client_name: str
    client_user_id: int
    line_id: int
    line_name: str
    connector: str
    mine: bool
    responsible: Person | None
    pinned: bool
    silent: bool | None
    silent_source: Literal["portal", "here"] | None = None
    silent_since: datetime | None = None
    top: bool = False
    top_rank: int | None = None
    unread: int = 0
    last_message: LastMessage | None = None
    waiting_since: datetime | None = None
    reply_until: datetime | None = None
    reply_closed: bool = False
    reply_block_reason: str | None = None
    crm: list[CrmLink] = []
    open_url: str = ""


class Result(msgspec.Struct, kw_only=True):
    """What became of one action on one dialog. `code` is the portal's or ours, `message` is for a person."""

    chat_id: int
    session_id: int
    client_name: str
    outcome: Outcome
    code: str | None = None
    message: str = ""


class Undo(msgspec.Struct, frozen=True):
    """A way back that still exists; `id` goes into POST /api/undo/<id>."""

    id: str
    count: int
    expires_at: datetime


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something about the whole list that a person should know (`portal_busy`, `rows_skipped`, …)."""

    code: str
    message: str
    count: int = 0


class Left(msgspec.Struct, kw_only=True, frozen=True):
    """A dialog that has just left the operator's list, and why as far as the portal tells it."""

    chat_id: int
    session_id: int
    client_name: str
    code: LeftCode
    at: datetime


class Listing(msgspec.Struct, kw_only=True):
    """The operator's open dialogs as of one moment; `stale` when the portal could not be asked again."""

    as_of: datetime
    stale: bool
    operator: Person
    dialogs: list[Dialog]
    notices: list[Notice] = []
    left: list[Left] = []


class ActionAnswer(msgspec.Struct, kw_only=True):
    """The answer of an action or an undo (its routes: `app/web/api.py`)."""

    action: str
    run: str | None
    results: list[Result]
    dialogs: list[Dialog]
    undo: Undo | None
    as_of: datetime


class Entry(msgspec.Struct, kw_only=True):
    """One journal entry: a click, or all requests of one bulk run. `by` is a colleague, None is oneself;
    `undoes` is the entry that it took back."""

    id: str
    run: str | None
    at: datetime
    action: str
    source: str
    results: list[Result]
    undo: Undo | None
    by: Person | None = None
    undoes: str | None = None


class Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One message of a dialog, for the side panel; `bb` is the text with the codes that the panel shows."""

    id: int
    at: datetime
    author: Author
    author_name: str | None
    text: str
    bb: str | None = None


class Card(msgspec.Struct, kw_only=True):
    """What the side panel and the sidebar card show of one dialog. Reading it marks nothing as read."""

    dialog: Dialog
    messages: list[Message]
    journal: list[Entry]
    as_of: datetime
