"""Browser sessions: the record is kept on the server, the page holds a short-lived signed token in memory.

Inside the portal's frame there is no cookie at all. Outside it a first-party cookie only loads the page,
which then works by header as well, so no request that changes anything ever rides on a cookie.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from flask import Flask, Request, Response, g, session
from flask.sessions import SessionMixin
from flask_session.base import ServerSideSession, ServerSideSessionInterface
from itsdangerous import BadData, URLSafeTimedSerializer

from app.portals.model import Operator
from app.storage.believed import Believed
from app.storage.sessions import Sessions
from app.web import logs

HEADER = "X-B24-Session"
TOKEN_SECONDS = 600
RECORD_SECONDS = 8 * 3600
SKEW_SECONDS = 60
"""How far ahead the clock of the machine may be that signed a token which another one reads."""

_BELIEVED_SECONDS = 1.0


class Record(msgspec.Struct, forbid_unknown_fields=True):
    """Who works in this session. Nothing in it is secret; only the language may change."""

    member_id: str
    user_id: int
    generation: int
    name: str
    language: str
    domain: str
    is_admin: bool

    @classmethod
    def of(cls, operator: Operator) -> "Record":
        """The record of an operator whose identity has just been proved."""
        names = cls.__struct_fields__
        return cls(**{name: getattr(operator, name) for name in names})

    def operator(self) -> Operator:
        """The operator again."""
        return Operator(**msgspec.structs.asdict(self))


class Ticket(msgspec.Struct, frozen=True):
    """What a signed token says: the session, whose it is, when it was signed."""

    sid: str
    member_id: str
    user_id: int
    signed_at: datetime


class Signer:
    """Signs and reads the page's token and, under a salt of its own, the cookie outside the frame."""

    def __init__(self, secret: str, salt: str) -> None:
        self._serializer = URLSafeTimedSerializer(
            secret, salt=f"pinline.{salt}", signer_kwargs={"digest_method": hashlib.sha256}
        )

    def sign(self, sid: str, member_id: str, user_id: int) -> str:
        """A token for this session."""
        text = self._serializer.dumps([sid, member_id, user_id])
        return text if isinstance(text, str) else text.decode()

    def read(self, token: str, max_age: int | None) -> Ticket | None:
        """What the token says, or None when it is forged, misshapen or older than `max_age` seconds."""
        try:
            value, signed_at = self._serializer.loads(token[:1024], return_timestamp=True)
            sid, member_id, user_id = value
        except (BadData, ValueError, TypeError):
            return None
        age = (datetime.now(UTC) - signed_at).total_seconds()
        if max_age is not None and not -SKEW_SECONDS <= age <= max_age:
            return None
        return Ticket(str(sid), str(member_id), int(user_id), signed_at)


class HeaderSessions(ServerSideSessionInterface):  # type: ignore[misc]  # the package has no types
    """Flask-Session with another carrier: the header, or the cookie for the one page that it may load."""

    def __init__(
        self,
        app: Flask,
        store: Sessions,
        secret: str,
        secure: bool,
        alive: Callable[[str], int | None],
    ) -> None:
        super().__init__(app, key_prefix="", permanent=False, cleanup_n_requests=None)
        self.store = store
        self.header = Signer(secret, "header")
        self.cookie = Signer(secret, "cookie")
        self.cookie_name = "__Host-pinline" if secure else "pinline"
        self.secure = secure
        self._records: Believed[str, dict[str, Any]] = Believed(_BELIEVED_SECONDS)
        self._generations: Believed[str, int | None] = Believed(_BELIEVED_SECONDS)
        self._alive = alive

    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        """The session that the request's token names; an empty one when it names none.

        Raises what the store raises. Then there is no session at all, not even for the answer that says so.
        """
        ticket = self.ticket(request)
        g.sessionless = True
        data = self._retrieve_session_data(ticket.sid) if ticket else None
        g.sessionless = False
        if ticket and data:
            g.ticket = ticket
            return ServerSideSession(data, sid=ticket.sid)
        return ServerSideSession(sid=secrets.token_urlsafe(32))

    def ticket(self, request: Request) -> Ticket | None:
        """The valid token of a request; the cookie counts only for the page it exists for."""
        if token := request.headers.get(HEADER):
            return self.header.read(token, TOKEN_SECONDS)
        if request.method == "GET" and request.path == "/app":
            return self.cookie.read(request.cookies.get(self.cookie_name, ""), RECORD_SECONDS)
        return None

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep a session that `start_session` has filled; a change prolongs nothing, reading never writes."""
        if not session or not session.modified:
            return
        sid: str = session.sid  # type: ignore[attr-defined]  # of ServerSideSession
        if (ticket := g.get("ticket")) and ticket.sid == sid:
            self.store.change(sid, msgspec.msgpack.encode(msgspec.convert(dict(session), Record)))
            self._records.drop(sid)
        else:
            self._upsert_session(timedelta(seconds=RECORD_SECONDS), session, sid)

    def lives(self, member_id: str, generation: int) -> bool:
        """Whether this is the generation of an active installation. A yes may be a second old, a no is not:
        whoever opens the app just after it was installed again is let in, whichever process answers.
        """
        if self._generation(member_id) != generation:
            self._generations.drop(member_id)
        return self._generation(member_id) == generation

    def _generation(self, member_id: str) -> int | None:
        return self._generations.get(member_id, lambda: self._alive(member_id))

    def forget(self) -> None:
        """Believe nothing remembered any more: an installation has just changed."""
        self._generations.clear()
        self._records.clear()

    def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
        return self._records.get(store_id, lambda: self._decoded(store_id)) or None

    def _decoded(self, sid: str) -> dict[str, Any]:
        raw = self.store.load(sid)
        try:
            record = msgspec.msgpack.decode(raw, type=Record) if raw else None
        except msgspec.MsgspecError:
            record = None
        return msgspec.structs.asdict(record) if record else {}

    def _upsert_session(self, session_lifetime: timedelta, session: Any, store_id: str) -> None:
        record = msgspec.convert(dict(session), Record)
        seconds = int(session_lifetime.total_seconds())
        self.store.save(store_id, record.member_id, record.user_id, msgspec.msgpack.encode(record), seconds)
        self._records.drop(store_id)

    def _delete_session(self, store_id: str) -> None:
        self._records.drop(store_id)
        self.store.delete(store_id)


def start_session(carrier: HeaderSessions, operator: Operator) -> str:
    """Begin a session under a new id for an operator who has just been proved; returns the page's token."""
    previous = getattr(g, "ticket", None)
    if previous is not None:
        carrier._delete_session(previous.sid)
    session.clear()
    session.sid = secrets.token_urlsafe(32)  # type: ignore[attr-defined]  # of ServerSideSession
    session.update(msgspec.structs.asdict(Record.of(operator)))
    session.pop("_permanent", None)
    session.modified = True
    fields = {"member_id": operator.member_id, "user_id": operator.user_id}
    logs.NOTES.info("session begun", extra={"fields": fields})
    return page_token(carrier)


def end_session(carrier: HeaderSessions, *, everywhere: bool) -> None:
    """End the session of this request, or all of its person; another process may believe one for a second."""
    operator = msgspec.convert(dict(session), Record)
    carrier._delete_session(session.sid)  # type: ignore[attr-defined]  # of ServerSideSession
    if everywhere:
        carrier.store.delete_operator(operator.member_id, operator.user_id)
        carrier.forget()
    session.clear()
    fields = {"member_id": operator.member_id, "user_id": operator.user_id}
    logs.NOTES.info("session ended", extra={"fields": fields})


def page_token(carrier: HeaderSessions) -> str:
    """A fresh token of the session that this request runs in."""
    sid: str = session.sid  # type: ignore[attr-defined]  # of ServerSideSession
    return carrier.header.sign(sid, session["member_id"], session["user_id"])


def set_cookie(carrier: HeaderSessions, response: Response) -> None:
    """Outside the frame: the first-party cookie that loads the page (and nothing else)."""
    value = carrier.cookie.sign(session.sid, session["member_id"], session["user_id"])  # type: ignore[attr-defined]
    response.set_cookie(
        carrier.cookie_name,
        value,
        max_age=RECORD_SECONDS,
        secure=carrier.secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def drop_cookie(carrier: HeaderSessions, response: Response) -> None:
    """The cookie goes with its session."""
    name, secure = carrier.cookie_name, carrier.secure
    response.delete_cookie(name, secure=secure, httponly=True, samesite="Lax", path="/")


def session_operator(carrier: HeaderSessions) -> Operator | None:
    """The operator of this request's session, if its installation is still the same one."""
    if not session:
        return None
    found = msgspec.convert(dict(session), Record).operator()
    return found if carrier.lives(found.member_id, found.generation) else None


def renewed(ticket: Ticket) -> bool:
    """Whether half of the token's life is over, so that an answer should bring a new one."""
    return datetime.now(UTC) - ticket.signed_at > timedelta(seconds=TOKEN_SECONDS / 2)
