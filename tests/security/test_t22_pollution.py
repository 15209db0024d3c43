"""T22: one field in two places, or twice in one, so that the check reads one value and the work another."""

import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from app.bitrix24 import params
from tests.security.local import LocalApp
from tests.security.trial import Trial
from tests.support.acting import own
from tests.support.frame import Frame

THREAT = "T22"
WHAT = "fields that stand twice or elsewhere"
ATTEMPTS, PART = 100, 100


def opened(victim: Frame) -> Iterator[str]:
    """Openings with a field doubled: within a half, across both, in the wrong half, as an array."""
    evil = {
        "DOMAIN": "evil.example",
        "AUTH_ID": "f" * 70,
        "member_id": "f" * 32,
        "PROTOCOL": "1",
        "LANG": "xx",
    }
    evil |= {"REFRESH_ID": "e" * 70, "AUTH_EXPIRES": "1", "APP_SID": "x", "PLACEMENT": "X", "status": "F"}
    for path, (name, value) in itertools.product(("/app", "/install"), evil.items()):
        address, fields = victim.prepare(path)
        inside = name in fields
        body, more = urlencode(fields), f"{name}={quote(value)}"
        own_value = f"{name}={quote(fields[name])}" if inside else more
        ways = [
            (f"{address}&{more}", f"{body}&{more}"),
            (f"{address}&{own_value}", body if inside else f"{body}&{own_value}"),
            (address, f"{body}&{more}&{more}"),
            (address, f"{more}&{body}") if inside else (f"{address}&{more}&{more}", body),
            (address, f"{body}&{own_value}") if inside else (f"{address}&{more}", body),
            (f"{address}&{name.lower()}={quote(value)}&{more}", f"{body}&{more}"),
        ]
        for where, what in ways:
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": victim.origin}
            answer = victim._http.request("POST", where, body=what, headers=headers, redirect=False)
            yield f"{path} {name}: {answer.status}" if answer.status < 400 else ""


def told(local: LocalApp, victim: Frame) -> Iterator[str]:
    """The desk's JSON with a name twice, and events with a field in two spellings."""
    mine = own(victim)[:2]
    bodies = [
        ("/api/actions/pin", f'{{"chat_ids":[{mine[0]}],"chat_ids":[{mine[1]}]}}'),
        ("/api/actions/pin", f'{{"chat_ids":[{mine[0]}],"chat\\u005fids":[{mine[1]}]}}'),
        ("/api/runs", f'{{"action":"pin","action":"silence","chat_ids":[{mine[0]}]}}'),
        ("/api/runs", f'{{"action":"pin","chat_ids":[{mine[0]}],"chat_ids":[]}}'),
        ("/api/actions/pin", f'{{"chat_ids":[{mine[0]}],"member_id":"x"}}'),
        ("/api/session", '{"AUTH_ID":"aaaaaaaa","AUTH_ID":"bbbbbbbb"}'),
    ]
    for path, body in bodies:
        yield f"{path} {body}" if victim.raw(path, body.encode()).status < 400 else ""
    token = victim.sandbox.control("GET", "app")["application_token"]
    head = f"event=ONAPPUPDATE&auth[member_id]={victim.fields['member_id']}&auth[application_token]={token}"
    for more in (
        "event=ONAPPUNINSTALL",
        "auth[member_id]=x",
        f"auth[application_token]={token}",
        "ts=1&ts=2",
    ):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = victim._http.request("POST", f"{local.url}/events", body=f"{head}&{more}", headers=headers)
        yield f"event with {more}" if answer.status < 400 else ""


def last_one(*sources: Any) -> dict[str, str]:
    """What most frameworks do."""
    return {name: value for source in sources for name, value in source}


def test_pollution(trial: Trial, local: LocalApp, victim: Frame) -> None:
    trial.attack(opened(victim))
    trial.attack(told(local, victim))
    assert victim.get("/api/dialogs").status == 200
    with trial.without(params, "single", last_one):
        trial.control(opened(victim))
    trial.verdict()
