"""Eight ways in which the authorization server fails while an operator's token has just expired."""

import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

from urllib3.exceptions import HTTPError

from tests.faults.processes import patiently
from tests.faults.proxy import Planned
from tests.faults.site import OPERATOR, Site
from tests.faults.survival import DONE, Case, asked, comes_back, goes_on, target, within, write
from tests.faults.told import is_pinned
from tests.faults.wire import http
from tests.support.acting import spend_refresh_token
from tests.support.frame import Frame

_FORGIVEN = 2.2  # seconds after which a server that failed is asked again


def _expired(site: Site) -> tuple[Frame, int]:
    """A desk whose access token is not accepted any more."""
    frame = site.desk()
    chat = target(frame)
    frame.sandbox.expire_tokens(OPERATOR)
    return frame, chat


def down(site: Site) -> None:
    """No connection: nothing was done, nobody new gets in, the pair is kept."""
    frame, chat = _expired(site)
    with site.trouble(site.oauth, down=True):
        _, outcome = write(frame, chat)
        assert outcome not in (*DONE, "session_expired"), outcome
        stranger = Frame(frame.sandbox, OPERATOR)
        assert asked(stranger.open).status >= 400, "fail closed"
        assert stranger.token is None
    goes_on(frame, chat, _FORGIVEN)
    comes_back(frame, chat)


def answers(raw: bytes, *, reopened: bool = False) -> Callable[[Site], None]:
    """A server that always answers so: the pair is kept. A refusal is remembered until the app is opened."""

    def run(site: Site) -> None:
        frame, chat = _expired(site)
        with site.trouble(site.oauth, forever=Planned(raw, "keep")):
            _, outcome = write(frame, chat)
            assert outcome not in DONE, outcome
            assert outcome != "session_expired", "the pair is still good"
        assert site.oauth.struck, "nobody asked for a pair"
        if reopened:
            frame.open()
        else:
            goes_on(frame, chat, _FORGIVEN)
        comes_back(frame, chat)

    return run


def hang(site: Site) -> None:
    """It accepts and says nothing."""
    frame, chat = _expired(site)
    with site.trouble(site.oauth, hang=True):
        _, outcome = write(frame, chat)
        assert outcome not in (*DONE, "session_expired"), outcome
    goes_on(frame, chat, _FORGIVEN)
    comes_back(frame, chat)


def invalid_grant(site: Site) -> None:
    """Somebody else has spent the refresh token: the page brings a new pair."""
    frame, chat = _expired(site)
    site.strike(spend_refresh_token, frame)
    _, outcome = write(frame, chat)
    assert outcome == "session_expired"
    comes_back(frame, chat)


def crash_in_between(site: Site) -> None:
    """The pair is rotated, the worker dies before it can store the new one: an opening brings another."""
    frame, chat = _expired(site)

    def click() -> None:
        racer = Frame(frame.sandbox)
        racer.token = frame.token
        with suppress(HTTPError):  # the connection dies with the worker
            racer.act("pin", chat)

    clicking = Thread(target=click)
    frame.sandbox.forget()
    with site.trouble(site.oauth, plan=deque([Planned(b"", "close", pass_on=True, seconds=4)])):
        clicking.start()
        within(5, lambda: site.oauth.struck and _rotations(frame))  # the answer is being held back
        site.strike(site.app.signal, signal.SIGKILL)
        ended = time.monotonic()
        clicking.join(10)
    assert not is_pinned(frame, chat)
    reply = patiently(lambda: asked(lambda: frame.act("pin", chat)))
    assert reply.json().get("error") == "session_expired", "the pair was not lost"
    assert _rotations(frame) == [200, 400], "the lost pair is asked for once more, no other"
    comes_back(frame, chat, ended)


def _rotations(frame: Frame) -> list[int]:
    """How requests for tokens were answered."""
    return [row["status"] for row in frame.sandbox.requests() if "token" in row["path"] and row["status"]]


def foreign_client(site: Site) -> None:
    """The authorization server says that a token is another application's: nobody gets in."""
    frame, chat = _expired(site)
    stranger = Frame(frame.sandbox, OPERATOR)
    of_another = {} if site.inert else {"client_id": "app.other"}
    reply = asked(lambda: stranger.open(**of_another))
    assert reply.status == 403, reply.status
    assert stranger.token is None
    comes_back(frame, chat)


def _error(status: int, code: str) -> bytes:
    return http(status, b'{"error":"%s","error_description":"x"}' % code.encode())


CASES = (
    Case("authorization", "down", down, quick=True),
    Case(
        "authorization", "5xx", answers(http(502, b"<html>Bad Gateway</html>", kind="text/html")), quick=True
    ),
    Case("authorization", "the server hangs", hang),
    Case("authorization", "invalid_grant", invalid_grant, quick=True),
    Case(
        "authorization",
        "PAYMENT_REQUIRED",
        answers(_error(401, "PAYMENT_REQUIRED"), reopened=True),
        quick=True,
    ),
    Case("authorization", "wrong_client", answers(_error(200, "wrong_client"), reopened=True)),
    Case("authorization", "crash between rotation and commit", crash_in_between, quick=True),
    Case("authorization", "a foreign client_id", foreign_client, quick=True),
)
