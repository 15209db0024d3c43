"""What we know of dialogs beside the portal, read for a whole list at once: top, silent marks, memory.

Every query names the portal, and all but the memory of sessions (which is the portal's) the operator too.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, cast, null, select, union_all, update

from app.openlines.memory import Memory
from app.openlines.model import Dialog
from app.openlines.silence import Mark
from app.portals.model import OperatorKey
from app.storage.engine import upsert
from app.storage.tables import dialog_memory, silent_marks, top_dialogs

_MOST_IN_ONE_QUERY = 500
_ROOMS = (8, 64, _MOST_IN_ONE_QUERY)
"""Places for session ids in a statement: few sizes, so that each statement is made once."""

_MEMORY = tuple(
    dialog_memory.c[name]
    for name in (
        *("seen_at", "waiting_since", "human_text", "human_at", "human_author_id", "human_author_name"),
        "human_is_client",
    )
)
_A_MARK = (silent_marks.c.silent, silent_marks.c.at, silent_marks.c.unseen)
_A_RANK = (top_dialogs.c.chat_id, top_dialogs.c.rank)
_MARKS = select(silent_marks.c.session_id, *_A_MARK).where(
    silent_marks.c.member_id == bindparam("member_id"), silent_marks.c.user_id == bindparam("user_id")
)
_RANKS = select(top_dialogs.c.chat_id, top_dialogs.c.session_id, top_dialogs.c.rank).where(
    top_dialogs.c.member_id == bindparam("member_id"),
    top_dialogs.c.user_id == bindparam("user_id"),
    top_dialogs.c.rank > 0,
)


def _nothing(columns: Iterable[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [cast(null(), column.type) for column in columns]


_MARKS_AND_RANKS = (
    _MARKS.add_columns(*_nothing(_A_RANK), *_nothing(_MEMORY)),
    _RANKS.with_only_columns(top_dialogs.c.session_id, *_nothing(_A_MARK), *_A_RANK, *_nothing(_MEMORY)),
)


@lru_cache(maxsize=len(_ROOMS) + 1)
def _everything(room: int) -> Any:
    """The statement for marks, ranks and the memories of `room` sessions, whose ids are `s0`, `s1`, …"""
    if not room:
        return union_all(*_MARKS_AND_RANKS)
    names: list[ColumnElement[int]] = [bindparam(f"s{number}") for number in range(room)]
    memories = select(dialog_memory.c.session_id, *_nothing(_A_MARK), *_nothing(_A_RANK), *_MEMORY).where(
        dialog_memory.c.member_id == bindparam("member_id"), dialog_memory.c.session_id.in_(names)
    )
    return union_all(*_MARKS_AND_RANKS, memories)


@dataclass(frozen=True, slots=True)
class Details:
    """`marks` and `memories` go by session id, `ranks` by (chat id, session id)."""

    marks: dict[int, Mark]
    ranks: dict[tuple[int, int], int]
    memories: dict[int, Memory]


def load_details(conn: Connection, key: OperatorKey, session_ids: Iterable[int] = ()) -> Details:
    """Everything for one list; memories only of `session_ids`."""
    found = Details({}, {}, {})
    wanted = list(session_ids)
    for start in range(0, len(wanted) or 1, _MOST_IN_ONE_QUERY):
        _load(conn, key, wanted[start : start + _MOST_IN_ONE_QUERY], found)
    return found


def _load(conn: Connection, key: OperatorKey, session_ids: list[int], found: Details) -> None:
    room = next(size for size in (0, *_ROOMS) if size >= len(session_ids))
    filled = session_ids + [0] * (room - len(session_ids))  # no session has the id 0
    ids = {f"s{number}": session_id for number, session_id in enumerate(filled)}
    rows = conn.execute(_everything(room), {"member_id": key.member_id, "user_id": key.user_id, **ids})
    for session_id, silent, at, unseen, chat_id, rank, seen_at, *memory in rows:
        if seen_at is not None:
            found.memories[session_id] = Memory(seen_at, *memory)
        elif rank is None:
            found.marks[session_id] = Mark(silent, at, unseen)
        else:
            found.ranks[chat_id, session_id] = rank


def load_marks(conn: Connection, key: OperatorKey) -> dict[int, Mark]:
    """What the operator set silent here, by session."""
    found = conn.execute(_MARKS, {"member_id": key.member_id, "user_id": key.user_id})
    return {session_id: Mark(silent, at, unseen) for session_id, silent, at, unseen in found}


def save_marks(
    conn: Connection, key: OperatorKey, dialogs: Iterable[Dialog], silent: bool, at: datetime
) -> None:
    """Note that the portal accepted "silent" (or its end) for these dialogs.

    Rows without a session have no mark: it would be shared by all of them.
    """
    rows = [
        {
            "member_id": key.member_id,
            "user_id": key.user_id,
            "session_id": dialog.session_id,
            "chat_id": dialog.chat_id,
            "silent": silent,
            "at": at,
            "next_try": None,
            "unseen": False,
        }
        for dialog in dialogs
        if dialog.session_id > 0
    ]
    upsert(conn, silent_marks, rows, ["member_id", "user_id", "session_id"])


def note_unseen(conn: Connection, key: OperatorKey, session_ids: Collection[int], unseen: bool) -> None:
    """Note of the operator's marks "silent" in these sessions that no list shows them, or that one does."""
    mark = silent_marks.c
    mine = (mark.member_id == key.member_id, mark.user_id == key.user_id, mark.silent)
    chosen = update(silent_marks).where(*mine, mark.session_id.in_(session_ids))
    conn.execute(chosen.values(unseen=unseen))


def load_ranks(conn: Connection, key: OperatorKey) -> dict[tuple[int, int], int]:
    """The operator's top: a dialog belongs to it until its session ends. Ranks below 1 were taken away."""
    found = conn.execute(_RANKS, {"member_id": key.member_id, "user_id": key.user_id})
    return {(chat_id, session_id): rank for chat_id, session_id, rank in found}


def places(dialogs: Iterable[Dialog], ranks: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """The place of each dialog of the top by chat, 1 is first; the stored ranks may have gaps."""
    if not ranks:
        return {}
    keys = [(dialog.chat_id, dialog.session_id) for dialog in dialogs]
    listed = sorted((ranks[key], key[0]) for key in keys if key in ranks)
    return {chat_id: place for place, (_, chat_id) in enumerate(listed, 1)}


def apply_ranks(dialogs: Sequence[Dialog], ranks: Mapping[tuple[int, int], int]) -> list[Dialog]:
    """The dialogs with `top` and `top_rank` as the stored ranks say."""
    by_chat = places(dialogs, ranks)
    return [_placed(dialog, by_chat.get(dialog.chat_id)) for dialog in dialogs]


def _placed(dialog: Dialog, place: int | None) -> Dialog:
    if dialog.top_rank == place:
        return dialog
    return msgspec.structs.replace(dialog, top=place is not None, top_rank=place)


def carry_over(dialogs: Iterable[Dialog], before: Mapping[int, Dialog]) -> list[Dialog]:
    """Bare dialogs with what we knew of them in the list `before`, by chat; for when nothing can be read."""
    return [_carried(bare, before.get(bare.chat_id)) for bare in dialogs]


def _carried(bare: Dialog, old: Dialog | None) -> Dialog:
    if old is None or old.session_id != bare.session_id:
        return msgspec.structs.replace(bare, silent_source="portal" if bare.silent else None)
    said = bare.silent or old.silent
    return msgspec.structs.replace(
        bare,
        top=old.top,
        top_rank=old.top_rank,
        silent=said,
        silent_source=old.silent_source or ("portal" if said else None),
        silent_since=old.silent_since,
        waiting_since=old.waiting_since,
        last_message=bare.last_message or old.last_message,
    )


def save_memories(conn: Connection, member_id: str, memories: Mapping[int, Memory]) -> None:
    """Store what is new about sessions of the portal."""
    rows = [
        {"member_id": member_id, "session_id": session_id, **msgspec.structs.asdict(memory)}
        for session_id, memory in sorted(memories.items())
    ]
    upsert(conn, dialog_memory, rows, ["member_id", "session_id"])
