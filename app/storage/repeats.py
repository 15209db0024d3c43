"""Transactions that the database refuses for the sake of others. The rule: those are simply done again.

PostgreSQL names them 40001 (serialization failure) and 40P01 (deadlock); nothing of them was carried out
(page "Serialization Failure Handling" of its documentation).
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

Value = TypeVar("Value")

_REFUSALS = frozenset({"40001", "40P01"})
_TRIES = 3


def repeated(work: Callable[[], Value]) -> Value:
    """The result of `work`, a whole transaction; run up to three times while it is refused so."""
    for _ in range(_TRIES - 1):
        try:
            return work()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _REFUSALS:
                raise
    return work()
