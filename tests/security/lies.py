"""What an authorization server could say of tokens that an attacker can come by; none of it fits the claim.

Each lie is one thing that is wrong, by the objection that it has to meet; all else is as it should be.
"""

import secrets
from typing import Any

from tests.security.local import LocalApp
from tests.support.frame import Frame

NEVER = "d" * 32
"""A portal that is nobody's."""


def lies(victim: Frame, neighbour: Frame) -> dict[str, dict[str, dict[str, Any]]]:
    """Fields of an `app.info` that differ from the truth about the victim's portal."""
    member, host = victim.fields["member_id"], victim.sandbox.host
    near, near_host = neighbour.fields["member_id"], neighbour.sandbox.host
    name = host.partition(":")[0]

    def at(domain: str) -> dict[str, str]:
        return {"domain": domain, "client_endpoint": f"http://{domain}/rest/"}

    return {
        "foreign_client": {
            "of another app": {"client_id": "app.0000000000000.00000000"},
            "of another app, named alike": {"client_id": "LOCAL.SANDBOX.00000001"},
            "of another app, with ours as a prefix": {"client_id": "local.sandbox.000000011"},
            "of another app, with ours and a space": {"client_id": "local.sandbox.00000001 "},
            "of no app": {"client_id": ""},
        },
        "other_portal": {
            "of a neighbour": {"member_id": near},
            "of an unknown portal": {"member_id": "e" * 32},
            "of a portal, in other letters": {"member_id": member.upper()},
            "of a portal, cut short": {"member_id": member[:-1]},
            "of a portal, with a space": {"member_id": f"{member} "},
            "without a portal": {"member_id": ""},
        },
        "other_domain": {
            "at a neighbour's address": at(near_host),
            "at an attacker's address": at("evil.example"),
            "at an address that ends alike": at(f"evil{host}"),
            "at an address that begins alike": at(f"{name}.evil.example"),
            "at the address without its port": at(name),
            "at the address with a dot": at(f"{name}.:{host.partition(':')[2]}"),
            "of another domain alone": {"domain": "evil.example"},
            "without a domain": {"domain": ""},
        },
        "other_endpoint": {
            "answering at a neighbour": {"client_endpoint": f"http://{near_host}/rest/"},
            "answering at another port": {"client_endpoint": "http://127.0.0.1:1/rest/"},
            "answering at an attacker": {"client_endpoint": "http://evil.example/rest/"},
            "answering behind a user": {"client_endpoint": f"http://{host}@127.0.0.1:1/rest/"},
            "answering at a port that ends alike": {"client_endpoint": f"http://{host}0/rest/"},
            "answering nowhere": {"client_endpoint": ""},
            "answering in a script": {"client_endpoint": "javascript:alert(1)"},
            "answering in a path": {"client_endpoint": f"http://evil.example/{host}/rest/"},
        },
        "not_installed": {
            f"not installed: {said!r}": {"installed": said}
            for said in (False, 0, "N", "false", "", None, "yes", 2)
        },
        "misshapen": {
            "with an app in a list": {"client_id": ["local.sandbox.00000001"]},
            "with a portal in a list": {"member_id": [member]},
            "with a portal as a number": {"member_id": 1},
            "with a domain in an object": {"domain": {"0": host}},
            "with an endpoint that is null": {"client_endpoint": None},
            "with a person that is none": {"user_id": "x"},
            "with a person in a list": {"user_id": [27]},
            "with installed in a list": {"installed": [True]},
        },
    }


def foreign_tokens(local: LocalApp, victim: Frame, neighbour: Frame) -> dict[str, dict[str, str]]:
    """A token for each lie, and some that nobody vouches for, by objection and by what is wrong."""
    endpoint, host = f"{victim.sandbox.url}/rest/", victim.sandbox.host
    member = victim.fields["member_id"]
    truth = {"member_id": member, "domain": host, "client_endpoint": endpoint, "user_id": 27}
    tokens: dict[str, dict[str, str]] = {}
    for reason, group in lies(victim, neighbour).items():
        tokens[reason] = {name: secrets.token_hex(35) for name in group}
        for name, lie in group.items():
            local.registrar.vouch(tokens[reason][name], **(truth | lie))
    whole = {"an empty answer": {}, "a list": [], "a text": "yes", "nothing at all": None}
    odd = {name: secrets.token_hex(35) for name in whole}
    local.registrar.infos |= {odd[name]: {"result": said} for name, said in whole.items()}
    _, fresh = local.portal().opening(1)
    tokens["misshapen"] |= odd
    tokens["unknown"] = {
        "made up": secrets.token_hex(35),
        "short": secrets.token_hex(5),
        "genuine, of a portal without the app": fresh["AUTH_ID"],
        "genuine, of a neighbour": neighbour.fields["AUTH_ID"],
        "genuine, cut short": victim.fields["AUTH_ID"][:-1],
        "genuine refresh token": victim.fields["REFRESH_ID"],
    }
    return tokens


def shapes(local: LocalApp) -> list[dict[str, str]]:
    """Fields and headers (with a colon) that change who is asked, what is compared or what is written."""
    return [
        {},
        {"Origin:": "null"},
        {"Origin:": "https://evil.example"},
        {"PLACEMENT": "IM_SIDEBAR", "PLACEMENT_OPTIONS": '{"dialogId":"chat1"}'},
        {"SERVER_ENDPOINT": f"{local.registrar.url}/rest/"},
        {"SERVER_ENDPOINT": "http://127.0.0.1:1/rest/"},
        {"APPLICATION_TOKEN": "f" * 32},
        {"member_id": NEVER},
    ]
