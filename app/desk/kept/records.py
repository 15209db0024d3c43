"""What is written down of an operator's work: the journal and bulk runs, as a page asks for them.

The rule: an operator reads the own entries; colleagues' only on a dialog that stands in the own list.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from app.desk.checks import MOST_ENTRIES, MOST_RUN_TARGETS, action_named, check_chats, check_targets
from app.desk.kept.journal import Journal
from app.desk.kept.journal_rows import EVERYTHING, Search
from app.desk.kept.runs import Runs
from app.desk.listing.known_lists import KnownLists
from app.desk.model import Invalid, Run
from app.openlines.model import Entry
from app.portals.model import Operator

RESUME_TIME = timedelta(hours=24)
"""How long a run that was not finished is offered again."""


class Records:
    """Every method is about one operator."""

    def __init__(
        self, journal: Journal, runs: Runs, known: KnownLists, clock: Callable[[], datetime]
    ) -> None:
        self._journal = journal
        self._runs = runs
        self._known = known
        self._clock = clock

    def start_run(self, operator: Operator, action: str, chat_ids: Sequence[int]) -> Run:
        """Store a bulk run of a dialog action (1 to 5,000 targets) so that a reload can resume it.

        Raises `UnknownAction`, `Invalid`.
        """
        if action_named(action).kind != "dialog":
            raise Invalid("action:kind")
        check_targets(action_named(action), chat_ids, MOST_RUN_TARGETS)
        run = self._runs.start(operator.key, action, chat_ids, self._clock())
        return self.run(operator, run)

    def run(self, operator: Operator, run: str) -> Run:
        """A stored run with what is left of it. Raises `UnknownRun`."""
        action, total, left = self._runs.load(operator.key, run)
        undo = self._journal.undo_of(operator.key, run, self._clock())
        return Run(run=run, action=action, total=total, left=left, undo=undo)

    def drop_run(self, operator: Operator, run: str) -> None:
        """Give up what is left of a stored run. Raises `UnknownRun`."""
        self._runs.drop(operator.key, run)

    def unfinished_run(self, operator: Operator) -> Run | None:
        """The newest run of the last day that has something left."""
        run = self._runs.unfinished(operator.key, self._clock() - RESUME_TIME)
        return None if run is None else self.run(operator, run)

    def journal(
        self,
        operator: Operator,
        before: str | None = None,
        limit: int = 50,
        chat_id: int | None = None,
        search: Search = EVERYTHING,
    ) -> list[Entry]:
        """At most `limit` (1 to 100) of the operator's entries that the search finds, newest first.

        `before` is the id of an entry: only older ones. With `chat_id` also colleagues' on that dialog; then
        nothing is searched for. Raises `Invalid`, `UnknownAction`.
        """
        if search.action is not None:
            action_named(search.action)
        if not 0 < limit <= MOST_ENTRIES:
            raise Invalid("limit:value")
        now = self._clock()
        if chat_id is None:
            return self._journal.own(operator.key, before=before, limit=limit, now=now, search=search)
        check_chats([chat_id])
        known = self._known.get(operator)
        listed = known is not None and chat_id in known.by_chat()
        return self._journal.of_dialog(
            operator.key, chat_id, before=before, limit=limit, now=now, everybody=listed
        )

    def has_older(self, operator: Operator, before: str, search: Search = EVERYTHING) -> bool:
        """Whether entries of the operator that the search finds follow this one in the journal."""
        return self._journal.has_older(operator.key, before, search)
