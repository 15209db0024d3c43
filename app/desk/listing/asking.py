"""Asking a portal for an operator's list: with which commands, in how many pages, with which names of lines.

The rule: what comes out is the whole list, or it says that it is not.
"""

import logging
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from operator import itemgetter

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from app.bitrix24.batch import BatchAnswer, Command
from app.bitrix24.client import Caller
from app.bitrix24.errors import MethodNotFound, TransportError
from app.bitrix24.governor import Priority
from app.bitrix24.net import TOTAL_SECONDS
from app.desk.listing.cache_keys import cache_key
from app.desk.listing.news import News
from app.openlines.listing import LINES, MOST_PAGES, has_more, list_commands, read_lines
from app.openlines.rows import MarkedRow, mark_rows
from app.openlines.silence import doubted
from app.portals.model import Installation, Operator
from app.portals.stores.installations import InstallationStore
from app.storage.believed import Believed
from app.storage.cache import Cache

LINES_SECONDS = 600.0
_NO_LINES_SECONDS = 60.0
_FALLBACK_SECONDS = 3600.0
_BELIEVED_SECONDS = 1.0
"""A portal's operators share its installation: one read serves all lists of a second."""
_PAGES_AT_ONCE = 6
_LOG = logging.getLogger(__name__)
_line_names = msgspec.json.Decoder(dict[int, str], strict=False)


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one answer, and what they are read with. `cut`: there are more than we ask for."""

    rows: list[MarkedRow]
    lines: Mapping[int, str]
    installation: Installation | None
    cut: bool

    @property
    def scope(self) -> str:
        """What is known of silent mode on this portal."""
        return _scope(self.installation)


class Asking:
    """The questions of one desk; what it learns of portals is in the cache."""

    def __init__(
        self,
        caller: Caller,
        installations: InstallationStore,
        cache: Cache,
        news: News,
        clock: Callable[[], datetime],
    ) -> None:
        self._caller = caller
        self._installations = installations
        self._cache = cache
        self._news = news
        self._clock = clock
        self._believed: Believed[tuple[str, int], Installation | None] = Believed(_BELIEVED_SECONDS)

    def ask(
        self,
        operator: Operator,
        priority: Priority = "interactive",
        seconds: float = TOTAL_SECONDS,
        *,
        fallback: bool | None = None,
        beside: Sequence[Command] = (),
    ) -> tuple[BatchAnswer, datetime]:
        """Ask for the list now, for so many seconds at most; returns the answer and when it was asked for.

        `fallback`: by im.recent.list; None as far as the portal is known. `beside` are commands to go with
        it. Raises BitrixError.
        """
        asked_at, until = self._clock(), time.monotonic() + seconds
        fallback = self._falls_back(operator) if fallback is None else fallback
        commands = [*self.commands(operator, fallback=fallback), *self._news.questions(operator), *beside]
        answer = self._caller.batch(operator.key, commands, priority=priority, seconds=seconds)
        if isinstance(answer.errors.get("list"), MethodNotFound) and not fallback:
            self.use_fallback(operator)
            return self.ask(operator, priority, until - time.monotonic(), fallback=True, beside=beside)
        self._news.learn(operator, answer)
        return answer, asked_at

    def page(
        self,
        operator: Operator,
        answer: BatchAnswer,
        key: str,
        priority: Priority = "interactive",
        seconds: float = TOTAL_SECONDS,
        *,
        whole: bool = True,
    ) -> Page:
        """The rows under `key`, and what they are read with.

        `whole`: pages that are missing are asked for, all of them in so many seconds. Raises the list
        command's error, whichever page it is of, and BitrixError when a page cannot be had.
        """
        errors = [error for name, error in answer.errors.items() if _is_page(name, key)]
        if errors:
            raise errors[0]
        found = {
            int(name[len(key) :] or 0): raw for name, raw in answer.results.items() if _is_page(name, key)
        }
        pages = [raw for _, raw in sorted(found.items(), key=itemgetter(0))]
        if not pages:
            raise TransportError("the answer has no list")
        cut = whole and self._complete(operator, pages, priority, time.monotonic() + seconds)
        rows = mark_rows(pages)
        believed = self._believed.get(_portal(operator), lambda: self._installation(operator))
        return Page(rows, self._learn_lines(operator, answer), believed, cut)

    def _complete(
        self, operator: Operator, pages: list[msgspec.Raw], priority: Priority, until: float
    ) -> bool:
        """Ask for the fallback's pages that are missing; True when there are more than anybody asks for.

        How many there were is remembered, so that the next list comes with one request.
        """
        asked = len(pages)
        while has_more(pages[-1]) and len(pages) < MOST_PAGES:
            [command] = list_commands("list", fallback=True, first=len(pages), pages=1)
            left = until - time.monotonic()
            answer = self._caller.batch(operator.key, [command], priority=priority, seconds=left)
            if (error := answer.errors.get(command.key)) is not None:
                raise error
            if command.key not in answer.results:
                raise TransportError("the answer has no list")
            pages.append(answer.results[command.key])
        if len(pages) != asked:
            self._cache.set(_pages_key(operator), str(len(pages)).encode(), _FALLBACK_SECONDS)
        return has_more(pages[-1])

    def installation(self, operator: Operator) -> Installation | None:
        """The installation of the operator's portal; None also while our database does not answer."""
        self._believed.drop(_portal(operator))
        return self._believed.get(_portal(operator), lambda: self._installation(operator))

    def _installation(self, operator: Operator) -> Installation | None:
        try:
            return self._installations.find(operator.member_id)
        except SQLAlchemyError:
            _LOG.exception("the installation could not be read")
            return None

    def scope(self, operator: Operator) -> str:
        """What is known of silent mode on the operator's portal."""
        return _scope(self.installation(operator))

    def commands(
        self, operator: Operator, key: str = "list", *, fallback: bool | None = None
    ) -> list[Command]:
        """The commands that read the list, and the names of lines when they are not known."""
        fallback = self._falls_back(operator) if fallback is None else fallback
        commands = list_commands(key, fallback=fallback, pages=self._pages(operator) if fallback else 1)
        return commands if self._lines(operator) is not None else [*commands, LINES]

    def source(self, operator: Operator, page: Page) -> str:
        """A mark of everything that the dialogs of an answer come from."""
        mark = blake2b(f"{operator.name}|{page.scope}|".encode(), digest_size=16)
        mark.update(self._cache.get(cache_key("lines", operator.member_id)) or b"")
        mark.update(array("q", [row_mark for row_mark, _ in page.rows]))
        return mark.hexdigest()

    def use_fallback(self, operator: Operator) -> None:
        """Note that the portal lacks im.recent.get."""
        self._cache.set(cache_key("fallback", operator.member_id), b"1", _FALLBACK_SECONDS)

    def _falls_back(self, operator: Operator) -> bool:
        return self._cache.get(cache_key("fallback", operator.member_id)) is not None

    def _pages(self, operator: Operator) -> int:
        """How many pages of the fallback to ask for at once."""
        return min(int(self._cache.get(_pages_key(operator)) or 1), _PAGES_AT_ONCE)

    def _lines(self, operator: Operator) -> dict[int, str] | None:
        """The names of the portal's lines; none where this person was just refused them, None: unknown."""
        found = self._cache.get(cache_key("lines", operator.member_id))
        if found is not None:
            return _line_names.decode(found)
        return None if self._cache.get(_refused_key(operator)) is None else {}

    def _learn_lines(self, operator: Operator, answer: BatchAnswer) -> Mapping[int, str]:
        """The names of lines, from the answer when it has them; a refusal holds a minute for this person."""
        raw = answer.results.get(LINES.key)
        lines = {} if raw is None else read_lines(raw)
        if lines:
            self._cache.set(cache_key("lines", operator.member_id), msgspec.json.encode(lines), LINES_SECONDS)
            return lines
        if raw is not None or LINES.key in answer.errors:
            self._cache.set(_refused_key(operator), b"1", _NO_LINES_SECONDS)
        return self._lines(operator) or {}


def _scope(installation: Installation | None) -> str:
    return doubted(installation.silent_scope, installation.silent_doubts) if installation else "unknown"


def _portal(operator: Operator) -> tuple[str, int]:
    return operator.member_id, operator.generation


def _refused_key(operator: Operator) -> str:
    return cache_key("nolines", operator.member_id, operator.user_id)


def _pages_key(operator: Operator) -> str:
    return cache_key("pages", operator.member_id, operator.user_id)


def _is_page(name: str, key: str) -> bool:
    rest = name.removeprefix(key)
    return name.startswith(key) and (not rest or rest.isdecimal())
