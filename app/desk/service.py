"""The desk as one object: all that the web asks of an operator's dialogs goes through it.

The rule: every method is about one operator and sees only that operator's rows. What one part can do is
asked of that part (`desk.clicks.act(…)`); the desk itself has what takes several, and looking at dialogs.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import msgspec
from sqlalchemy import Engine

from app.bitrix24.client import Caller, RestClient
from app.bitrix24.errors import BadAnswer
from app.bitrix24.governor import Governor
from app.bitrix24.net import TOTAL_SECONDS
from app.desk.actions.acting import Acting
from app.desk.actions.auto_off import SOURCE as AUTO
from app.desk.actions.auto_off import AutoOff
from app.desk.actions.clicks import Clicks
from app.desk.actions.sending import Sender
from app.desk.actions.silent import SilentWrites
from app.desk.actions.top import Top
from app.desk.actions.turns import Turns
from app.desk.checks import check_chats
from app.desk.kept.housekeeping import purge
from app.desk.kept.journal import Journal
from app.desk.kept.records import Records
from app.desk.kept.runs import Runs
from app.desk.kept.settings import Settings, SettingsBook
from app.desk.kept.snapshots import Snapshots
from app.desk.kept.views import View, Views
from app.desk.listing.cache_keys import forget_portal
from app.desk.listing.lists import SHARED_SECONDS, Lists
from app.desk.listing.responses import body_of, listing_of
from app.desk.model import ListingBody, NotListed, Run
from app.desk.opening import Opening
from app.desk.threads import Threads
from app.openlines.actions import setting
from app.openlines.messages import KEY as MESSAGES
from app.openlines.messages import messages_command, read_messages
from app.openlines.model import ActionAnswer, Card, Listing
from app.portals.model import Operator, utc_now
from app.portals.profile import administers
from app.portals.proof import Handshake
from app.portals.stores.portal_stores import PortalStores
from app.storage.cache import Cache
from app.storage.claims import RedisClaims

SILENT_OFF = setting("silent", on=False)
_CARD_ENTRIES = 20
_LAST_SECONDS = 8.0
"""How long the last write waits for one that hangs in the database, which gives up sooner."""


class Start(msgspec.Struct, kw_only=True):
    """Settings, saved views, and the newest unfinished run to go on with."""

    settings: Settings
    views: list[View]
    run: Run | None


class Desk:
    """The parts of an operator's desk, and what takes several of them.

    `opening` proves openings; `clicks` acts, undoes and orders the top; `records` reads the journal and keeps
    bulk runs; `settings`, `views` and `snapshots` are what is kept beside the dialogs.
    `claims` keep the order of clicks in all processes; `alone`: there is no other one.
    """

    def __init__(
        self,
        engine: Engine,
        caller: Caller,
        client: RestClient,
        portals: PortalStores,
        cache: Cache,
        handshake: Handshake,
        governor: Governor,
        clock: Callable[[], datetime] = utc_now,
        claims: RedisClaims | None = None,
        *,
        alone: bool = False,
    ) -> None:
        self._engine = engine
        self._cache = cache
        self._opening_threads = Threads("opening")
        self._acting_threads = Threads("acting")
        self._lists = lists = Lists(engine, caller, portals.installations, cache, clock, alone=alone)
        sender = Sender(caller, lists, clock)
        silent_writes = partial(SilentWrites, engine, portals.capabilities, clock)
        self._acting = Acting(lists, sender, silent_writes, self._acting_threads, clock)
        self._journal, self._runs = Journal(engine), Runs(engine)
        self._auto_off = AutoOff(engine, portals, lists, self._unsilence, clock)
        top, turns = Top(engine, portals.capabilities, lists, sender, clock), Turns(claims)
        is_admin = partial(administers, caller)

        self.opening = Opening(client, portals, handshake, governor, lists, self._opening_threads, clock)
        self.clicks = Clicks(lists, sender, self._acting, top, self._journal, self._runs, turns, clock)
        self.records = Records(self._journal, self._runs, lists.known, clock)
        self.settings = SettingsBook(engine, is_admin)
        self.views = Views(engine, clock, is_admin)
        self.snapshots = Snapshots(engine, lists, clock)

    def close(self) -> None:
        """Let the threads end, and write down what waits."""
        self._opening_threads.close()
        self._acting_threads.close()
        self.write_down()

    def write_down(self) -> None:
        """Write down what waits, before the process ends."""
        self._lists.tidy(_LAST_SECONDS)

    def tidy(self) -> None:
        """What each process does for itself now and then: write down what waits, let go of old lists."""
        self._lists.tidy()

    def start(self, operator: Operator) -> Start:
        """What a page starts from besides its list."""
        return Start(
            settings=self.settings.load(operator),
            views=self.views.load(operator),
            run=self.records.unfinished_run(operator),
        )

    def listing(self, operator: Operator, *, max_age: float = SHARED_SECONDS) -> Listing:
        """The operator's open dialogs; shared by the operator's tabs for `max_age` seconds.

        An older list with a notice when the portal cannot be asked; raises BitrixError when none is known.
        """
        read = self._lists.get(operator, max_age=max_age)
        return listing_of(operator, read.known, read.error, self._lists.news)

    def listing_json(self, operator: Operator, *, max_age: float = SHARED_SECONDS) -> ListingBody:
        """The same as JSON bytes, with a digest for an ETag; decodes no dialog that was read before."""
        read = self._lists.get(operator, max_age=max_age)
        return body_of(operator, read.kept.packed, read.error, self._lists.news)

    def card(self, operator: Operator, chat_id: int) -> Card:
        """One dialog with its last 20 messages and entries of the journal, in one request.

        Marks nothing as read (page im.dialog.messages.get). Raises `Invalid`, `NotListed` and BitrixError.
        """
        check_chats([chat_id])
        until = time.monotonic() + TOTAL_SECONDS
        answer, asked_at = self._lists.asking.ask(operator, beside=[messages_command(chat_id)])
        known = self._lists.absorb(operator, answer, asked_at, seconds=until - time.monotonic()).known
        dialog = known.by_chat().get(chat_id)
        if dialog is None:
            raise NotListed(chat_id) if known.whole else BadAnswer("its row may be one that cannot be read")
        raw = answer.results.get(MESSAGES)
        return Card(
            dialog=dialog,
            messages=[] if raw is None else read_messages(raw, dialog, operator.user_id),
            journal=self.records.journal(operator, limit=_CARD_ENTRIES, chat_id=chat_id),
            as_of=known.as_of,
        )

    def end_silence(self) -> int:
        """Turn Silent off where its time is over, with the operators' own tokens; returns in how many."""
        return self._auto_off.run()

    def _unsilence(self, operator: Operator, chat_ids: Sequence[int]) -> ActionAnswer:
        return self.clicks.act(operator, SILENT_OFF.name, chat_ids, None, source=AUTO)

    def forget(self, member_id: str) -> None:
        """Let go of a portal's lists at once: they hold names and texts of clients.

        Raises SharedStoreDown when those in Redis may be there still; this process's own have gone even then.
        """
        self._lists.dressing.forget(member_id)
        forget_portal(self._cache, member_id)

    def housekeeping(self, now: datetime) -> dict[str, int]:
        """Purge what nobody needs any more; returns how many rows went, by table."""
        return purge(self._engine, self._journal, self._runs, now)
