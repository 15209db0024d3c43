"""T21: replies with everything in the wrong place. What comes of them is a value or one of our errors."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.bitrix24 import envelope
from app.bitrix24.answer import Answer
from app.bitrix24.batch import decode
from app.bitrix24.envelope import open_envelope, times
from app.bitrix24.errors import BitrixError
from app.bitrix24.oauth_answers import check_tokens, read_app_info, read_tokens
from app.openlines.dialogs import read_rows
from app.openlines.listing import read_lines
from app.openlines.messages import read_messages
from app.openlines.model import Person
from app.openlines.rows import mark_rows
from app.portals.profile import read_profile
from tests.security.local import LocalApp
from tests.security.trial import Trial, size
from tests.support.frame import Frame

THREAT = "T21"
WHAT = "generated replies"
ATTEMPTS, PART = 5_000, 1_500

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 1e308, -0.0, 2**31, 2**53 + 1, 2**63, 2**64, 10**30, 10**400),
    *(
        "",
        " ",
        "0",
        "-1",
        "1e5",
        "NaN",
        "null",
        "Y",
        "\x00",
        "\ud7ff",
        "\U0001f600" * 50,
        "x" * 5000,
        "|" * 60,
    ),
    *(
        "2026-11-20T12:00:00+03:00",
        "0000-00-00",
        "9999-99-99T99:99:99",
        "٣",
        "chat-1",
        "chat99999999999999999999",
    ),
    *([], {}, [[]], [None], [{}], {"": ""}, {"0": []}, [[[[[[[[]]]]]]]], {"a": {"a": {"a": {"a": {}}}}}),
]
TEXTS = [
    *(b"", b"null", b"[]", b"{}", b"0", b'"x"', b"tru", b"NaN", b"Infinity", b"\xff\xfe", b"\xef\xbb\xbf{}"),
    *(b'{"result":', b'{"result":1}}', b'{"result":{},"result":[]}', b"[" * 100_000, b'{"a":' * 50_000),
    *(b'{"result":' + b"9" * 5000 + b"}", b'{"result":"\\ud800"}', b'{"result":"\\u0000"}', b"<html></html>"),
]
STATUSES = (200, 200, 200, 400, 401, 403, 404, 429, 500, 502, 503)
_BEYOND = (2**63, 2**64, 10**30, 10**400)


def bent(value: Any, dice: random.Random, depth: int = 0) -> Any:
    """The value with something in it replaced, removed, doubled or turned into another shape."""
    if depth > 6 or dice.random() < 0.06:
        return dice.choice(ODD)
    if isinstance(value, dict) and value:
        found = {
            key: bent(each, dice, depth + 1) if dice.random() < 0.4 else each for key, each in value.items()
        }
        if dice.random() < 0.15:
            found.pop(dice.choice(list(found)))
        if dice.random() < 0.1:
            found[dice.choice(["", "0", "error", "result", "__proto__", "ID"])] = dice.choice(ODD)
        return list(found.values()) if dice.random() < 0.04 else found
    if isinstance(value, list) and value:
        found_items = [bent(each, dice, depth + 1) if dice.random() < 0.4 else each for each in value]
        if dice.random() < 0.05:
            return {str(number): each for number, each in enumerate(found_items)}
        return found_items + [dice.choice(ODD)] * dice.randrange(2)
    return str(value) if dice.random() < 0.3 else value


def samples(local: LocalApp, victim: Frame) -> dict[str, Any]:
    """Replies as the sandbox really gives them."""
    endpoint, token = f"{victim.sandbox.url}/rest", victim.fields["AUTH_ID"]
    commands = {
        "list": "im.recent.get?ONLY_OPENLINES=Y",
        "me": "profile",
        "lines": "imopenlines.config.list.get",
        "messages": f"im.dialog.messages.get?DIALOG_ID=chat{next(iter(victim.dialogs()))}",
    }
    body = {"halt": 0, "cmd": commands, "auth": token}
    batch = victim._http.request("POST", f"{endpoint}/batch", json=body).json()
    info = victim._http.request("POST", f"{local.ports.oauth_url}/rest/app.info", json={"auth": token}).json()
    pair = {"access_token": "a" * 70, "refresh_token": "b" * 70, "expires_in": 3600, "member_id": "m"}
    return {"batch": batch, "info": info, "pair": {**pair, "client_endpoint": f"{endpoint}/", "user_id": 1}}


def encoded(value: Any) -> bytes:
    """JSON, with the numbers that JSON allows and decoders do not."""
    try:
        return msgspec.json.encode(value)
    except (OverflowError, ValueError, msgspec.MsgspecError):
        return msgspec.json.encode(str(value)[:100])


def readers() -> dict[str, Callable[[Answer], object]]:
    """Everything that reads what others answer."""

    def batch(answer: Answer) -> None:
        opened = open_envelope(answer)
        times(opened.time)
        found = decode(opened, 0.1)
        listed: list[Any] = []
        if "list" in found.results:
            rows = mark_rows([found.results["list"]])
            seen = read_rows(rows, me=Person(27, "Maria"), lines={1: "x"}, origin="https://x", now=NOW)
            listed = seen.dialogs
            msgspec.json.encode(listed)
        if "lines" in found.results:
            read_lines(found.results["lines"])
        if "me" in found.results:
            read_profile(found.results["me"])
        if "messages" in found.results and listed:
            msgspec.json.encode(read_messages(found.results["messages"], listed[0], 27))

    def pair(answer: Answer) -> None:
        check_tokens(answer)
        value = msgspec.json.decode(answer.body)
        if isinstance(value, dict):
            read_tokens(value, "https://oauth.example")

    return {
        "batch": batch,
        "info": lambda answer: read_app_info(answer, "https://oauth.example"),
        "pair": pair,
    }


def read(reader: Callable[[Answer], object], answer: Answer) -> str:
    """Nothing when it ends in a value or in an error of ours."""
    try:
        reader(answer)
    except BitrixError:
        return ""
    except Exception as error:
        return f"{type(error).__name__} for {answer.body[:200]!r}"
    return ""


def generated(kinds: dict[str, Any], count: int) -> Iterator[str]:
    """Bent replies and broken texts, to each of the readers."""
    dice = random.Random(20_261_120)
    known = readers()
    for kind, text in ((kind, text) for kind in ("batch", "info") for text in TEXTS):
        yield read(known[kind], Answer(dice.choice(STATUSES), {}, text))
    for number in range(count):
        kind = ("batch", "batch", "info", "pair")[number % 4]
        body = encoded(bent(kinds[kind], dice))
        if dice.random() < 0.05:
            body = body[: dice.randrange(len(body) + 1)]
        yield read(known[kind], Answer(dice.choice(STATUSES), {}, body))


def test_generated_replies(trial: Trial, local: LocalApp, victim: Frame) -> None:
    kinds = samples(local, victim)
    assert len(kinds["batch"]["result"]["result"]["list"]) > 1
    assert all(
        read(reader, Answer(200, {}, encoded(kinds[kind]))) == "" for kind, reader in readers().items()
    )
    trial.attack(generated(kinds, size(6_000, 1_600)))
    with trial.without(envelope, "_envelopes", msgspec.json.Decoder(dict)):
        trial.control(generated(kinds, 50))
    trial.verdict()
