"""Opening the desk: the proof and the first list side by side, so that nobody waits for both in turn.

The rules: the list is asked for at the endpoint that was stored with an earlier proof, never at a posted
one; it counts only when the proof names the same portal and person; unproved openings have a small
allowance, beyond which the list waits for the proof.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from app.bitrix24.batch import BatchAnswer
from app.bitrix24.client import RestClient
from app.bitrix24.errors import BitrixError, MethodNotFound, TransportError
from app.bitrix24.governor import Governor
from app.bitrix24.params import OpenParams
from app.desk.listing.dressing import list_key
from app.desk.listing.known import KeptList, Known
from app.desk.listing.lists import Lists
from app.desk.listing.responses import listing_of
from app.desk.model import Opened
from app.desk.threads import Threads
from app.portals.model import Access, Installation, NotInstalledHere, Operator, Proof, TokenPair
from app.portals.profile import PROFILE, Profile, profile_in
from app.portals.proof import Handshake
from app.portals.sign_in import introduced, sign_in
from app.portals.stores.portal_stores import PortalStores

LIST_WAIT = 1.0
"""How long a proved opening waits for its list; after that the page asks for it."""

_PER_SOURCE = (0.5, 20)
_PER_PORTAL = (0.5, 30)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer to the first request, and when it was asked for."""

    asked_at: datetime
    batch: BatchAnswer


@dataclass(frozen=True, slots=True)
class Proved:
    """An opening whose person is known, and its first list, which may be under way."""

    params: OpenParams
    proof: Proof
    installation: Installation
    early: Future[_Answer] | None


class Opening:
    """Proves openings and reads their lists."""

    def __init__(
        self,
        client: RestClient,
        portals: PortalStores,
        handshake: Handshake,
        governor: Governor,
        lists: Lists,
        threads: Threads,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._portals = portals
        self._handshake = handshake
        self._governor = governor
        self._lists = lists
        self._threads = threads
        self._clock = clock

    def prove(self, params: OpenParams, source_ip: str) -> Proved:
        """Prove an opening, and begin to read the first list beside it.

        Raises `NotInstalledHere`, `ProofRejected`, and BitrixError when the authorization server cannot tell.
        """
        installation = self._portals.installations.find(params.member_id)
        if installation is None or not installation.active:
            raise NotInstalledHere(params.member_id)
        early = self._ask(params, installation) if self._may_ask(params.member_id, source_ip) else None
        proof = self._handshake.prove(params)
        noted = self._portals.installations.note_open(proof)
        if noted is None or proof.member_id != params.member_id:
            raise NotInstalledHere(params.member_id)
        if early is None or noted.client_endpoint != installation.client_endpoint:
            early = self._ask(params, noted)
        return Proved(params, proof, noted, early)

    def open(self, proved: Proved, *, wait: float = LIST_WAIT) -> Opened:
        """Sign the proved person in; waits for the first list for `wait` seconds at most.

        Raises `NotInstalledHere` when an uninstallation came between.
        """
        params, proof, early = proved.params, proved.proof, proved.early
        answer, error = _wait(early, wait)
        profile = profile_in(answer.batch, proof.user_id) if answer else None
        pair = TokenPair(params.access_token, params.refresh_token)
        operator = sign_in(
            self._portals.operators, proved.installation, proof, pair, profile, language=params.language
        )
        self._learn(params, profile)
        known = None
        if profile is not None and answer is not None:
            known, error = self._absorb(operator, answer)
        elif answer is None and error is None and early is not None:
            self._follow(params, operator, early)
        listing = listing_of(operator, known, None, self._lists.news) if known else None
        return Opened(operator, listing, error)

    def _may_ask(self, member_id: str, source_ip: str) -> bool:
        """Whether an opening that nobody proved yet may cost the portal a request."""
        return self._governor.allow(f"open:{member_id}:{source_ip}", *_PER_SOURCE) and self._governor.allow(
            f"open:{member_id}", *_PER_PORTAL
        )

    def _ask(self, params: OpenParams, installation: Installation) -> Future[_Answer] | None:
        """Begin to ask; None when the portal keeps too many threads waiting already."""
        access = Access(installation.client_endpoint, params.access_token)
        return self._threads.start(installation.member_id, partial(self._request, installation, access))

    def _request(self, installation: Installation, access: Access) -> _Answer:
        """The list with the profile: who the portal itself says that the token belongs to."""
        asked_at = self._clock()
        stranger = Operator(installation.member_id, 0, "", "", installation.domain, installation.generation)
        commands = [*self._lists.asking.commands(stranger), PROFILE]
        return _Answer(asked_at, self._client.batch(access, installation.member_id, commands, write=False))

    def _absorb(self, operator: Operator, answer: _Answer) -> tuple[Known | None, BitrixError | None]:
        try:
            return self._lists.absorb(operator, answer.batch, answer.asked_at).known, None
        except MethodNotFound:
            self._lists.asking.use_fallback(operator)
            return None, None
        except BitrixError as error:
            return None, error

    def _learn(self, params: OpenParams, profile: Profile | None) -> None:
        """A first application token, which the installer's form need not bring.

        Only of a person whom the portal calls an administrator: any employee could post another one.
        """
        if params.application_token and profile is not None and profile.is_admin:
            self._portals.application_tokens.learn(params.member_id, params.application_token)

    def _follow(self, params: OpenParams, operator: Operator, early: Future[_Answer]) -> None:
        """Let the page's own question join the read that is still under way."""
        later: Future[KeptList] = Future()
        self._lists.flights.adopt(list_key(operator), later)

        def arrived(done: Future[_Answer]) -> None:
            try:
                answer = done.result()
                profile = profile_in(answer.batch, operator.user_id)
                if profile is None:
                    raise TransportError("the first list is not this person's")
                person = introduced(operator, profile)
                self._portals.operators.set_profile(operator.key, person.name, person.is_admin)
                self._learn(params, profile)
                kept = self._lists.absorb(person, answer.batch, answer.asked_at)
            except Exception as error:  # the end of a thread: whoever joined gets it
                _LOG.warning("a first list came to nothing", extra={"outcome": type(error).__name__})
                later.set_exception(error)
            else:
                later.set_result(kept)

        early.add_done_callback(arrived)


def _wait(early: Future[_Answer] | None, wait: float) -> tuple[_Answer | None, BitrixError | None]:
    """The answer if it comes in time, or the error it came to; neither when it is still under way."""
    if early is None:
        return None, None
    try:
        return early.result(timeout=wait), None
    except TooLate:
        return None, None
    except BitrixError as error:
        return None, error
