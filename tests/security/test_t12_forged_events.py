"""T12: events that the portal did not send. Refused alike for known and unknown portals, without effect."""

import itertools
import time
from collections.abc import Iterator

from app.portals.stores.application_tokens import ApplicationTokenStore
from tests.security.local import LocalApp
from tests.security.trial import Trial, some
from tests.support.frame import Frame, Reply

THREAT = "T12"
WHAT = "forged events"
ATTEMPTS, PART = 300, 90

EVENTS = ("ONAPPUNINSTALL", "OnAppUninstall", "ONAPPINSTALL", "ONAPPUPDATE", "ONIMCONNECTORMESSAGEADD")


def tokens(genuine: str, foreign: str) -> dict[str, list[tuple[str, str]]]:
    """The fields of an application token that is not the portal's, by what is wrong with it."""
    name = "auth[application_token]"
    return {
        "none": [],
        "empty": [(name, "")],
        "made up": [(name, "0" * len(genuine))],
        "of another portal": [(name, foreign)],
        "a prefix": [(name, genuine[:-1])],
        "longer": [(name, f"{genuine}0")],
        "in other letters": [(name, genuine.swapcase())],
        "an array": [(f"{name}[]", genuine)],
        "a map": [(f"{name}[0]", genuine)],
        "twice": [(name, "0" * 32), (name, genuine)],
        "with a null byte": [(name, f"{genuine}\x00")],
        "with a space": [(name, f" {genuine}")],
        "elsewhere": [("application_token", genuine)],
        "under data": [("data[application_token]", genuine)],
        "in JSON": [("auth", f'{{"application_token":"{genuine}"}}')],
        "true": [(name, "true")],
        "zero": [(name, "0")],
        "very long": [(name, genuine * 40)],
        "SQL": [(name, "' OR '1'='1")],
        "letters that look alike": [(name, "\uff10" * 32)],
    }


def post(frame: Frame, fields: list[tuple[str, str]]) -> Reply:
    """One event."""
    answer = frame._http.request(
        "POST", f"{frame.app_url}/events", fields=fields, encode_multipart=False, redirect=False
    )
    return Reply(answer)


def forged(local: LocalApp, victim: Frame, kinds: dict[str, list[tuple[str, str]]]) -> Iterator[str]:
    """Each event with each token, with CLEAN and without, for a known portal and for one that is not."""
    member = victim.fields["member_id"]
    before = local.counts()
    plan = list(itertools.product(EVENTS, kinds, ("1", "0"), ("", "with tokens of the sender's")))
    for event, kind, clean, extra in some(plan, PART // 2):
        fields = [
            ("event", event),
            ("data[CLEAN]", clean),
            ("data[VERSION]", "9"),
            ("ts", str(int(time.time()))),
        ]
        more = [("auth[access_token]", "f" * 70), ("auth[user_id]", "1")] if extra else []
        replies = [
            post(victim, [*fields, ("auth[member_id]", one), *kinds[kind], *more])
            for one in (member, "f" * 32)
        ]
        local.services.events.drain()
        told = [(reply.status, reply.text, sorted(set(reply.headers) - {"Date"})) for reply in replies]
        for reply in replies:
            effect = "" if local.counts() == before else f"{before} -> {local.counts()}"
            accepted = effect or reply.status < 400 or told[0] != told[1]
            yield f"{event} with a token {kind}: {told} {effect}" if accepted else ""


def test_forged_events(trial: Trial, local: LocalApp, victim: Frame) -> None:
    neighbour = local.portal()
    assert Frame(neighbour, user_id=1).install().status == 200
    genuine = victim.sandbox.control("GET", "app")["application_token"]
    foreign = neighbour.control("GET", "app")["application_token"]
    assert genuine != foreign
    kinds = tokens(genuine, foreign)
    trial.attack(forged(local, victim, kinds))
    assert victim.get("/api/dialogs").status == 200
    with trial.without(ApplicationTokenStore, "matches", lambda *_: True):
        trial.control(forged(local, victim, {"of another portal": kinds["of another portal"]}))
    assert victim.get("/api/dialogs").status == 401, "the same event, believed, ends the session"
    trial.verdict()
