"""The figure of key rotation: thousands of sealed rows move to a new key while people work.

Takes the share of its full size and a stage, and returns a sentence. Raises AssertionError where a request
failed, or a row is left under the old key or cannot be opened.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Engine, insert, select

from app.portals.model import OperatorKey
from app.portals.stores.rows import place, sealed_pair
from app.storage.crypto import Cipher
from app.storage.engine import make_engine, reading
from app.storage.tables import operator_tokens
from tests.faults.site import Site
from tests.faults.stage import Stage
from tests.faults.survival import target, write
from tests.support.frame import Frame

ROWS, DESKS = 10_000, 6
_CLICKS = 20  # of each desk; more would not fit into the budget of its portal
_PAUSE = 0.05  # seconds


def key_rotation(scale: float, stage: Stage) -> str:
    """10,000 rows on each store; a quick run has SQLite's only, and fewer."""
    stores = ("sqlite", "postgresql") if scale >= 1 else ("sqlite",)
    rows = max(500, int(ROWS * scale))
    told = [f"{store} {_rotated(stage.site_on(store), rows)}" for store in stores]
    return (
        f"{rows} sealed rows under a new key: {', '.join(told)}; 0 failed, 0 unreadable, 0 under the old key"
    )


def _rotated(site: Site, rows: int) -> str:
    desks = [site.desk() for _ in range(DESKS)]
    older = site.app.settings["TOKEN_KEYS"]
    newer = f"a-newer-key-for-the-figure-of-rotation-{rows}"
    engine = make_engine(site.database_url)
    try:
        _fill(engine, Cipher([older.partition(",")[0]]), desks[0], rows)
        site.restart(TOKEN_KEYS=f"{newer},{older}")
        with _working(desks) as statuses:
            site.command("keys", "rotate")
        failed = [status for status in statuses if status != 200]
        assert failed == [], f"{len(failed)} of {len(statuses)} requests failed: {failed[:5]}"
        assert len(statuses) > DESKS, "people worked meanwhile"
        site.restart(TOKEN_KEYS=newer)
        _check(engine, Cipher([newer]), rows)
    finally:
        engine.dispose()
    assert write(desks[0], target(desks[0]))[1] == "done"
    return f"beside {len(statuses)} requests"


def _fill(engine: Engine, cipher: Cipher, desk: Frame, rows: int) -> None:
    """Tokens of so many more people of one portal."""
    with reading(engine) as conn:
        mine = operator_tokens.c.member_id == desk.fields["member_id"]
        pattern = dict(conn.execute(select(operator_tokens).where(mine)).mappings().first() or {})
    now = datetime.now(UTC)
    people = [OperatorKey(desk.fields["member_id"], 100_000 + number) for number in range(rows)]
    made = [
        {**pattern, "user_id": key.user_id, **sealed_pair(cipher, key, f"a{key.user_id}", f"r{now:%s}")}
        for key in people
    ]
    with engine.begin() as conn:
        conn.execute(insert(operator_tokens), made)


@contextmanager
def _working(desks: list[Frame]) -> Iterator[list[int]]:
    """Everybody reads and clicks until the block ends; the statuses of all answers."""
    ended, statuses = threading.Event(), list[int]()
    chats = [target(desk) for desk in desks]

    def work(desk: Frame, chat: int) -> None:
        number = 0
        while not ended.wait(_PAUSE) or number == 0:
            click = number < _CLICKS
            statuses.append((desk.get(f"/api/dialogs/{chat}") if click else desk.get("/api/journal")).status)
            number += 1

    workers = [threading.Thread(target=work, args=each) for each in zip(desks, chats, strict=True)]
    for worker in workers:
        worker.start()
    try:
        yield statuses
    finally:
        ended.set()
        for worker in workers:
            worker.join()


def _check(engine: Engine, cipher: Cipher, rows: int) -> None:
    """Every row opens with the new key alone."""
    with reading(engine) as conn:
        found = conn.execute(select(operator_tokens)).all()
    assert len(found) > rows
    for row in found:
        key = OperatorKey(row.member_id, row.user_id)
        for column in ("access_sealed", "refresh_sealed"):
            sealed = getattr(row, column)
            assert sealed.startswith(cipher.head), "left under the old key"
            assert cipher.open(sealed, *place(key, column))
