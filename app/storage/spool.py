"""A sealed file for what the database cannot take now. The rule: what was put is on the disk, or put says no.

Each process appends to a file of its own, whose lock it holds as long as it lives; the files of processes
that are gone belong to whoever finds them. A file goes once all of it is done. What broke off is handed over
again from the start, so whoever takes the texts has to know those that he has seen.
"""

import base64
import fcntl
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from errno import ENOSPC
from pathlib import Path
from secrets import token_hex

from app.storage.crypto import Cipher

MAX_BYTES = 16 * 1024 * 1024
"""Of the folder, measured when a process makes its file: about 30,000 events.

Processes that make theirs at the same time do not see what the others are yet to write.
"""

_PLACE = "spool"
_LOG = logging.getLogger(__name__)


class SpoolFull(Exception):
    """The disk or the limit does not let us keep anything more."""


class Spool:
    """Texts in `folder`, which is made when the first one comes."""

    def __init__(self, folder: Path, cipher: Cipher, limit: int = MAX_BYTES) -> None:
        self._folder = folder
        self._cipher = cipher
        self._limit = limit
        self._writing, self._draining = threading.Lock(), threading.Lock()
        self._file: _File | None = None
        self._older: list[_File] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing that this process put, or took over, is left."""
        return self._file is None and not self._older

    def put(self, text: str) -> None:
        """Keep the text; raises `SpoolFull`. Those who put at once share one wait for the disk."""
        line = base64.b64encode(self._cipher.seal(text, _PLACE)) + b"\n"
        try:
            with self._writing:
                if self._file is None:
                    self._file = _File.made(self._folder, self._limit - _total(self._folder))
                file = self._file
                place = file.append(line)
            file.sync(place)
        except OSError as error:
            raise SpoolFull(error.strerror) from error

    def drain(self, take: Callable[[list[str]], object]) -> int:
        """Hand the texts of one file after the other to `take`, in their order; returns how many.

        What `take` raises stops it, and the file stays. 0 when another thread is at it.
        """
        if not self._draining.acquire(blocking=False):
            return 0
        try:
            self._collect()
            return sum(self._empty(file, take) for file in list(self._older))
        finally:
            self._draining.release()

    def _collect(self) -> None:
        """Take our own file out of use, and those that nobody holds."""
        with self._writing:
            if self._file is not None:
                self._older.append(self._file)
                self._file = None
        held = {file.path for file in self._older}
        for path in sorted(self._folder.glob("*.spool")):
            if path not in held and (found := _File.left(path)):
                self._older.append(found)

    def _empty(self, file: "_File", take: Callable[[list[str]], object]) -> int:
        texts = []
        for line in file.path.read_bytes().splitlines():
            try:
                texts.append(self._cipher.open(base64.b64decode(line), _PLACE))
            except ValueError:  # a write that broke off, never acknowledged; or its key is gone
                _LOG.warning("a line of the spool cannot be read")
        take(texts)
        file.remove()
        self._older.remove(file)
        return len(texts)


class _File:
    """One open and locked file."""

    def __init__(self, path: Path, number: int, room: int = 0) -> None:
        self.path = path
        self._number = number
        self._open = True
        self._room = room
        self._size = self._synced = 0
        self._syncing = threading.Lock()

    @classmethod
    def made(cls, folder: Path, room: int) -> "_File":
        """A new file, in a folder that knows of it even after a power cut."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            path = folder / f"{os.getpid()}-{token_hex(8)}.spool"
            number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
            fcntl.flock(number, fcntl.LOCK_EX)
            if os.fstat(number).st_nlink:
                _sync_folder(folder)
                return cls(path, number, room)
            os.close(number)  # somebody was quicker with the lock, and took it for one that was left

    @classmethod
    def left(cls, path: Path) -> "_File | None":
        """A file whose process is gone; None when somebody holds it, or has removed it by now."""
        try:
            number = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(number)
            return None
        if os.fstat(number).st_nlink:
            return cls(path, number)
        os.close(number)
        return None

    def append(self, line: bytes) -> int:
        """Write a whole line or nothing; returns the place behind it. Raises OSError."""
        if self._size + len(line) > self._room:
            raise OSError(ENOSPC, "the spool has reached its limit")
        written = os.write(self._number, line)
        if written < len(line):
            os.ftruncate(self._number, self._size)
            raise OSError(ENOSPC, "the disk is full")
        self._size += written
        return self._size

    def sync(self, place: int) -> None:
        """Wait until all before `place` is on the disk, unless another thread has seen to it meanwhile."""
        with self._syncing:
            if self._synced < place and self._open:
                size = self._size
                os.fsync(self._number)
                self._synced = size

    def remove(self) -> None:
        """All of it is done."""
        with self._syncing:
            self.path.unlink(missing_ok=True)
            os.close(self._number)
            self._open = False


def _total(folder: Path) -> int:
    """Bytes of all files there; one may go while we look."""
    total = 0
    for path in folder.glob("*.spool"):
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
