"""The spool: what was put comes out once, from living and dead processes, or put says no."""

import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from app.storage.crypto import Cipher
from app.storage.spool import Spool, SpoolFull

KEY = "unit-test-key-0123456789"
_PUT_AND_DIE = f"""
import os, signal, sys
from pathlib import Path
from app.storage.crypto import Cipher
from app.storage.spool import Spool
spool = Spool(Path(sys.argv[1]), Cipher(["{KEY}"]))
for number in range(3):
    spool.put(f"late {{number}}")
os.kill(os.getpid(), signal.SIGKILL)
"""


def spool(folder: Path, **more: int) -> Spool:
    return Spool(folder / "spool", Cipher([KEY]), **more)


def fill(here: Spool) -> int:
    """How many texts it takes."""
    for number in range(100):
        try:
            here.put("x" * 500)
        except SpoolFull:
            return number
    return 100


def files(folder: Path) -> list[Path]:
    return sorted((folder / "spool").glob("*"))


def test_what_was_put_comes_out_once_and_in_its_order(tmp_path: Path) -> None:
    here, got = spool(tmp_path), list[str]()
    assert here.is_empty
    assert here.drain(got.extend) == 0
    for text in ("one", "two\nlines", "drei"):
        here.put(text)
    assert not here.is_empty
    assert here.drain(got.extend) == 3
    assert here.drain(got.extend) == 0
    assert got == ["one", "two\nlines", "drei"]
    assert here.is_empty
    assert files(tmp_path) == []


def test_what_waits_is_sealed_and_private(tmp_path: Path) -> None:
    here = spool(tmp_path)
    here.put("canary")
    (file,) = files(tmp_path)
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    assert file.stat().st_size > 40
    assert b"canary" not in file.read_bytes()
    foreign = Spool(tmp_path / "spool", Cipher(["another key 0123456789"]))
    assert foreign.drain(print) == 0, "a living process keeps its file"
    assert files(tmp_path) == [file]


def test_the_file_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _PUT_AND_DIE, str(tmp_path / "spool")]
    done = subprocess.run(words, cwd=Path(__file__).parents[3], check=False)
    assert done.returncode == -9
    here, got = spool(tmp_path), list[str]()
    assert here.drain(got.extend) == 3
    assert got == ["late 0", "late 1", "late 2"]
    assert files(tmp_path) == []


def test_a_living_process_keeps_its_file(tmp_path: Path) -> None:
    owner, other, got = spool(tmp_path), spool(tmp_path), list[str]()
    owner.put("mine")
    assert other.drain(got.extend) == 0
    assert owner.drain(got.extend) == 1
    assert got == ["mine"]


def test_what_breaks_off_is_handed_over_again(tmp_path: Path) -> None:
    here, got = spool(tmp_path), list[str]()

    def failing(texts: list[str]) -> None:
        got.extend(texts[:2])
        raise OSError("down")

    for number in range(4):
        here.put(str(number))
    with pytest.raises(OSError, match="down"):
        here.drain(failing)
    assert not here.is_empty
    here.put("4")
    assert here.drain(got.extend) == 5
    assert got == ["0", "1", *"01234"]


def test_a_line_that_broke_off_spoils_no_other(tmp_path: Path) -> None:
    here, got = spool(tmp_path), list[str]()
    here.put("whole")
    with files(tmp_path)[0].open("ab") as file:
        file.write(b"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRob\nhalf a li")
    assert here.drain(got.extend) == 1
    assert got == ["whole"]


def test_the_spool_is_bounded(tmp_path: Path) -> None:
    """The bound is the folder's: whoever makes a file may fill what the others' files have left."""
    here = spool(tmp_path, limit=4000)
    put = fill(here)
    assert 3 <= put <= 7
    with pytest.raises(SpoolFull):
        spool(tmp_path, limit=4000).put("x" * 500)  # and another process finds no more room
    assert here.drain(len) == put
    here.put("x" * 500)


def test_the_bound_is_measured_when_a_file_is_made(tmp_path: Path) -> None:
    """So those whose files are made before either is full may each fill the whole of it."""
    both = [spool(tmp_path, limit=4000) for _ in range(2)]
    for one in both:
        one.put("x")
    assert all(fill(one) >= 3 for one in both)


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where a folder should be")
    with pytest.raises(SpoolFull):
        spool(tmp_path).put("x")


def test_a_disk_that_takes_half_a_line_keeps_none_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, got, write = spool(tmp_path), list[str](), os.write
    here.put("before")
    with monkeypatch.context() as patch:
        patch.setattr("app.storage.spool.os.write", lambda number, line: write(number, line[:9]))
        with pytest.raises(SpoolFull):
            here.put("half")
    here.put("after")
    assert here.drain(got.extend) == 2
    assert got == ["before", "after"]


def test_nothing_is_lost_between_those_who_put_and_those_who_drain(tmp_path: Path) -> None:
    here, got, over = spool(tmp_path), list[str](), threading.Event()

    def put(who: int) -> None:
        for number in range(100):
            here.put(f"{who}:{number}")

    def drain() -> None:
        while not over.is_set():
            here.drain(got.extend)

    writers = [threading.Thread(target=put, args=(who,)) for who in range(6)]
    drainers = [threading.Thread(target=drain) for _ in range(2)]
    for thread in (*writers, *drainers):
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    for thread in drainers:
        thread.join()
    here.drain(got.extend)
    assert Counter(got) == Counter(f"{who}:{number}" for who in range(6) for number in range(100))
