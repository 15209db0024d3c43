"""Snapshots of "my desk": which dialogs were pinned and which stood on top, to be put back later.

The rule: a snapshot changes nothing by itself; it says what is missing and what would have to be done.
"""

from collections.abc import Callable
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Engine, Row, delete, func, select

from app.desk.kept.views import Name
from app.desk.listing.ages import TRUSTED_SECONDS
from app.desk.listing.lists import SHARED_SECONDS, Lists
from app.desk.model import NotKept, TooMany
from app.openlines.model import Dialog
from app.portals.model import Operator, OperatorKey
from app.storage.engine import reading
from app.storage.tables import snapshots

MOST_SNAPSHOTS = 20
_snapshot = snapshots.c


class SnapshotName(msgspec.Struct, forbid_unknown_fields=True):
    """What a person says of a new snapshot."""

    name: Name


class Snapshot(msgspec.Struct, kw_only=True):
    """A snapshot in a list of them; `pinned` and `top` count its dialogs."""

    id: str
    name: str
    at: datetime
    pinned: int
    top: int


class Missing(msgspec.Struct):
    """A dialog of the snapshot that is not in the list any more."""

    chat_id: int
    client_name: str


class Restoring(msgspec.Struct, kw_only=True):
    """What restoring takes: chats to pin, the top in its order, and what cannot come back."""

    id: str
    name: str
    at: datetime
    pin: list[int]
    top: list[int]
    missing: list[Missing]


class _SnapshotDialog(msgspec.Struct, omit_defaults=True):
    """One dialog in a stored snapshot."""

    chat_id: int
    client_name: str
    pinned: bool = False
    top_rank: int | None = None


class Snapshots:
    """Takes and compares snapshots. Every query names the operator."""

    def __init__(self, engine: Engine, lists: Lists, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._lists = lists
        self._clock = clock

    def load(self, operator: Operator) -> list[Snapshot]:
        """The operator's snapshots, newest first."""
        query = select(snapshots).where(*_mine(operator.key)).order_by(_snapshot.at.desc())
        with reading(self._engine) as conn:
            return [_summary(row) for row in conn.execute(query).all()]

    def take(self, operator: Operator, name: str) -> Snapshot:
        """Keep what is pinned and on top now. Raises `TooMany`, and BitrixError when no list can be had."""
        known = self._lists.get(operator, max_age=TRUSTED_SECONDS).known
        row = {
            "member_id": operator.member_id,
            "user_id": operator.user_id,
            "snapshot_id": token_urlsafe(9),
            "name": name.strip(),
            "at": self._clock(),
            "dialogs": [msgspec.to_builtins(_keep(row)) for row in known.dialogs if _counts(row)],
        }
        with self._engine.begin() as conn:
            count = select(func.count()).select_from(snapshots).where(*_mine(operator.key))
            if (conn.execute(count).scalar() or 0) >= MOST_SNAPSHOTS:
                raise TooMany("snapshots")
            conn.execute(snapshots.insert().values(row))
            return _summary(conn.execute(_one(operator.key, row["snapshot_id"])).one())

    def compare(self, operator: Operator, snapshot_id: str) -> Restoring:
        """Hold a snapshot against the list of now. Raises `NotKept` and BitrixError."""
        with reading(self._engine) as conn:
            found = conn.execute(_one(operator.key, snapshot_id)).first()
        if found is None:
            raise NotKept(snapshot_id)
        listed = self._lists.get(operator, max_age=SHARED_SECONDS).known.by_chat()
        kept = _dialogs(found)
        ranked = sorted(
            (row.top_rank, row.chat_id) for row in kept if row.top_rank is not None and row.chat_id in listed
        )
        return Restoring(
            id=found.snapshot_id,
            name=found.name,
            at=found.at,
            pin=[row.chat_id for row in kept if row.pinned and _can_pin(listed.get(row.chat_id))],
            top=[chat_id for _, chat_id in ranked],
            missing=[Missing(row.chat_id, row.client_name) for row in kept if row.chat_id not in listed],
        )

    def delete(self, operator: Operator, snapshot_id: str) -> None:
        """Forget a snapshot. Raises `NotKept`."""
        chosen = (*_mine(operator.key), _snapshot.snapshot_id == snapshot_id)
        with self._engine.begin() as conn:
            if not conn.execute(delete(snapshots).where(*chosen)).rowcount:
                raise NotKept(snapshot_id)


def _mine(key: OperatorKey) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _snapshot.member_id == key.member_id, _snapshot.user_id == key.user_id


def _one(key: OperatorKey, snapshot_id: object) -> Any:
    return select(snapshots).where(*_mine(key), _snapshot.snapshot_id == snapshot_id)


def _counts(dialog: Dialog) -> bool:
    return dialog.top or (dialog.mine and dialog.pinned)


def _keep(dialog: Dialog) -> _SnapshotDialog:
    return _SnapshotDialog(dialog.chat_id, dialog.client_name, dialog.mine and dialog.pinned, dialog.top_rank)


def _can_pin(dialog: Dialog | None) -> bool:
    return dialog is not None and dialog.mine and not dialog.pinned and dialog.stage != "closing"


def _dialogs(row: Row[Any]) -> list[_SnapshotDialog]:
    return msgspec.convert(row.dialogs, list[_SnapshotDialog])


def _summary(row: Row[Any]) -> Snapshot:
    kept = _dialogs(row)
    return Snapshot(
        id=row.snapshot_id,
        name=row.name,
        at=row.at,
        pinned=sum(dialog.pinned for dialog in kept),
        top=sum(dialog.top_rank is not None for dialog in kept),
    )
