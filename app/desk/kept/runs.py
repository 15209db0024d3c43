"""Stored bulk runs: the targets of one decision, so that a reload can go on where it stopped.

The rules: the targets are fixed when the run is stored. A target leaves it once anything was decided about
it; only what was not carried out stays.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from secrets import token_urlsafe

from sqlalchemy import Connection, Engine, delete, select, update

from app.desk.model import Invalid, UnknownRun
from app.openlines.actions import are_one_deed
from app.openlines.model import Result
from app.portals.model import OperatorKey
from app.storage.engine import reading
from app.storage.steps import in_steps
from app.storage.tables import run_targets, runs

MOST_RUNS = 20
"""How many runs are kept of one operator: the newest."""

_STEP = 100
_run = runs.c
_target = run_targets.c


class Runs:
    """SQL of the runs. Every query names the operator."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, key: OperatorKey, action: str, chat_ids: Sequence[int], now: datetime) -> str:
        """Store a run and return its id."""
        run = token_urlsafe(12)
        own = {"member_id": key.member_id, "user_id": key.user_id, "run": run}
        targets = [
            own | {"chat_id": chat_id, "position": position, "done": False}
            for position, chat_id in enumerate(chat_ids)
        ]
        with self._engine.begin() as conn:
            conn.execute(
                runs.insert().values(own | {"action": action, "total": len(targets), "created_at": now})
            )
            conn.execute(run_targets.insert(), targets)
            _prune(conn, key)
        return run

    def load(self, key: OperatorKey, run: str) -> tuple[str, int, list[int]]:
        """Action, total and what is left, in order. Raises `UnknownRun`."""
        with reading(self._engine) as conn:
            found = conn.execute(
                select(_run.action, _run.total).where(
                    _run.member_id == key.member_id, _run.user_id == key.user_id, _run.run == run
                )
            ).first()
            if found is None:
                raise UnknownRun(run)
            left = conn.execute(
                select(_target.chat_id)
                .where(
                    _target.member_id == key.member_id,
                    _target.user_id == key.user_id,
                    _target.run == run,
                    _target.done.is_(False),
                )
                .order_by(_target.position)
            ).scalars()
            return found.action, found.total, list(left)

    def check(self, key: OperatorKey, run: str | None, action: str, chat_ids: Collection[int]) -> None:
        """Raise `Invalid` when the stored run of this id is about another action, or not about these chats.

        Whose run is not stored (the page made its id) may act on any.
        """
        if run is None:
            return
        query = select(_run.action).where(
            _run.member_id == key.member_id, _run.user_id == key.user_id, _run.run == run
        )
        targets = select(_target.chat_id).where(
            _target.member_id == key.member_id,
            _target.user_id == key.user_id,
            _target.run == run,
            _target.chat_id.in_(chat_ids),
        )
        with reading(self._engine) as conn:
            stored = conn.execute(query).scalar()
            if stored is None:
                return
            known = set(conn.execute(targets).scalars())
        if not are_one_deed(stored, action):
            raise Invalid("run:action")
        if not known.issuperset(chat_ids):
            raise Invalid("run:chat_ids")

    def settle(self, key: OperatorKey, run: str, results: Iterable[Result]) -> bool:
        """Take off what was decided; True when this is a stored run with nothing left."""
        decided = [result.chat_id for result in results if result.outcome != "failed"]
        targets = (_target.member_id == key.member_id, _target.user_id == key.user_id, _target.run == run)
        with self._engine.begin() as conn:
            taken = conn.execute(
                update(run_targets).where(*targets, _target.chat_id.in_(decided)).values(done=True)
            ).rowcount
            left = select(_target.chat_id).where(*targets, _target.done.is_(False)).limit(1)
            return bool(taken) and conn.execute(left).first() is None

    def unfinished(self, key: OperatorKey, since: datetime) -> str | None:
        """The operator's newest run, started since then, that has something left."""
        left = (
            select(_target.chat_id)
            .where(
                _target.member_id == _run.member_id,
                _target.user_id == _run.user_id,
                _target.run == _run.run,
                _target.done.is_(False),
            )
            .exists()
        )
        query = (
            select(_run.run)
            .where(
                _run.member_id == key.member_id, _run.user_id == key.user_id, _run.created_at > since, left
            )
            .order_by(_run.created_at.desc())
            .limit(1)
        )
        with reading(self._engine) as conn:
            found: str | None = conn.execute(query).scalar()
        return found

    def drop(self, key: OperatorKey, run: str) -> None:
        """Leave nothing of a run to do. Raises `UnknownRun`."""
        self.load(key, run)
        mine = (_target.member_id == key.member_id, _target.user_id == key.user_id, _target.run == run)
        with self._engine.begin() as conn:
            conn.execute(update(run_targets).where(*mine).values(done=True))

    def purge(self, before: datetime) -> int:
        """Delete runs that were started before this moment; returns how many."""
        old = select(_run.member_id, _run.user_id, _run.run).where(_run.created_at < before).limit(_STEP)

        def step(conn: Connection) -> int:
            found = conn.execute(old).all()
            for member_id, user_id, run in found:
                _delete(conn, OperatorKey(member_id, user_id), run)
            return len(found)

        return in_steps(self._engine, step, _STEP)


def _prune(conn: Connection, key: OperatorKey) -> None:
    mine = (_run.member_id == key.member_id, _run.user_id == key.user_id)
    older = select(_run.run).where(*mine).order_by(_run.created_at.desc(), _run.run).offset(MOST_RUNS)
    for run in conn.execute(older.limit(MOST_RUNS)).scalars().all():
        _delete(conn, key, run)


def _delete(conn: Connection, key: OperatorKey, run: str) -> None:
    for table in (run_targets, runs):
        of = (table.c.member_id == key.member_id, table.c.user_id == key.user_id, table.c.run == run)
        conn.execute(delete(table).where(*of))
