"""What was asked of the portal and of the authorization server: numbered, without secrets."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Record:
    """The last requests, oldest first."""

    rows: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=20_000))
    number: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, host: str, path: str, method: str, connection: int) -> dict[str, Any]:
        """Enter a request when it arrives; status stays None while it runs."""
        with self.lock:
            self.number += 1
            row: dict[str, Any] = {
                "n": self.number,
                "at": time.time(),
                "host": host,
                "path": path,
                "method": method,
                "commands": [],
                "user_id": None,
                "status": None,
                "connection": connection,
                "seconds": None,
            }
            self.rows.append(row)
        return row

    def end(self, row: dict[str, Any], status: int) -> None:
        """Note how it ended."""
        row["status"] = status
        row["seconds"] = round(time.time() - row["at"], 4)

    def all(self) -> list[dict[str, Any]]:
        """A copy of the rows."""
        with self.lock:
            return [dict(row) for row in self.rows]

    def clear(self) -> None:
        """Forget the rows; numbers go on."""
        with self.lock:
            self.rows.clear()
