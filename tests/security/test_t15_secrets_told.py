"""T15: secrets in logs, exceptions, answers, addresses and files, in all bad weather, with logs at DEBUG.

Libraries stay at the level that the app gives them: that is the defence.
"""

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from app.bitrix24.oauth import AuthServers, TokenAnswer
from app.bitrix24.trace import CallRecord
from app.web import logs
from sandbox.faults import STRIKES, WHOLE
from scripts.processes import CLIENT_SECRET
from tests.security.local import SECRET_KEY, TOKEN_KEY, LocalApp
from tests.security.test_t07_csrf import cookie_of
from tests.security.trial import Trial, size, some
from tests.support.acting import own
from tests.support.frame import Frame, Reply
from tests.support.stand import http_pool

THREAT = "T15"
WHAT = "canaries in logs, answers, addresses and files, for each fault"
ATTEMPTS, PART = 14 * 65, 14 * 7

CODES = sorted(STRIKES["portal"] - WHOLE)
HANG = size(13.0, 0.01)  # longer than the app waits
SIGNS = 14  # of a secret, that are taken for it
OF_THE_PAGE = "session token"


@dataclass
class Told:
    """All that got out: the app's own log, all records plainly, files, and what browsers got.

    `pairs` are the tokens of renewals, `capture` has what was written past the log.
    """

    folder: Path
    capture: pytest.CaptureFixture[str]
    own: io.StringIO = field(default_factory=io.StringIO)
    plain: io.StringIO = field(default_factory=io.StringIO)
    answers: list[str] = field(default_factory=list)
    pairs: list[TokenAnswer] = field(default_factory=list)

    def heard(self, reply: Reply) -> Reply:
        """Keep an answer with its headers."""
        self.answers.append(f"{reply.status} {reply.headers}\n{reply.text}")
        return reply

    def begin(self) -> None:
        """Forget all but the files."""
        for stream in (self.own, self.plain):
            stream.truncate(stream.seek(0))
        self.answers.clear()

    def places(self) -> dict[str, str]:
        """What got out since then, by where it is found."""
        out, err = self.capture.readouterr()
        files = [path.read_text(errors="replace") for path in self.folder.rglob("*") if path.is_file()]
        return {
            "its log": self.own.getvalue(),
            "a record": self.plain.getvalue(),
            "an output": out + err,
            "a file": "".join(files),
            "an answer": "".join(self.answers),
        }


@pytest.fixture
def told(
    local: LocalApp, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Told]:
    """The app's own log, all that reaches the root at DEBUG with tracebacks, and its instance folder."""
    found = Told(tmp_path / "instance", capfd)
    root = logging.getLogger()
    level = root.level
    [mine] = [handler for handler in root.handlers if isinstance(handler.formatter, logs.JsonLines)]
    assert isinstance(mine, logging.StreamHandler)
    before, plain = mine.setStream(found.own), logging.StreamHandler(found.plain)
    root.addHandler(plain)
    root.setLevel(logging.DEBUG)
    renew = AuthServers.refresh

    def renewed(*given: Any) -> TokenAnswer:
        found.pairs.append(renew(*given))
        return found.pairs[-1]

    monkeypatch.setattr(AuthServers, "refresh", renewed)
    yield found
    root.setLevel(level)
    root.removeHandler(plain)
    mine.setStream(before)


def weather() -> list[dict[str, Any]]:
    """Every fault that the sandbox has, of the portal and of the authorization server; drips end soon."""
    whole: list[dict[str, Any]] = [
        {"kind": kind, "seconds": HANG if kind == "hang" else 0.01} for kind in sorted(WHOLE)
    ]
    codes = [{"kind": kind, "method": "im.recent.get", "status": 400, "code": "X"} for kind in CODES]
    codes += [{"kind": kind, "method": "imopenlines.session.mode.pin", "code": "X"} for kind in CODES]
    oauth = [fault | {"target": "oauth"} for fault in whole]
    oauth += [{"kind": kind, "target": "oauth"} for kind in sorted(STRIKES["oauth"] - WHOLE)]
    later = [fault | {"after": True, "times": 2} for fault in whole]
    once = [fault | {"times": 1} for fault in whole]
    return [*whole, *codes, *oauth, *later, *once]


def lived(local: LocalApp, victim: Frame, told: Told, fault: dict[str, Any]) -> dict[str, str]:
    """An opening, a list, a click, a renewal, an expiry, a window, a callback, an event under one fault."""
    portal = victim.sandbox
    address, fields = victim.prepare("/app")
    event = {"event": "ONAPPUPDATE", "auth[member_id]": fields["member_id"]}
    event |= {"auth[application_token]": "canary-event-0123456789", "auth[access_token]": "canary-access-012"}
    callback = f"{victim.app_url}/app?code=canary-code-0123&state=canary-state-0123&member_id=m"
    cookie = cookie_of(local, victim)
    before = len(told.pairs)
    portal.fault(**fault)
    opened = told.heard(victim.post_form(address, fields))
    victim.token = opened.token or victim.token
    portal.expire_tokens(27)
    renewal = portal.opening(27)[1]
    told.heard(victim.get("/api/dialogs"))
    for action in ("pin", "unpin"):  # one of them is sent, whatever was before
        told.heard(victim.act(action, *_CHATS[portal.url]))
    first = str(victim.token)
    told.heard(victim.renew(renewal))
    told.heard(victim.get("/app", Cookie=cookie, Accept="text/html"))
    told.heard(victim.post_form(f"{victim.app_url}/events", event))
    told.heard(Reply(http_pool().request("GET", f"{callback}&domain={quote(portal.host)}", redirect=False)))
    told.heard(victim.post_form(address, fields | {"AUTH_ID": "canary-forged-" + "0" * 50}))
    portal.heal()
    pairs = list(enumerate(told.pairs[before:]))
    renewed = {f"access token of refresh {at}": pair.access_token for at, pair in pairs}
    if victim.token != first:
        renewed[f"renewed {OF_THE_PAGE}"] = str(victim.token)
    renewed |= {f"refresh token of refresh {at}": pair.refresh_token for at, pair in pairs}
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
        OF_THE_PAGE: first,
        "session cookie": cookie.rpartition(".")[2],
        **renewed,
    }


_CHATS: dict[str, list[int]] = {}


def leaks(local: LocalApp, victim: Frame, told: Told, faults: list[dict[str, Any]]) -> Iterator[str]:
    """Each canary under each fault; the page has its own token in its answers, and nowhere else."""
    _CHATS[victim.sandbox.url] = own(victim)[:1]
    for fault in faults:
        told.begin()
        secrets = lived(local, victim, told, fault)
        places = told.places()
        assert len(secrets) >= 14
        assert '"event":"request"' in places["its log"], "the log is being written"
        assert '"method":' in places["a file"], "and so are the files"
        for name, secret in secrets.items():
            where = [place for place, text in places.items() if secret[:SIGNS] in text]
            if OF_THE_PAGE in name:
                where = [place for place in where if place != "an answer"]
            yield f"{name} in {', '.join(where)} under {fault}" if where else ""


SLOW: list[dict[str, Any]] = [{"kind": "slow", "seconds": 0.01}]


def test_secrets_are_not_told(
    trial: Trial, local: LocalApp, victim: Frame, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = weather()
    assert len(faults) >= 65
    victim.sandbox.switch(limiter=False)
    trial.attack(leaks(local, victim, told, list(some(faults, 7))))
    assert told.pairs, "a pair was refreshed"
    careless_libraries(trial, local, victim, told, monkeypatch)
    careless_lines(trial, local, victim, told)
    trial.figure("faults", str(len(some(faults, 7))))
    trial.verdict()


def careless_libraries(
    trial: Trial, local: LocalApp, victim: Frame, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libraries that speak at DEBUG, too."""
    heard = [logging.getLogger(name) for name in ("requests_oauthlib", "oauthlib")]
    with trial.without(logging.Logger, "getEffectiveLevel", lambda _: logging.DEBUG):
        for logger in heard:
            monkeypatch.setattr(logger, "level", logging.NOTSET)
            logger.manager._clear_cache()  # type: ignore[attr-defined]
        found = [hit for hit in leaks(local, victim, told, SLOW) if hit]
    for logger in heard:
        logger.manager._clear_cache()  # type: ignore[attr-defined]
    assert any("a record" in hit for hit in found)
    trial.control(found)


def careless_lines(trial: Trial, local: LocalApp, victim: Frame, told: Told) -> None:
    """Our own lines with secrets in them: at DEBUG in the log, and in the REST log's file."""
    kept = logs.CallLog.__call__

    def careless(self: logs.CallLog, record: CallRecord) -> None:
        logs.NOTES.debug("called", extra={"secret": SECRET_KEY})
        kept(self, replace(record, method=CLIENT_SECRET))

    with trial.without(logs.CallLog, "__call__", careless):
        found = [hit for hit in leaks(local, victim, told, SLOW) if hit]
    assert any(hit.startswith("signing key in its log") for hit in found), "its log is at DEBUG"
    assert any("a file" in hit for hit in found), "files are looked into"
    trial.control(found)
