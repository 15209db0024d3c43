"""T21: replies with everything in the wrong place. What comes of them is a value or one of our errors."""

import json
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
from app.openlines import dialogs
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
        "\ud800",
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
ROWS = ("result", "result", "list")
PROPER = {2**31, 100_000}
"""The ids among the odd values ("1e5" is one): whole, positive, and none that a browser would round."""

Path = tuple[str | int, ...]
Ids = set[tuple[str, int]]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """The way to every value in it."""
    if path:
        yield path
    for key, each in inside(value):
        yield from places(each, (*path, key))


def inside(value: Any) -> list[tuple[str | int, Any]]:
    """What a map or a list holds."""
    return list(
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    )


def bent(value: Any, path: Path, dice: random.Random) -> Any:
    """The value with what stands at this place replaced, removed, doubled or turned into another shape."""
    if len(path) > 1:
        return altered(value, path[0], [bent(value[path[0]], path[1:], dice)])
    old = value[path[0]]
    shapes: list[Any] = [str(old), [old], {"0": old}, list(old.values()) if isinstance(old, dict) else None]
    if isinstance(old, list):
        shapes += [{str(number): each for number, each in enumerate(old)}, old + old]
    if isinstance(old, dict):
        shapes += [{**old, dice.choice(["", "0", "error", "result", "__proto__", "ID"]): dice.choice(ODD)}]
    return altered(value, path[0], dice.choice([[], [dice.choice(shapes)], *[[dice.choice(ODD)]] * 4]))


def altered(value: Any, key: str | int, to: list[Any]) -> Any:
    """The map or list with this in the place of what stood there, or without it."""
    if isinstance(value, dict):
        return {name: to[0] if name == key else each for name, each in value.items() if to or name != key}
    return [*value[: int(key)], *to, *value[int(key) + 1 :]]


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
    return json.dumps(value).encode()


def read_batch(answer: Answer) -> Ids:
    """Everything that is read of a portal's answer, and the ids of what would be shown or acted on."""
    opened = open_envelope(answer)
    times(opened.time)
    found = decode(opened, 0.1, ("list", "me", "lines", "messages")).results
    ids: Ids = set()
    listed: list[Any] = []
    if "list" in found:
        rows = mark_rows([found["list"]])
        seen = read_rows(rows, me=Person(27, "Maria"), lines={1: "x"}, origin="https://x", now=NOW)
        listed = seen.dialogs
        msgspec.json.encode(listed)
        ids |= {("chat", dialog.chat_id) for dialog in listed}
        ids |= {("session", dialog.session_id) for dialog in listed if dialog.session_id != 0}
    if "lines" in found:
        ids |= {("line", line_id) for line_id in read_lines(found["lines"])}
    if "me" in found and (profile := read_profile(found["me"])) is not None:
        ids.add(("person", profile.user_id))
    if "messages" in found and listed:
        messages = read_messages(found["messages"], listed[0], 27)
        msgspec.json.encode(messages)
        ids |= {("message", message.id) for message in messages}
    return ids


def read_pair(answer: Answer) -> Ids:
    """A pair of tokens."""
    check_tokens(answer)
    value = msgspec.json.decode(answer.body)
    pair = read_tokens(value, "https://oauth.example") if isinstance(value, dict) else None
    return {("person", pair.user_id)} if pair is not None and pair.user_id is not None else set()


def read_info(answer: Answer) -> Ids:
    """Whose token it is."""
    return {("person", read_app_info(answer, "https://oauth.example").user_id)}


READERS: dict[str, Callable[[Answer], Ids]] = {"batch": read_batch, "info": read_info, "pair": read_pair}


def read(kind: str, answer: Answer, genuine: Ids) -> str:
    """Nothing when it ends in an error of ours, or in ids that were there or are proper ones."""
    try:
        ids = READERS[kind](answer)
    except BitrixError:
        return ""
    except Exception as error:
        return f"{type(error).__name__} for {answer.body[:200]!r}"
    wrong = [each for each in ids - genuine if each[1] not in PROPER]
    return f"{wrong} of {answer.body[:200]!r}" if wrong else ""


class Generator:
    """Bends genuine replies; `in_rows` counts those that were bent within a row of the list."""

    def __init__(self, kinds: dict[str, Any]) -> None:
        self._kinds, self._dice = kinds, random.Random(20_261_120)
        self._genuine = {kind: encoded(value) for kind, value in kinds.items()}
        self._ids = {kind: READERS[kind](Answer(200, {}, body)) for kind, body in self._genuine.items()}
        self._places: dict[str, list[list[Path]]] = {}
        for kind, value in kinds.items():
            known = list(places(value))
            depths = sorted({len(path) for path in known})
            self._places[kind] = [[path for path in known if len(path) == depth] for depth in depths]
        self.in_rows = 0

    def texts(self) -> Iterator[str]:
        """Replies that are no JSON, or nothing else."""
        for kind in READERS:
            for text in TEXTS:
                yield read(kind, Answer(self._dice.choice(STATUSES), {}, text), self._ids[kind])

    def replies(self, count: int) -> Iterator[str]:
        """So many that differ from the genuine one, each at one place; every depth gets its share."""
        for number in range(count):
            kind = ("batch", "batch", "info", "pair")[number % 4]
            body = self._genuine[kind]
            while body == self._genuine[kind]:
                path = self._dice.choice(self._dice.choice(self._places[kind]))
                body = encoded(bent(self._kinds[kind], path, self._dice))
            self.in_rows += path[: len(ROWS)] == ROWS and len(path) > len(ROWS)
            if self._dice.random() < 0.05:
                body = body[: self._dice.randrange(len(body))]
            yield read(kind, Answer(self._dice.choice(STATUSES), {}, body), self._ids[kind])


def test_generated_replies(trial: Trial, local: LocalApp, victim: Frame) -> None:
    kinds = samples(local, victim)
    assert len(kinds["batch"]["result"]["result"]["list"]) > 1
    generator, count = Generator(kinds), size(6_000, 1_600)
    trial.attack(generator.texts())
    trial.attack(generator.replies(count))
    trial.figure("bent within a row", f"{generator.in_rows:,}")
    assert generator.in_rows >= count // 10
    with trial.without(envelope, "_envelopes", msgspec.json.Decoder(dict)):
        trial.control(generator.replies(50))
    with trial.without(dialogs, "identity", lambda value: int(value or 0)):
        wrong = list(generator.replies(500))
    assert any(wrong), "ids that are none would be shown"
    trial.control(wrong)
    trial.verdict()
