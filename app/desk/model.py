"""What the desk hands out besides the dialogs themselves, and the few ways in which it says no."""

from dataclasses import dataclass

import msgspec

from app.bitrix24.errors import BitrixError
from app.openlines.model import Listing, Undo
from app.portals.model import Operator


class UnknownAction(LookupError):
    """No action of that name is registered."""


class UnknownRun(LookupError):
    """This operator has no stored run of that id."""


class NotListed(LookupError):
    """The dialog is not in the operator's list (any more)."""


class UndoExpired(LookupError):
    """Nothing is left to undo under that id: too late, all undone, or never this operator's."""


class NotKept(LookupError):
    """No view, snapshot or the like of that id is kept for this operator."""


class NotYours(Exception):
    """Only whoever made it, or an administrator of the portal, may change it."""


class AdminsOnly(Exception):
    """Only administrators of the portal may do this."""


class TooMany(Exception):
    """As many of its kind are kept as can be."""


class Invalid(ValueError):
    """The request makes no sense; `reason` is a short code such as `chat_ids:count`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Run(msgspec.Struct, kw_only=True):
    """A stored bulk run: what is still to do (`left`, in order) and the one way back."""

    run: str
    action: str
    total: int
    left: list[int]
    undo: Undo | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A proved opening. `listing` is None when the portal was slow (`error` None) or refused (`error`)."""

    operator: Operator
    listing: Listing | None
    error: BitrixError | None = None


@dataclass(frozen=True, slots=True)
class ListingBody:
    """A listing as JSON. `digest` changes when anything but `as_of` changes, `wordless`: no notice waits for
    its sentence."""

    json: bytes
    digest: str
    as_of: str
    wordless: bool = False
