"""What is kept of each REST request: who, which method, how it went; never parameters, tokens or answers.

Marketplace rules ask for three days of such a record, security asks that nothing personal is in it.
"""

from contextvars import ContextVar
from dataclasses import dataclass

request_id: ContextVar[str] = ContextVar("request_id", default="-")


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One request to a portal. `commands` are the methods of a batch; `status` is None without an answer."""

    member_id: str
    user_id: int | None
    method: str
    commands: tuple[str, ...]
    outcome: str
    status: int | None
    duration_ms: float
    request_id: str
