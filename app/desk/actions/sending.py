"""One batch of writes and the list behind it: what was sent, what came back, and what may have happened.

The rules: a write that may have been carried out is never sent again; when no answer came, the list is read
once, on its own, and decides; once the portal has answered, nothing of ours can hide what it said. What has
no time left to be answered is not sent.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from app.bitrix24.batch import MAX_COMMANDS, BatchAnswer, Command
from app.bitrix24.client import Caller
from app.bitrix24.errors import (
    BadAnswer,
    BitrixError,
    MethodNotFound,
    NotSent,
    OAuthError,
    PortalBusy,
    RestError,
    TimedOut,
    TransportError,
)
from app.desk.actions.silent import SilentWrites
from app.desk.listing.known import Known
from app.desk.listing.lists import Lists
from app.openlines.model import Dialog
from app.portals.model import Operator

READ_BACK_SECONDS = 3.0
"""How long the list is asked for after a batch that did not answer."""

_LEAST_SECONDS = 1.0
"""How much of a click is kept for that, at least."""

_NOT_CARRIED_OUT = (NotSent, PortalBusy, OAuthError, SQLAlchemyError)
_STUMBLED = ("", "INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER")
"""Codes of a whole batch that may come after some of it was carried out; all others refuse it before."""

_BLOCKED = "OVERLOAD_LIMIT"
"""Comes with 503, and before anything (page "System errors")."""

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Sent:
    """What one batch came to. `refused` is set when nothing of it can have been carried out.

    `answer` is None when none came; `known` is the list read behind the writes (None: could not be had),
    `before` what a list in front of them showed, by chat. Without an answer: `timed_out` or, where something
    came that nobody can use (a page, a redirect, an error of the portal's own), `unusable`.
    """

    asked_at: datetime
    answer: BatchAnswer | None = None
    refused: BitrixError | SQLAlchemyError | None = None
    known: Known | None = None
    before: Mapping[int, Dialog] = field(default_factory=dict)
    timed_out: bool = False
    unusable: bool = False


class Sender:
    """Sends batches of one desk."""

    def __init__(self, caller: Caller, lists: Lists, clock: Callable[[], datetime]) -> None:
        self._caller = caller
        self._lists = lists
        self._clock = clock

    def send(
        self,
        operator: Operator,
        writes: Sequence[Command],
        until: float,
        *,
        touched: Sequence[int] | None,
        look_first: bool = False,
        silent: SilentWrites | None = None,
    ) -> Sent:
        """Send the writes with a list behind them (and one in front: `look_first`), in one request.

        All is over at `until`, by the monotonic clock. Raises nothing: what went wrong is in the answer.
        Without a list behind the writes none that was known before is believed any more.

        `touched` are the chats that the writes change, None for all that the list in front has. `silent`
        follows writes of silent mode.
        """
        sent = self._sent(operator, writes, until, touched, look_first, silent)
        if sent.refused is None and sent.known is None:
            self._lists.known.doubt(operator)
        return sent

    def _sent(
        self,
        operator: Operator,
        writes: Sequence[Command],
        until: float,
        touched: Sequence[int] | None,
        look_first: bool,
        silent: SilentWrites | None,
    ) -> Sent:
        sent = Sent(self._clock())
        first = self._lists.asking.commands(operator, "before") if look_first else []
        last = self._lists.asking.commands(operator)
        # Names of lines that ran out meanwhile, and further pages of a list, are asked for later.
        room = max(1, MAX_COMMANDS - len(first) - len(writes))
        commands = _once([*first, *writes, *last[:room]])
        try:
            seconds = until - time.monotonic() - _LEAST_SECONDS
            sent.answer = self._caller.batch(operator.key, commands, write=True, seconds=seconds)
        except _NOT_CARRIED_OUT as error:
            sent.refused = error
            return sent
        except (TransportError, RestError) as error:
            if isinstance(error, RestError) and _is_refused(error):
                sent.refused = error
                return sent
            sent.timed_out = isinstance(error, TimedOut)
            sent.unusable = isinstance(error, BadAnswer | RestError)
            _LOG.warning("a batch of writes has no answer", extra={"outcome": type(error).__name__})
            sent.known = self._read_back(operator, touched, until)
            return sent
        self._look(operator, sent, until, touched, look_first, silent)
        return sent

    def _look(
        self,
        operator: Operator,
        sent: Sent,
        until: float,
        touched: Sequence[int] | None,
        look_first: bool,
        silent: SilentWrites | None,
    ) -> None:
        """Read the lists of an answer; one that cannot be read leaves `known` empty."""
        answer = sent.answer
        if answer is None:
            return
        if look_first:
            sent.before = self._before(operator, answer)
        if silent is not None:
            silent.accepted(answer)
        try:
            sent.known = self._lists.absorb(
                operator,
                answer,
                sent.asked_at,
                touched=sent.before if touched is None else touched,
                learn=silent.learn if silent is not None else None,
                seconds=until - time.monotonic(),
            ).known
        except MethodNotFound:
            self._lists.asking.use_fallback(operator)
            sent.known = self._read_back(operator, touched, until)
        except TransportError:
            # An answer without a list, or an unreadable one.
            sent.known = self._read_back(operator, touched, until)
        except BitrixError as error:
            _LOG.warning("the list behind writes could not be had", extra={"outcome": type(error).__name__})

    def _before(self, operator: Operator, answer: BatchAnswer) -> dict[int, Dialog]:
        try:
            dialogs = self._lists.look(operator, answer, "before")
        except BitrixError:
            return {}
        return {dialog.chat_id: dialog for dialog in dialogs}

    def _read_back(self, operator: Operator, touched: Sequence[int] | None, until: float) -> Known | None:
        """The list, asked for now and not shared with an earlier question; None when it cannot be had."""
        seconds = min(READ_BACK_SECONDS, until - time.monotonic())
        try:
            return self._lists.read(operator, seconds=seconds, touched=touched or ())
        except (BitrixError, SQLAlchemyError) as error:
            _LOG.warning("the list could not be read back", extra={"outcome": type(error).__name__})
            return None


def _is_refused(error: RestError) -> bool:
    """Whether the portal refused the whole batch before it carried anything out.

    An error of the server's own with a code that no page names may be that of a proxy before it.
    """
    code, known = error.code.upper(), type(error) is not RestError or error.status < 500
    return code == _BLOCKED or (known and code not in _STUMBLED)


def _once(commands: Sequence[Command]) -> list[Command]:
    """Names of lines are asked for with every list while unknown: once is enough."""
    return list({command.key: command for command in commands}.values())
