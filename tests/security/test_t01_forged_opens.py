"""T1: openings and installations that are not what they say. Only the authorization server is believed."""

import itertools
import secrets
from collections.abc import Iterator

from app.portals.proof import Handshake
from tests.security.local import LocalApp
from tests.security.trial import Trial, some
from tests.support.frame import Frame

THREAT = "T1"
WHAT = "forged openings and installations"
ATTEMPTS, PART = 500, 80

PATHS = ("/app", "/install")


def foreign_tokens(local: LocalApp, victim: Frame) -> dict[str, str]:
    """Tokens that an attacker can come by, by what is wrong with each."""
    member = victim.fields["member_id"]
    endpoint, host = f"{victim.sandbox.url}/rest/", victim.sandbox.host
    truth = {"member_id": member, "domain": host, "client_endpoint": endpoint, "user_id": 27}
    lies = {
        "of another app": {"client_id": "app.0000000000000.00000000"},
        "of another app, named alike": {"client_id": "LOCAL.SANDBOX.00000001"},
        "of another app, with ours as a prefix": {"client_id": "local.sandbox.000000011"},
        "of another portal": {"member_id": "e" * 32},
        "of another portal, in other letters": {"member_id": member.upper()},
        "without a portal": {"member_id": ""},
        "of another domain": {"domain": "evil.example"},
        "of a domain that ends alike": {"domain": f"evil{host}"},
        "with another endpoint": {"client_endpoint": "http://127.0.0.1:1/rest/"},
        "with an endpoint behind a user": {"client_endpoint": f"http://{host}@127.0.0.1:1/rest/"},
        "with an endpoint that is none": {"client_endpoint": "javascript:alert(1)"},
    }
    tokens = {"unknown": secrets.token_hex(35), "short": secrets.token_hex(5)}
    for name, lie in lies.items():
        tokens[name] = secrets.token_hex(35)
        local.registrar.vouch(tokens[name], **(truth | lie))
    _, neighbour = local.portal().opening(1)
    tokens["genuine, of a portal without the app"] = neighbour["AUTH_ID"]
    tokens["genuine, cut short"] = victim.fields["AUTH_ID"][:-1]
    tokens["genuine refresh token"] = victim.fields["REFRESH_ID"]
    return tokens


def shapes(victim: Frame) -> list[dict[str, str]]:
    """Fields and headers (in capitals with a colon) that go with a token."""
    placed = {"PLACEMENT": "IM_SIDEBAR", "PLACEMENT_OPTIONS": '{"dialogId":"chat1"}'}
    return [
        {},
        {"Origin:": "null"},
        {"Origin:": "https://evil.example"},
        placed,
        {"status": "F"},
        {"SERVER_ENDPOINT": "http://127.0.0.1:1/rest/"},
        {"SERVER_ENDPOINT": f"{victim.sandbox.ports.oauth_url}/rest/"},
        {"APPLICATION_TOKEN": "f" * 32},
        {"REFRESH_ID": "f" * 70},
        {"AUTH_EXPIRES": "999999999"},
        {"member_id": "d" * 32},
        {"PLACEMENT": "DEFAULT", "Sec-Fetch-Dest:": "iframe"},
        {"Sec-Fetch-Site:": "cross-site"},
        {"Cookie:": "pinline=forged"},
        {"X-Forwarded-For:": "127.0.0.1"},
        {"X-B24-Session:": "forged"},
    ]


def forged(local: LocalApp, victim: Frame) -> Iterator[str]:
    """Every token in every shape on both addresses; yields what was granted, else an empty text."""
    tokens = foreign_tokens(local, victim)
    combos = list(itertools.product(PATHS, tokens, shapes(victim)))
    frame = Frame(victim.sandbox)
    for path, name, shape in some(combos, PART):
        address, fields = frame.prepare(path)
        headers = {key[:-1]: value for key, value in shape.items() if key.endswith(":")}
        more = {key: value for key, value in shape.items() if not key.endswith(":")}
        reply = frame.post_form(address, fields | {"AUTH_ID": tokens[name]} | more, **headers)
        granted = (
            reply.token or 'id="boot"' in reply.text or reply.status < 400 or "Set-Cookie" in reply.headers
        )
        yield f"{path} with a token {name} and {shape}: {reply.status}" if granted else ""


def test_forged_openings(trial: Trial, local: LocalApp, victim: Frame) -> None:
    before = local.counts()
    trial.attack(forged(local, victim))
    trial.attack([f"rows: {before} -> {local.counts()}" if local.counts() != before else ""])
    assert Frame(victim.sandbox).open().token, "an honest one is let in"
    with trial.without(Handshake, "_objection", lambda *_: None):
        trial.control(itertools.islice(forged(local, victim), 20, 60))
    trial.verdict()
