"""What the event queue is told while the database is down: 202, or an honest 503; the same of any portal."""

import time
from urllib.parse import urlencode

import pytest
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from tests.support.apps import PROOF
from tests.unit.web.told import Web


def post(web: Web, member_id: str) -> TestResponse:
    fields = {
        "event": "ONAPPUNINSTALL",
        "auth[member_id]": member_id,
        "auth[application_token]": "a" * 32,
        "ts": str(int(time.time())),
    }
    form = "application/x-www-form-urlencoded"
    return web.client.post("/events", data=urlencode(fields), content_type=form)


@pytest.mark.parametrize(("keeps", "status"), [(True, 202), (False, 503)])
def test_known_and_unknown_portals_get_the_same_answer(
    web: Web, monkeypatch: pytest.MonkeyPatch, keeps: bool, status: int
) -> None:
    def down(*_: object) -> bool:
        raise OperationalError("SELECT", {}, Exception("down"))

    assert {post(web, member_id).status_code for member_id in (PROOF.member_id, "f" * 32)} == {401}
    folder = web.services.settings.instance / "spool"
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not keeps:
        folder.write_text("a file where a folder should be")
    monkeypatch.setattr(web.services.portals.application_tokens, "matches", down)
    known, unknown = (post(web, member_id) for member_id in (PROOF.member_id, "f" * 32))
    assert known.status_code == unknown.status_code == status
    assert known.data == unknown.data == b""
    assert set(known.headers) == set(unknown.headers)
    assert ("Retry-After" in known.headers) is not keeps


FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"
GENUINE = {
    "event": "ONAPPUPDATE",
    "data[VERSION]": "7",
    "auth[member_id]": PROOF.member_id,
    "auth[application_token]": "genuine:1",
}
BARE = "&".join(f"{name}={value}" for name, value in GENUINE.items())


def parts(fields: dict[str, str], more: str = "") -> bytes:
    """The same as multipart."""
    each = [f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    return ("".join(each) + more + "--b--\r\n").encode()


def version(web: Web) -> str:
    known = web.services.portals.installations.find(PROOF.member_id)
    assert known is not None
    return known.version


ACCEPTED = {
    "brackets as they are": (BARE, FORM),
    "no type": (BARE, ""),
    "UTF-8 as it is": (f"{BARE}&data[TEXT]=Привет, 日本", FORM),
    "no UTF-8 at all": (BARE.encode() + b"&data[TEXT]=\xff\xfe%FF", FORM),
    "600 fields": (BARE + "".join(f"&data[{number}]=1" for number in range(600)), FORM),
    "a long text": (f"{BARE}&data[TEXT]={'x' * 70_000}", FORM),
    "a list": (f"{BARE}&data[a][]=1&data[a][]=2", FORM),
    "line ends": (f"{BARE}&data[TEXT]=%0D%0Aa%00", FORM),
    "escaped names": (BARE.replace("[", "%5B").replace("]", "%5d").replace("event", "%65vent"), FORM),
    "multipart": (parts(GENUINE), PARTS),
}
REFUSED = {
    "too many fields": (BARE + "&a=1" * 5000, FORM, 400),
    "too many parts": (parts({**GENUINE, **{str(number): "" for number in range(5000)}}), PARTS, 413),
    "too long": (f"{BARE}&a={'x' * 262_144}", FORM, 413),
    "too long parts": (parts({**GENUINE, "a": "x" * 262_144}), PARTS, 413),
    "JSON": (f'{{"event":"{BARE}"}}', "application/json", 400),
    "no boundary": (parts(GENUINE), "multipart/form-data", 400),
    "a long token": (BARE.replace("genuine:1", "genuine:1" + "%00" * 80_000), FORM, 400),
    "a token with a sign that is none": (BARE.encode() + b"\xff", FORM, 400),
    "the version twice": (f"{BARE}&data[VERSION]=8", FORM, 400),
    "a part twice": (
        parts(GENUINE, '--b\r\nContent-Disposition: form-data; name="event"\r\n\r\nX\r\n'),
        PARTS,
        400,
    ),
}


@pytest.mark.parametrize("what", ACCEPTED)
def test_no_event_is_lost_for_what_we_do_not_read(web: Web, what: str) -> None:
    web.services.portals.installations.save(PROOF, "genuine:1")
    body, form = ACCEPTED[what]
    assert web.client.post("/events", data=body, content_type=form).status_code == 200
    assert version(web) == "7"


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_too_much_or_says_two_things_is_refused(web: Web, what: str) -> None:
    web.services.portals.installations.save(PROOF, "genuine:1")
    body, form, status = REFUSED[what]
    assert web.client.post("/events", data=body, content_type=form).status_code == status
    assert version(web) == PROOF.version


def test_a_file_is_no_application_token(web: Web) -> None:
    web.services.portals.installations.save(PROOF, "genuine:1")
    fields = {name: value for name, value in GENUINE.items() if "token" not in name}
    name = "auth[application_token]"
    file = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="x"\r\n\r\ngenuine:1\r\n'
    answer = web.client.post("/events", data=parts(fields, file), content_type=PARTS)
    assert (answer.status_code, version(web)) == (400, PROOF.version)
