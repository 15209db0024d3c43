"""What the stores raise: an outage asks for patience, a mistake of ours is told as one."""

import pytest
from sqlalchemy import exc

from app.storage.shared import SharedStoreDown
from app.web.errors import describe

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
