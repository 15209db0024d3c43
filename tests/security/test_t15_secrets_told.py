"""T15: secrets in logs, exceptions, answers and addresses, in all bad weather, with logs at DEBUG."""

import io
import itertools
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest

from app.web import logs
from scripts.processes import CLIENT_SECRET
from tests.security.local import SECRET_KEY, TOKEN_KEY, LocalApp
from tests.security.trial import Trial, some
from tests.support.acting import own
from tests.support.frame import Frame, Reply
from tests.support.stand import http_pool

THREAT = "T15"
WHAT = "canaries in logs, answers and addresses, for each fault"
ATTEMPTS, PART = 12 * 46, 12 * 5

PORTAL = (
    "503",
    "503html",
    "500",
    "502",
    "html",
    "slow",
    "reset",
    "truncated",
    "302",
    "empty",
    "huge",
    "drip",
)
CODES = ("429", "error", "lock_busy", "expired", "refuse")
OAUTH = (
    "503",
    "503html",
    "500",
    "502",
    "html",
    "slow",
    "reset",
    "truncated",
    "302",
    "empty",
    "drip",
    "expired",
)


@dataclass
class Told:
    """All that got out: log lines as they are written, and what browsers got."""

    log: io.StringIO = field(default_factory=io.StringIO)
    answers: list[str] = field(default_factory=list)

    def heard(self, reply: Reply) -> Reply:
        """Keep an answer with its headers."""
        self.answers.append(f"{reply.status} {reply.headers}\n{reply.text}")
        return reply


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """Log lines of everybody at DEBUG, in the app's own format, and plainly with tracebacks beside."""
    found = Told()
    handlers: list[logging.Handler] = [logging.StreamHandler(found.log), logging.StreamHandler(found.log)]
    handlers[0].setFormatter(logs.JsonLines())
    root = logging.getLogger()
    level = root.level
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield found
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


def weather() -> list[dict[str, Any]]:
    """Every fault of the portal and of the authorization server; drips end soon, being a byte at a time."""
    portal = [{"kind": kind, "seconds": 0.01} for kind in PORTAL]
    portal += [{"kind": kind, "method": "im.recent.get", "status": 400, "code": "X"} for kind in CODES]
    portal += [{"kind": kind, "method": "imopenlines.session.mode.pin", "code": "X"} for kind in CODES]
    oauth = [{"kind": kind, "target": "oauth", "seconds": 0.01} for kind in OAUTH]
    later = [{"kind": kind, "after": True, "times": 2} for kind in ("reset", "502", "html", "empty", "500")]
    mixed = [
        {"kind": kind, "times": 1} for kind in ("503", "reset", "502", "truncated", "500", "html", "empty")
    ]
    return [*portal, *oauth, *later, *mixed]


def lived(victim: Frame, told: Told, fault: dict[str, Any]) -> dict[str, str]:
    """An opening, a list, a click, a renewal, an expiry, a callback and an event under one fault."""
    portal = victim.sandbox
    address, fields = victim.prepare("/app")
    renewal = portal.opening(27)[1]
    event = {"event": "ONAPPUPDATE", "auth[member_id]": fields["member_id"]}
    event |= {"auth[application_token]": "canary-event-0123456789", "auth[access_token]": "canary-access-012"}
    callback = f"{victim.app_url}/app?code=canary-code-0123&state=canary-state-0123&member_id=m"
    portal.fault(**fault)
    opened = told.heard(victim.post_form(address, fields))
    victim.token = opened.token or victim.token
    portal.expire_tokens(27)
    told.heard(victim.get("/api/dialogs"))
    told.heard(victim.act("pin", *own_chats(victim)))
    told.heard(victim.renew(renewal))
    told.heard(victim.post_form(f"{victim.app_url}/events", event))
    told.heard(Reply(http_pool().request("GET", f"{callback}&domain={quote(portal.host)}", redirect=False)))
    told.heard(victim.post_form(address, fields | {"AUTH_ID": "canary-forged-" + "0" * 50}))
    portal.heal()
    return {
        "access token": fields["AUTH_ID"],
        "refresh token": fields["REFRESH_ID"],
        "access token of the renewal": renewal["AUTH_ID"],
        "refresh token of the renewal": renewal["REFRESH_ID"],
        "application token": portal.control("GET", "app")["application_token"],
        "application token of an event": "canary-event",
        "access token of an event": "canary-access",
        "code and state of a callback": "canary-code",
        "forged access token": "canary-forged",
        "client secret": CLIENT_SECRET,
        "signing key": SECRET_KEY,
        "token key": TOKEN_KEY,
    }


_CHATS: dict[str, list[int]] = {}


def own_chats(victim: Frame) -> list[int]:
    """One dialog to click on, learnt in good weather."""
    return _CHATS[victim.sandbox.url][:1]


def leaks(victim: Frame, told: Told, faults: list[dict[str, Any]]) -> Iterator[str]:
    """Each canary under each fault."""
    _CHATS[victim.sandbox.url] = own(victim)
    for fault in faults:
        told.log.truncate(told.log.seek(0))
        told.answers.clear()
        secrets = lived(victim, told, fault)
        text = told.log.getvalue()
        assert len(secrets) == 12
        assert '"event":"request"' in text, "the log is being written"
        for name, secret in secrets.items():
            where = "log" if secret[:14] in text else ""
            where += "answers" if any(secret[:14] in answer for answer in told.answers) else ""
            yield f"{name} in {where} under {fault}" if where else ""


def test_secrets_are_not_told(
    trial: Trial, local: LocalApp, victim: Frame, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = weather()
    assert len(faults) >= 46
    victim.sandbox.switch(limiter=False)
    trial.attack(leaks(victim, told, list(some(faults, 5))))
    heard = [logging.getLogger(name) for name in ("requests_oauthlib", "oauthlib")]
    with trial.without(logging.Logger, "getEffectiveLevel", lambda _: logging.DEBUG):
        for logger in heard:
            monkeypatch.setattr(logger, "level", logging.NOTSET)
            logger.manager._clear_cache()  # type: ignore[attr-defined]
        trial.control(itertools.islice(leaks(victim, told, [{"kind": "slow", "seconds": 0.01}]), 12))
    for logger in heard:
        logger.manager._clear_cache()  # type: ignore[attr-defined]
    trial.figure("faults", str(len(some(faults, 5))))
    trial.verdict()
