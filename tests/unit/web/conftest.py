"""The real app on a fresh database, with a desk that says what a test tells it to."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.config import Settings
from app.portals.model import TokenPair
from app.web.services import EXTENSION, Services
from tests.support.apps import PROOF, made, production
from tests.support.databases import SqliteTemplates
from tests.unit.web.told import ToldDesk, Web


@pytest.fixture
def settings(sqlite_templates: SqliteTemplates, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a production set-up without Redis; the database is a fresh SQLite file."""
    with sqlite_templates.fresh(tmp_path) as url:
        yield production(url, tmp_path)


@pytest.fixture
def web(settings: Settings) -> Iterator[Web]:
    """The app with an installed portal and a told desk."""
    with made(settings) as app:
        real: Services = app.extensions[EXTENSION]
        real.portals.installations.save(PROOF)
        real.portals.operators.save(PROOF, TokenPair("access", "refresh"), "Maria", False, "en")
        desk = ToldDesk()
        app.extensions[EXTENSION] = replace(real, desk=desk)
        yield Web(app, app.extensions[EXTENSION], desk, app.test_client())
