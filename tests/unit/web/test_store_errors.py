"""What the stores raise: an outage asks for patience, a mistake of ours is told as one."""

from dataclasses import replace

import pytest
from sqlalchemy import exc

from app.config import Settings
from app.storage.shared import SharedStoreDown
from app.web.errors import describe
from app.web.services import EXTENSION, Services
from app.web.session import HEADER
from tests.support.apps import MEMBER, made

CAUSE = Exception("the driver's own")
OUT = [
    exc.OperationalError("select", {}, CAUSE),
    exc.InterfaceError("select", {}, CAUSE),
    exc.TimeoutError("no free connection"),
    SharedStoreDown("TimeoutError"),
]
OURS = [
    exc.DataError("select", {}, CAUSE),
    exc.IntegrityError("insert", {}, CAUSE),
    exc.ProgrammingError("selct", {}, CAUSE),
    exc.InvalidRequestError("a mistake in our code"),
    exc.StatementError("a value of the wrong kind", "select", {}, CAUSE),
]


@pytest.mark.parametrize("error", OUT, ids=lambda error: type(error).__name__)
def test_an_outage_of_a_store_passes(error: Exception) -> None:
    failure = describe(error)
    assert (failure.status, failure.code, failure.retry_after) == (503, "portal_unavailable", 5)


@pytest.mark.parametrize("error", OURS, ids=lambda error: type(error).__name__)
def test_a_statement_that_can_never_work_is_no_outage(error: Exception) -> None:
    failure = describe(error)
    assert (failure.status, failure.code, failure.retry_after) == (500, "internal_error", None)


@pytest.mark.parametrize(("wish", "words"), [("en", "cannot reach its own storage"), ("de", "Speicher")])
def test_a_session_that_cannot_be_looked_up_is_told_as_an_outage(
    settings: Settings, wish: str, words: str
) -> None:
    with made(replace(settings, redis_url="redis://127.0.0.1:1/0")) as app:
        services: Services = app.extensions[EXTENSION]
        token = services.sessions.header.sign("sid", MEMBER, 27)
        for _ in range(2):
            answer = app.test_client().get(
                "/api/dialogs",
                headers={HEADER: token, "Accept-Language": wish},
                base_url="https://pinline.example",
            )
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert answer.get_json()["error"] == "portal_unavailable"
            assert words in answer.get_json()["message"]
