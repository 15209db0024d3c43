"""What scenario tests ask again and again about actions: targets, outcomes, the portal's own truth."""

from typing import Any

from scripts.processes import CLIENT_ID, CLIENT_SECRET
from tests.support.frame import Frame
from tests.support.stand import Sandbox, http_pool


def own(frame: Frame, **wanted: object) -> list[int]:
    """Chat ids of the operator's own dialogs with these values, in work or answered."""
    return [
        chat_id
        for chat_id, dialog in frame.dialogs().items()
        if dialog["mine"]
        and dialog["stage"] in {"work", "answered"}
        and all(dialog[name] == value for name, value in wanted.items())
    ]


def outcomes(answer: Any) -> dict[int, tuple[str, str | None]]:
    """What became of each chat."""
    return {result["chat_id"]: (result["outcome"], result["code"]) for result in answer["results"]}


def pinned(sandbox: Sandbox) -> set[int]:
    """What the portal itself holds as pinned with the operator."""
    return {chat_id for chat_id, row in sandbox.truth(27).items() if row["pinned"]}


def give_back(frame: Frame, undo: dict[str, Any] | None) -> dict[int, tuple[str, str | None]]:
    """Repeat the undo as the page does until nothing is left of it."""
    results: dict[int, tuple[str, str | None]] = {}
    for _ in range(20):
        if undo is None:
            return results
        reply = frame.undo(undo["id"])
        assert reply.status == 200, reply.text
        results |= outcomes(reply.json())
        undo = reply.json()["undo"]
    raise AssertionError("the undo does not come to an end")


def spend_refresh_token(frame: Frame) -> None:
    """Use up the refresh token that the app holds, as a copy of it in other hands would."""
    fields = {
        "grant_type": "refresh_token",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": frame.fields["REFRESH_ID"],
    }
    address = f"{frame.sandbox.ports.oauth_url}/oauth/token/"
    assert http_pool().request("POST", address, fields=fields, encode_multipart=False).status == 200
