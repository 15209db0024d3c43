"""A Redis server of our own on a free port, without persistence."""

import shutil
import subprocess
import tempfile
import time

import redis

from tests.support.missing import binary
from tests.support.ports import free_port


class RedisServer:
    """Started with `start()`; `pause()` and `resume()` let a test see a store that hangs or comes back."""

    def __init__(self) -> None:
        self._program = binary("redis-server", "Redis")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> "RedisServer":
        """Listen and wait for the first PONG; at most 10 s."""
        self._folder = tempfile.mkdtemp(prefix="pinline-redis-")
        self._process = subprocess.Popen(
            [
                self._program,
                *("--port", str(self.port)),
                *("--bind", "127.0.0.1"),
                *("--dir", self._folder),
                *("--save", ""),
                *("--appendonly", "no"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 10
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.02)
                else:
                    return self

    def flush(self) -> None:
        """Forget everything, so that the next test begins empty."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def stop(self) -> None:
        """Kill it: there is nothing to keep."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
