"""Kept events that another release has left: what can be read is applied, the rest stops none behind it."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.bitrix24.params import EventParams
from app.portals import event_backlog
from app.portals.stores import event_queue as event_queue_module
from app.portals.stores.event_marks import written
from app.storage.crypto import Cipher
from app.storage.engine import reading
from app.storage.spool import Spool
from app.storage.tables import event_queue
from tests.unit.portals.conftest import KEY, Room
from tests.unit.portals.test_events import event, waiting

Reader = Callable[[str], EventParams | None]
UNREADABLE = ["[]", "{}", "half a li", json.dumps({**json.loads(written(event())), "ts": "x"})]


def of_another_release(kept: EventParams) -> str:
    """The event as a release writes it that knows fields which we do not."""
    return json.dumps({**json.loads(written(kept)), "refresh_token": "canary-refresh", "later": [1]})


def as_it_was(text: str) -> EventParams:
    """Reading that bears no other field: the control."""
    return EventParams(**json.loads(text))


def leave(folder: Path, number: int, *texts: str) -> None:
    """A file of a process that is gone."""
    made = folder / f"made-{number}"
    spool = Spool(made, Cipher([KEY]))
    for text in texts:
        spool.put(text)
    (folder / "spool").mkdir(exist_ok=True)
    (file,) = made.iterdir()
    file.rename(folder / "spool" / f"{number}-left.spool")
    assert spool._file is not None
    spool._file.remove()


@pytest.fixture(params=[True, False])
def tolerant(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether events are read as they are, or as the control does."""
    if not request.param:
        monkeypatch.setattr(event_backlog, "read", as_it_was)
        monkeypatch.setattr(event_queue_module, "read", as_it_was)
    return bool(request.param)


def test_files_behind_one_of_another_shape_are_reached(room: Room, tmp_path: Path, tolerant: bool) -> None:
    room.installed()
    update_event = event("ONAPPUPDATE", data={"VERSION": "9"})
    leave(tmp_path, 1, *UNREADABLE, of_another_release(update_event))
    leave(tmp_path, 2, written(event()))
    if tolerant:
        assert room.events.drain() == len(UNREADABLE) + 2
    else:
        with pytest.raises((TypeError, ValueError)):
            room.events.drain()
    known = room.portals.installations.find("m1")
    assert known is not None
    assert (known.version, known.active) == (("9", False) if tolerant else ("1", True))
    assert len(list((tmp_path / "spool").iterdir())) == (0 if tolerant else 2)


def test_one_field_more_is_enough_for_the_control(room: Room, tmp_path: Path, tolerant: bool) -> None:
    room.installed()
    leave(tmp_path, 1, of_another_release(event()))
    if tolerant:
        assert room.events.drain() == 1
    else:
        with pytest.raises(TypeError, match="unexpected keyword"):
            room.events.drain()


@pytest.mark.parametrize("readable", [True, False])
def test_what_waits_for_its_proof_in_another_shape_stops_nobody(
    room: Room, tolerant: bool, readable: bool
) -> None:
    """Another release knows the same event by another mark, too."""
    room.installed()
    tokens = [room.pretend.pair(1)[0] for _ in range(2)]
    first = event("ONAPPINSTALL", "first-token", access_token=tokens[0])
    room.events.accept(first)
    room.events.accept(event("ONAPPINSTALL", "second-token", access_token=tokens[1]))
    with reading(room.engine) as conn:
        row = conn.execute(select(event_queue).order_by(event_queue.c.id)).first()
    assert row is not None
    text = of_another_release(first) if readable else "{}"
    mark = sha256(text.encode()).hexdigest()
    left = {"fingerprint": mark, "payload_sealed": Cipher([KEY]).seal(text, "event_queue", mark)}
    with room.engine.begin() as conn:
        conn.execute(update(event_queue).where(event_queue.c.id == row.id).values(left))
    if tolerant:
        assert room.events.drain() == 1 + readable
        assert waiting(room) == 0
        assert room.portals.application_tokens.matches("m1", "second-token")
    else:
        with pytest.raises(TypeError):
            room.events.drain()
        assert waiting(room) == 2


def test_what_cannot_be_read_is_said_without_what_stands_there(
    room: Room, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret = json.dumps({**json.loads(written(event(token="canary-token"))), "domain": ["canary"]})
    leave(tmp_path, 1, secret)
    assert room.events.drain() == 1
    assert "cannot be read" in caplog.text
    assert "canary" not in caplog.text
