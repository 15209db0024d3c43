"""What an exchange brings back, before anybody looks at what it says."""

from collections.abc import Mapping
from typing import NamedTuple


class Answer(NamedTuple):
    """Status, headers (any case) and the decoded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
