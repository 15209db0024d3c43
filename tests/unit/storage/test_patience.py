"""A database that takes a statement and says nothing is given up in time, and asked anew."""

import time
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from app.storage import patience

SLOW = text("SELECT pg_sleep(2)")
ONE = text("SELECT 1")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_statement_without_an_answer_is_given_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience.PatientConnection, "patience", 0.5)
    with pytest.raises(OperationalError, match="did not answer in time"), engine.connect() as conn:
        conn.execute(SLOW)
    with engine.connect() as conn:
        assert conn.execute(ONE).scalar() == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_slow_statement_is_waited_for(engine: Engine) -> None:
    """The control: within its time the same statement ends."""
    with engine.connect() as conn:
        assert conn.execute(SLOW) is not None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_server_gives_up_before_we_do(engine: Engine) -> None:
    with engine.connect() as conn:
        driver: Any = conn.connection.driver_connection
        began = time.monotonic()
        with pytest.raises(OperationalError, match="statement timeout"):
            conn.execute(text("SELECT pg_sleep(20)"))
        assert time.monotonic() - began < driver.patience + 1
        conn.rollback()
        assert conn.execute(ONE).scalar() == 1
        assert conn.connection.driver_connection is driver, "it lives on"
