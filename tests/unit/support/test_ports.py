"""Ports that tests choose: free, in a row where wanted, and never those of another process."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from scripts.processes import is_taken
from tests.support.ports import free_port, free_stretch

ROOT = Path(__file__).parents[3]
CHOOSE = "from tests.support.ports import free_stretch; print(*free_stretch(40)); input()"


def test_processes_side_by_side_choose_different_ports() -> None:
    command = [sys.executable, "-c", CHOOSE]
    others = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        chosen = [
            set(map(int, (other.stdout.readline() if other.stdout else "").split())) for other in others
        ]
        chosen.append(set(free_stretch(40)))
    finally:
        for other in others:
            other.communicate("\n", timeout=20)
    assert [len(ports) for ports in chosen] == [40, 40, 40]
    assert len(set.union(*chosen)) == 120


def test_a_forked_process_chooses_others() -> None:
    mine = free_port()
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, str(free_port()).encode())
        os._exit(0)
    os.wait()
    theirs = int(os.read(reader, 10))
    os.close(reader)
    os.close(writer)
    assert theirs // 1_000 != mine // 1_000


def test_a_taken_port_is_passed_over() -> None:
    following = free_port() + 1
    while following % 1_000 == 0 or is_taken(following):  # the next block may be another process's
        following = free_port() + 1
    with socket.create_server(("127.0.0.1", following)):
        assert following not in free_stretch(3)
