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
    monkeypatch.setattr(web.services.store, "application_token_matches", down)
    known, unknown = (post(web, member_id) for member_id in (PROOF.member_id, "f" * 32))
    assert known.status_code == unknown.status_code == status
    assert known.data == unknown.data == b""
    assert set(known.headers) == set(unknown.headers)
    assert ("Retry-After" in known.headers) is not keeps
