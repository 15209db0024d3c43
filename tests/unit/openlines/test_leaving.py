"""Why a dialog left: only what the portal's chat says, and unknown where it says nothing."""

import json

import pytest

from app.openlines.leaving import asked_about, why, why_command

SESSION, ME = 343, 27


def chat(owner: object, session: object = SESSION, waits: str = "N") -> bytes:
    data = f"Y|LEAD|1209|N|{waits}|{session}|1763626442|0|0|0"
    return json.dumps({"id": 1763, "owner": owner, "entity_data_1": data}).encode()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (chat(0), "requeued"),
        (chat("0"), "requeued"),
        (chat(31), "taken"),
        (chat(0, 0), "closed"),
        (chat(31, 400), "closed"),
        (chat(ME, waits="Y"), "closed"),
        (chat(ME), "unknown"),
        (chat(0, 1763626442), "unknown"),
        (b'{"owner": 0, "entity_data_1": ""}', "unknown"),
        (b'{"owner": 0}', "unknown"),
        (b"[]", "unknown"),
        (b"null", "unknown"),
    ],
)
def test_what_the_chat_tells(raw: bytes, code: str) -> None:
    assert why(raw, SESSION, ME) == code


def test_questions_are_recognised_by_their_keys() -> None:
    command = why_command(1763)
    assert (command.method, command.params) == ("imopenlines.dialog.get", {"CHAT_ID": 1763})
    assert asked_about(command.key) == 1763
    for key in ("list", "lines", "left", "leftx", "a1763"):
        assert asked_about(key) is None
