"""What a server process used: processor time from the scheduler's own count, memory as its fair share."""

import os
from pathlib import Path


def workers(master: int) -> list[int]:
    """The worker processes of a gunicorn master."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text()
    return [int(pid) for pid in children.split()]


def cpu_seconds(pid: int) -> float:
    """Processor time of all threads of a process so far."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def pss_megabytes(pid: int) -> float:
    """Memory of a process, shared pages counted by share."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def hold_to(pid: int, processor: int) -> None:
    """Let a process and all threads that it will start run on one processor, where there are two."""
    if (os.cpu_count() or 1) > 1:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {processor})
