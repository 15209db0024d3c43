"""What a portal says of a token's owner (page profile). The rule: it counts only for whom the proof names."""

import logging
from typing import Annotated, Any

import msgspec

from app.bitrix24.batch import BatchAnswer, Command
from app.bitrix24.client import Caller
from app.portals.model import Operator

PROFILE = Command("me", "profile")
_NAME_LENGTH = 120
_LOG = logging.getLogger(__name__)


class Profile(msgspec.Struct, frozen=True):
    """Who the token belongs to, by the portal's own word; `name` may be empty."""

    user_id: int
    name: str
    is_admin: bool


class _Told(msgspec.Struct, rename="upper"):
    id: Annotated[int, msgspec.Meta(gt=0, lt=2**53)]
    name: Any = None
    last_name: Any = None
    admin: Any = None


_told = msgspec.json.Decoder(_Told, strict=False)


def read_profile(raw: bytes | msgspec.Raw) -> Profile | None:
    """The owner of the token, or None when the answer names nobody."""
    try:
        told = _told.decode(raw)
    except msgspec.MsgspecError:
        return None
    names = [part[:_NAME_LENGTH] for part in (told.name, told.last_name) if isinstance(part, str) and part]
    return Profile(told.id, " ".join(names).strip(), str(told.admin).lower() in {"true", "1", "y"})


def profile_in(answer: BatchAnswer, user_id: int) -> Profile | None:
    """What the answer to `PROFILE` says of this person; None when it says nothing, or names somebody else."""
    raw = answer.results.get(PROFILE.key)
    profile = None if raw is None else read_profile(raw)
    if profile is not None and profile.user_id != user_id:
        _LOG.warning("a profile names somebody else")
        return None
    return profile


def administers(caller: Caller, operator: Operator) -> bool:
    """Whether the portal says so now: rights may have been taken since the sign-in. Raises BitrixError."""
    profile = read_profile(caller.call(operator.key, PROFILE.method))
    return profile is not None and profile.user_id == operator.user_id and profile.is_admin
