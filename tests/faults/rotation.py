"""The figure of key rotation: thousands of sealed rows move to a new key while people work.

Takes the share of its full size and a stage, and returns a sentence. Raises AssertionError where a request
failed, or a secret is left under the old key or cannot be opened.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count

from sqlalchemy import Engine, insert, select
from urllib3.exceptions import HTTPError

from app.portals.model import OperatorKey
from app.portals.stores.rows import place, sealed_pair
from app.storage.crypto import Cipher, Unreadable
from app.storage.engine import make_engine, reading
from app.storage.tables import installations, operator_tokens
from tests.faults.site import OPERATOR, Site
from tests.faults.stage import Stage
from tests.faults.survival import target, write
from tests.support.frame import Frame

ROWS, DESKS = 10_000, 6
_PAUSE = 0.1  # seconds
_CLICK, _EXPIRY = 5, 10  # each of so many requests of a desk; its portal's budget allows no more
_GOOD = ("200", "done", "already")


def key_rotation(scale: float, stage: Stage) -> str:
    """10,000 rows on each store; a quick run has SQLite's only, and fewer.

    And the control: before the rotation every secret counts as left.
    """
    stores = ("sqlite", "postgresql") if scale >= 1 else ("sqlite",)
    rows = max(500, int(ROWS * scale))
    told = [f"{store} {_rotated(stage.site_on(store), rows)}" for store in stores]
    return f"{rows} sealed rows under a new key: {'; '.join(told)}"


def _rotated(site: Site, rows: int) -> str:
    desks = [site.desk() for _ in range(DESKS)]
    older = site.app.settings["TOKEN_KEYS"]
    newer = f"a-newer-key-for-the-figure-of-rotation-{rows}"
    engine = make_engine(site.database_url)
    try:
        _fill(engine, Cipher([older.partition(",")[0]]), desks[0], rows)
        found, before = _left(engine, Cipher([newer]))
        assert found > 2 * rows, f"{found} secrets in all"
        assert before == found, f"{before} of {found} are left before the rotation: the figure shows nothing"
        site.restart(TOKEN_KEYS=f"{newer},{older}")
        with _working(desks) as told:
            site.command("keys", "rotate")
            beside, over = told.copy(), time.time()
        wrong = {what: times for what, times in told.items() if what[1] not in _GOOD}
        assert not wrong, f"{wrong} of {told.total()}"
        asked = [row for desk in desks for row in desk.sandbox.requests() if row["at"] < over]
        refreshed, clicks = sum("token" in row["path"] for row in asked), beside["click", "done"]
        assert clicks, "nobody clicked meanwhile"
        assert refreshed, "no token was refreshed meanwhile"
        site.restart(TOKEN_KEYS=newer)
        found, left = _left(engine, Cipher([newer]))
        assert left == 0, f"{left} of {found} are left under the old key, or unreadable"
    finally:
        engine.dispose()
    assert write(desks[0], target(desks[0]))[1] == "done"
    return (
        f"beside {beside.total()} requests, {clicks} of them clicks, and {refreshed} refreshes: 0 failed; "
        f"{found} secrets, {before} to move before, 0 after"
    )


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
def _working(desks: list[Frame]) -> Iterator[Counter[tuple[str, str]]]:
    """Everybody reads, clicks and needs new tokens, by turns, until the block ends; what they were told."""
    ended, told, counting = threading.Event(), Counter[tuple[str, str]](), threading.Lock()
    chats = [target(desk) for desk in desks]
    for desk in desks:
        desk.sandbox.forget()

    def work(desk: Frame, chat: int, first: int) -> None:
        for number in count(first):
            if ended.is_set() and number > first + _EXPIRY:
                return
            if number % _EXPIRY == 0:
                desk.sandbox.expire_tokens(OPERATOR)
            answer = _asked(desk, chat, number)
            with counting:
                told[answer] += 1
            time.sleep(_PAUSE)

    workers = [
        threading.Thread(target=work, args=each) for each in zip(desks, chats, range(DESKS), strict=True)
    ]
    for worker in workers:
        worker.start()
    try:
        yield told
    finally:
        ended.set()
        for worker in workers:
            worker.join()


def _asked(desk: Frame, chat: int, number: int) -> tuple[str, str]:
    """One request of a desk, by its number: what it was, and how it ended."""
    kind = "read" if number % _CLICK else "click"
    try:
        if kind == "read":
            return kind, str(desk.get("/api/journal").status)
        reply = desk.act("unpin" if number // _CLICK % 2 else "pin", chat)
    except (HTTPError, OSError) as error:
        return kind, type(error).__name__
    return kind, str(reply.json()["results"][0]["outcome"] if reply.status == 200 else reply.status)


def _left(engine: Engine, cipher: Cipher) -> tuple[int, int]:
    """How many secrets there are, and how many do not open with this key."""
    with reading(engine) as conn:
        pairs = conn.execute(select(operator_tokens)).all()
        portals = conn.execute(select(installations)).all()
    secrets = [
        (getattr(row, column), place(OperatorKey(row.member_id, row.user_id), column))
        for row in pairs
        for column in ("access_sealed", "refresh_sealed")
    ]
    secrets += [
        (row.application_token_sealed, ("installations", row.member_id, 0, "application_token_sealed"))
        for row in portals
        if row.application_token_sealed
    ]
    assert len(secrets) > 2 * len(pairs), "application tokens, too"
    return len(secrets), sum(not _opens(cipher, sealed, where) for sealed, where in secrets)


def _opens(cipher: Cipher, sealed: bytes, where: tuple[str | int, ...]) -> bool:
    try:
        return bool(cipher.open(sealed, *where))
    except Unreadable:
        return False
