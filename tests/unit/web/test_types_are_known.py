"""Types that several threads decode at once are known to msgspec before there are threads."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import app
from app.config import Settings
from tests.support.apps import made

ROOT = Path(__file__).parents[3]
FIRST_USE = """
import sys, threading
import msgspec
from app.starting import know_types

sys.setswitchinterval(1e-6)
for _ in range(800):
    inner = msgspec.defstruct("Inner", [(f"g{i}", dict[str, int | str] | None, None) for i in range(8)])
    outer = msgspec.defstruct("Outer", [(f"f{i}", list[inner] | str | None, None) for i in range(12)])
    raw = msgspec.msgpack.encode({f"f{i}": [{"g1": {"a": 1}}] for i in range(12)})
    if "known" in sys.argv:
        know_types()
    ready = threading.Barrier(8)

    def decode():
        ready.wait()
        msgspec.msgpack.decode(raw, type=outer)

    threads = [threading.Thread(target=decode) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    del inner, outer
"""


def end_of(how: str) -> int:
    """How a process ends whose threads decode new types all at once."""
    command = [sys.executable, "-c", FIRST_USE, how]
    return subprocess.run(command, cwd=ROOT, check=False, timeout=120).returncode


def test_threads_may_decode_a_type_first_at_once() -> None:
    """Where msgspec takes care of this by itself, the control says so, and nothing of this is needed."""
    assert end_of("known") == 0
    assert end_of("unknown") == -signal.SIGSEGV


def test_the_app_does_so_before_it_serves(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    monkeypatch.setattr(app, "know_types", lambda: done.append(threading.active_count()))
    before = threading.active_count()
    with made(settings):
        assert done == [before]
