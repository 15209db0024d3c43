"""The operator's top: an order of our own, true whether or not the portal pins the chat in its list as well.

Since 2026 portals refuse im.recent.pin for open-line chats; older ones allow up to 45 (page im.recent.pin).
A dialog that is taken from the top keeps its old rank as a negative number, for the way back.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.bitrix24.batch import MAX_COMMANDS, Command
from app.bitrix24.errors import AccessDenied
from app.desk.actions.acting import Done
from app.desk.actions.results import absent, key_of, make_result
from app.desk.actions.sending import Sender
from app.desk.listing.ages import MISSING_SECONDS, TRUSTED_SECONDS
from app.desk.listing.known import Known
from app.desk.listing.lists import Lists
from app.openlines.actions import Action, setting
from app.openlines.model import Dialog, Result
from app.openlines.outcomes import Verdict
from app.portals.model import Operator, OperatorKey
from app.portals.stores.capabilities import CapabilityStore
from app.storage.engine import upsert
from app.storage.tables import top_dialogs

PUT_ON_TOP = setting("top", on=True)
HERE_ONLY = "here_only"
MOST_TOP = 1000
_LOG = logging.getLogger(__name__)
_KEY = ["member_id", "user_id", "chat_id"]
_top = top_dialogs.c


class Top:
    """Puts dialogs on top, takes them away, orders them."""

    def __init__(
        self,
        engine: Engine,
        capabilities: CapabilityStore,
        lists: Lists,
        sender: Sender,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._capabilities = capabilities
        self._lists = lists
        self._sender = sender
        self._clock = clock

    def carry_out(
        self, operator: Operator, action: Action, chat_ids: Sequence[int], until: float, *, back: bool = False
    ) -> Done:
        """Top or untop; the caller holds the turn. `back`: an undo, which restores the former ranks.

        The portal is asked until `until` at most, by the monotonic clock. Always done where the dialog is
        listed; raises BitrixError only when no list is known at all.
        """
        known = self._list(operator, chat_ids, until)
        rows, results = known.by_chat(), {}
        changing: list[Dialog] = []
        for chat_id in dict.fromkeys(chat_ids):
            row = rows.get(chat_id)
            if row is None:
                results[chat_id] = absent(action, known, chat_id, None)
            elif action.wanted(row):
                results[chat_id] = make_result(chat_id, row, row, Verdict("already"))
            else:
                changing.append(row)
        if changing:
            self._store_ranks(operator.key, action, changing, known, back=back)
            results |= self._tell(operator, action, changing, until)
            known = self._lists.redress(
                operator, self._lists.known.get(operator) or known, [row.chat_id for row in changing]
            )
        return Done([results[chat_id] for chat_id in dict.fromkeys(chat_ids)], known)

    def set_order(self, operator: Operator, chat_ids: Sequence[int], until: float) -> Done:
        """Put these dialogs first in the top, in this order; the caller holds the turn.

        What is on top already and not named follows in its own order: nothing is taken away. Those that are
        not listed are left out. The results are of the dialogs that were not on top before. Raises as
        `carry_out` does.
        """
        rows = self._list(operator, chat_ids, until).by_chat()
        wanted = [chat_id for chat_id in chat_ids if chat_id in rows]
        new = [chat_id for chat_id in wanted if not rows[chat_id].top]
        results = self.carry_out(operator, PUT_ON_TOP, new, until).results if new else []
        with self._engine.begin() as conn:
            changed = _reorder(conn, operator.key, wanted)
        known = self._list(operator, chat_ids, until)
        return Done(results, self._lists.redress(operator, known, changed))

    def _list(self, operator: Operator, chat_ids: Iterable[int], until: float) -> Known:
        """A list to go by: any that is known, rather than none, since the top is ours."""
        known = self._lists.known.get(operator)
        missing = known is None or not known.by_chat().keys() >= set(chat_ids)
        wait = MISSING_SECONDS if missing else TRUSTED_SECONDS
        return self._lists.get(operator, max_age=wait, seconds=until - time.monotonic()).known

    def _store_ranks(
        self, key: OperatorKey, action: Action, dialogs: Sequence[Dialog], known: Known, *, back: bool
    ) -> None:
        with self._engine.begin() as conn:
            if not action.on:
                chosen = _top.chat_id.in_([row.chat_id for row in dialogs])
                conn.execute(
                    update(top_dialogs).where(*_mine(key), chosen, _top.rank > 0).values(rank=-_top.rank)
                )
                return
            restored = _restore(conn, key, dialogs) if back else set()
            new = [row for row in dialogs if row.chat_id not in restored]
            last = conn.execute(select(func.max(_top.rank)).where(*_mine(key))).scalar() or 0
            upsert(conn, top_dialogs, _rows(key, new, max(last, 0) + 1), _KEY)
            _prune(conn, key, known)

    def _tell(
        self, operator: Operator, action: Action, dialogs: Sequence[Dialog], until: float
    ) -> dict[int, Result]:
        """Pin the chats in the portal's list too, where it lets us; whatever it says, it is done here."""
        pinned: set[int] = set()
        installation = self._lists.asking.installation(operator)
        if installation is not None and installation.pins_recent is not False:
            pinned = self._pin_there(operator, action, dialogs, until)
        return {
            row.chat_id: make_result(
                row.chat_id, row, row, Verdict("done", None if row.chat_id in pinned else HERE_ONLY)
            )
            for row in dialogs
        }

    def _pin_there(
        self, operator: Operator, action: Action, dialogs: Sequence[Dialog], until: float
    ) -> set[int]:
        """The chats that the portal took, in as many requests as it takes; it is asked until it says no."""
        pinned: set[int] = set()
        left = list(dialogs)
        while left:
            room = MAX_COMMANDS - len(self._lists.asking.commands(operator))
            part, left = left[:room], left[room:]
            taken = self._pin_part(operator, action, part, until)
            if taken is None:
                break
            pinned |= taken
        return pinned

    def _pin_part(
        self, operator: Operator, action: Action, part: Sequence[Dialog], until: float
    ) -> set[int] | None:
        """The chats of one request that the portal took; None when it took none and is not asked again."""
        writes = [Command(key_of(row.chat_id), *action.command(row.chat_id)) for row in part]
        answer = self._sender.send(operator, writes, until, touched=[row.chat_id for row in part]).answer
        if answer is None:
            return None
        pinned = {row.chat_id for row in part if _is_true(answer.results.get(key_of(row.chat_id)))}
        denied = any(isinstance(error, AccessDenied) for error in answer.errors.values())
        if pinned or denied:
            self._learn(operator, bool(pinned))
        return None if denied and not pinned else pinned

    def _learn(self, operator: Operator, allowed: bool) -> None:
        try:
            self._capabilities.learn_recent_pin(operator.member_id, allowed)
        except SQLAlchemyError:
            _LOG.exception("what a portal allows could not be stored")


def _mine(key: OperatorKey) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _top.member_id == key.member_id, _top.user_id == key.user_id


def _rows(key: OperatorKey, dialogs: Sequence[Dialog], first: int) -> list[dict[str, object]]:
    return [
        {
            "member_id": key.member_id,
            "user_id": key.user_id,
            "chat_id": row.chat_id,
            "session_id": row.session_id,
            "rank": rank,
        }
        for rank, row in enumerate(dialogs, first)
    ]


def _reorder(conn: Connection, key: OperatorKey, first: Sequence[int]) -> list[int]:
    """Rank these chats first, the others of the top behind them as they are; returns all of them."""
    query = select(top_dialogs).where(*_mine(key), _top.rank > 0).order_by(_top.rank)
    kept = {row.chat_id: row._asdict() for row in conn.execute(query)}
    order = [chat_id for chat_id in dict.fromkeys([*first, *kept]) if chat_id in kept]
    rows = [kept[chat_id] | {"rank": rank} for rank, chat_id in enumerate(order, 1)]
    upsert(conn, top_dialogs, rows, _KEY)
    return order


def _restore(conn: Connection, key: OperatorKey, dialogs: Sequence[Dialog]) -> set[int]:
    """Give dialogs of the same session their former rank back; returns their chats."""
    query = select(_top.chat_id, _top.session_id).where(
        *_mine(key), _top.rank < 0, _top.chat_id.in_([row.chat_id for row in dialogs])
    )
    taken = dict(conn.execute(query).all())
    found = {row.chat_id for row in dialogs if taken.get(row.chat_id) == row.session_id}
    conn.execute(
        update(top_dialogs).where(*_mine(key), _top.rank < 0, _top.chat_id.in_(found)).values(rank=-_top.rank)
    )
    return found


def _prune(conn: Connection, key: OperatorKey, known: Known) -> None:
    """Forget dialogs that have left the list once there are more rows than anybody has dialogs."""
    count = conn.execute(select(func.count()).select_from(top_dialogs).where(*_mine(key))).scalar() or 0
    if count > MOST_TOP:
        listed = [dialog.chat_id for dialog in known.dialogs]
        conn.execute(delete(top_dialogs).where(*_mine(key), _top.chat_id.not_in(listed)))


def _is_true(raw: msgspec.Raw | None) -> bool:
    """`false` means that 45 chats are pinned already, or that the chat has no row in the list."""
    return raw is not None and bytes(raw).strip() == b"true"
