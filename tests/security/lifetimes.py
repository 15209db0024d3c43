"""An installation's life in any order: what hypothesis tries, and what has to be true after every step.

The portal's own side is the sandbox, in this process as the app is; a portal's clock runs a little ahead, so
that its events are never taken for those of an older installation.
"""

import threading
import time
from contextlib import suppress
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from tests.security.tenancy import Grounds, Tenant
from tests.support.frame import Frame, Reply

OPERATOR, ADMIN = 27, 1
ACTIONS = ("pin", "unpin", "top", "untop", "silence", "unsilence")
SECONDS = 5.0
OF_A_PERSON = ("operator_tokens", "browser_sessions", "event_queue")

_actions, _picks, _clean = st.sampled_from(ACTIONS), st.integers(0, 30), st.booleans()


class Life(RuleBasedStateMachine):
    """One portal from its first day on."""

    grounds: ClassVar[Grounds]
    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.tenant: Tenant = self.grounds.tenant()
        self.installed = self.kept = False
        self.admitted = True
        self.generation = 0
        self.journal: set[str] = set()
        self.wiped: set[str] = set()

    # --- what happens

    @initialize(target=sessions)
    def begins(self) -> tuple[Frame, int]:
        """Installed, and one desk open."""
        self.installs()
        return self.opens()

    @rule()
    def installs(self) -> None:
        """The administrator installs the app, again, or anew."""
        reply = Frame(self.tenant, ADMIN).install()
        self._sound(reply, 200)
        self.generation += not self.installed
        self.installed = True
        self.tenant.updated = False

    @rule(target=sessions)
    def opens(self) -> Any:
        """The operator opens the desk: only of an installed app, only with access."""
        frame = Frame(self.tenant, OPERATOR)
        reply = frame.open()
        if not self.installed:
            self._sound(reply, 403)
            assert frame.token is None
            return multiple()
        self._sound(reply, 200, *([403] if self.tenant.updated else []))
        if frame.token is None:
            return multiple()
        if not self.admitted:
            assert reply.boot["listing"] is None, "a list for somebody without access"
            return multiple()
        assert self.grounds.domain(self.tenant.member_id) == self.tenant.host, "the address of today"
        self._journal_is(frame)
        return frame, self.generation

    @rule(session=sessions, name=_actions, pick=_picks)
    def acts(self, session: tuple[Frame, int], name: str, pick: int) -> None:
        """A click: what is told of it must be so in the portal."""
        frame = session[0]
        chats = sorted(chat for chat, row in self.tenant.truth(OPERATOR).items())
        chat = chats[pick % len(chats)]
        before = self.tenant.truth(OPERATOR)[chat]["pinned"]
        reply = frame.act(name, chat)
        self._told(session, reply)
        if reply.status != 200:
            assert self.tenant.truth(OPERATOR)[chat]["pinned"] is before
            return
        self._note(reply)
        outcome = reply.json()["results"][0]["outcome"]
        truth = self.tenant.truth(OPERATOR)[chat]["pinned"]
        if name in ("pin", "unpin") and outcome in ("done", "already"):
            assert truth is (name == "pin")
        elif outcome != "unconfirmed":
            assert truth is before

    @rule(session=sessions)
    def undoes(self, session: tuple[Frame, int]) -> None:
        """The newest entry is taken back."""
        listed = session[0].get("/api/journal?limit=1")
        self._told(session, listed)
        for entry in listed.json()["entries"] if listed.status == 200 else ():
            if entry["undo"]:
                reply = session[0].undo(entry["undo"]["id"])
                self._sound(reply, 200, 401, 403, 404, 409, 410)
                self._note(reply)

    @rule(session=sessions)
    def looks(self, session: tuple[Frame, int]) -> None:
        """A list and a journal."""
        for path in ("/api/dialogs", "/api/journal"):
            self._told(session, session[0].get(path))

    @rule(clean=_clean)
    def uninstalls(self, clean: bool) -> None:
        """The administrator removes the app, with or without its data."""
        self._ended(clean)

    @rule(session=sessions, clean=_clean)
    def uninstalls_during_a_bulk_run(self, session: tuple[Frame, int], clean: bool) -> None:
        """The same while dialogs are being pinned."""
        frame = session[0]
        chats = [chat for chat, row in self.tenant.truth(OPERATOR).items()]
        begun = frame.request("POST", "/api/runs", {"action": "pin", "chat_ids": chats})
        self._told(session, begun)

        def go() -> None:
            for start in range(0, len(chats), 5):
                with suppress(OSError):
                    self._note(frame.act("pin", *chats[start : start + 5], run=begun.json()["run"]))

        going = threading.Thread(target=go if begun.status == 200 else int)
        going.start()
        ends = self.installed
        self._ended(clean)
        going.join()
        if not ends:
            return
        self._swept(clean)  # what the run's last request has written meanwhile
        if clean:
            self.wiped |= self.journal
            self.journal = set()

    @rule()
    def updates(self) -> None:
        """A new version: the portal forgets our bindings until the installer has run again."""
        if self.installed:
            self.tenant.update()

    @rule()
    def renames(self) -> None:
        """The portal gets another address."""
        self.tenant.rename()

    @rule()
    def changes_access(self) -> None:
        """The operator may not use the app any more, or may again."""
        self.admitted, self.tenant.calm = not self.admitted, False
        self.tenant.act("admit" if self.admitted else "expel", user_id=OPERATOR)

    @rule()
    def expires(self) -> None:
        """All access tokens are too old."""
        self.tenant.expire_tokens()

    @rule()
    def rotates_keys(self) -> None:
        """A new key comes first, everything is sealed anew, the old key goes."""
        self.grounds.rotate()

    @rule(session=consumes(sessions))
    def forgets(self, session: tuple[Frame, int]) -> None:
        """A tab is closed."""

    @rule()
    def forged_event(self) -> None:
        """Somebody who does not know the application token says that the app was removed."""
        self._sound(self.tenant.event("ONAPPUNINSTALL", "0" * 32, clean=True), 401)

    # --- what has to be so

    @invariant()
    def nothing_is_left_behind(self) -> None:
        """Of a removed app no token and no session; with CLEAN nothing at all."""
        self.grounds.steps += 1
        if self.installed:
            return
        left = self.grounds.rows(self.tenant.member_id)
        assert not set(left) & set(OF_A_PERSON), left
        assert self.kept or not left, left

    def teardown(self) -> None:
        """The next one begins with an empty portal."""
        self.grounds.clear(self.tenant)

    def _told(self, session: tuple[Frame, int], reply: Reply) -> None:
        """An answer within a session: of an older installation never, of today's one always."""
        if session[1] != self.generation or not self.installed:
            self._sound(reply, 401)
        elif self.admitted and self.tenant.calm:
            self._sound(reply, 200)
        else:
            self._sound(reply, 200, 401, 403)

    def _sound(self, reply: Reply, *allowed: int) -> None:
        assert reply.status in allowed, f"{reply.status} is none of {allowed}: {reply.text[:300]}"
        assert "Traceback" not in reply.text

    def _note(self, reply: Reply) -> None:
        if reply.status == 200 and (undo := reply.json().get("undo")):
            self.journal.add(undo["id"])

    def _journal_is(self, frame: Frame) -> None:
        """What was acknowledged is there, what was wiped is not."""
        reply = frame.get("/api/journal?limit=100")
        self._sound(reply, 200)
        listed = {entry["id"] for entry in reply.json()["entries"]}
        assert not listed & self.wiped, "wiped, and there again"
        assert len(listed) == 100 or self.journal <= listed, "acknowledged, and gone"

    def _ended(self, clean: bool) -> None:
        """The portal removes the app and says so; sessions of before are void at once."""
        if not self.installed:
            return
        status = self.tenant.uninstall(clean)
        assert status == 200, status
        self.installed, self.kept = False, not clean
        if clean:
            self.wiped |= self.journal
            self.journal = set()
        self._swept(clean)

    def _swept(self, clean: bool) -> None:
        """Nothing is there any more, or soon: requests that were under way write, and are swept behind."""
        until = time.monotonic() + SECONDS
        while not self._is_gone(clean):
            assert time.monotonic() < until, self.grounds.rows(self.tenant.member_id)
            time.sleep(0.02)

    def _is_gone(self, clean: bool) -> bool:
        left = set(self.grounds.rows(self.tenant.member_id))
        return not left & set(OF_A_PERSON) and not (clean and left)
