"""How gunicorn serves the app: threads, limits, and the one check that has to come before forking."""

import ctypes
import functools
import gc
import os
import signal

from app.config import stop
from app.starting import start_or_exit

_settings = start_or_exit()

_M_MMAP_THRESHOLD = -3  # of glibc's malloc.h; other C libraries have no mallopt, or ignore it
_M_ARENA_MAX = -8
_host = "127.0.0.1" if _settings.allow_local else "0.0.0.0"  # noqa: S104 - a server is to be reached
bind = f"{_host}:{_settings.port}"
workers = _settings.workers
worker_class = "gthread"
threads = 64
timeout = 60
graceful_timeout = 20
keepalive = 15
backlog = 1024
limit_request_line = 4094
limit_request_fields = 60
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112
control_socket_disable = True
accesslog = None


def on_starting(server) -> None:
    """Refuse more workers than can share their limits; the command line may have set their number."""
    if server.cfg.workers > 1 and not _settings.redis_url:
        stop(f"{server.cfg.workers} workers need REDIS_URL to share their limits.")


def pre_fork(server, worker) -> None:
    """What is loaded by now stays: the collector need not touch, and so copy, pages that workers share."""
    gc.collect()
    gc.freeze()


def post_fork(server, worker) -> None:
    """Leave Ctrl-C to the master, which tells its workers: one that hears it twice may wait for itself.

    Let the threads share two heaps: glibc gives each of them its own, and keeps what they freed. What is
    larger than 1 MB lies outside of them and goes back at once: a portal's answer may have 16.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_MMAP_THRESHOLD, 1024 * 1024)


def post_worker_init(worker) -> None:
    """The app is loaded and stays: the collector need not walk through it, what loading it took goes back.

    Requests leave hardly any cycles behind, but hold many objects at a time: it looks for cycles more seldom.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
    signal.signal(signal.SIGQUIT, functools.partial(_end_at_once, worker))


def _end_at_once(worker, number, frame) -> None:
    """End like at SIGTERM, but wait for no request; takes no lock, for the thread it interrupts may hold it.

    gunicorn's own handler shuts the pool of threads: a worker just handing a request to that pool waits
    for itself then, and outlives its master.
    """
    worker.cfg.set("graceful_timeout", 0)
    worker.handle_exit(number, frame)


def worker_exit(server, worker) -> None:
    """What was learnt in the last seconds is written down; a worker that never got its app has nothing."""
    if (app := getattr(worker, "wsgi", None)) is not None:
        app.extensions["pinline"].desk.write_down()
