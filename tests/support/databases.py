"""A fresh, migrated database for every test, cheap: the schema is made once and then copied."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.storage.engine import make_engine
from app.storage.migrate import upgrade
from tests.support.postgres import PostgresServer


def migrate(url: str) -> None:
    """Bring an empty database to today's schema and let go of it."""
    engine = make_engine(url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


class SqliteTemplates:
    """One migrated file; each database is a copy of it."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.sqlite"
        migrate(f"sqlite:///{self._template}")

    @contextmanager
    def fresh(self, folder: Path) -> Iterator[str]:
        """The URL of a new database in `folder`."""
        path = folder / "pinline.sqlite"
        shutil.copyfile(self._template, path)
        path.chmod(0o600)
        yield f"sqlite:///{path}"


class PostgresTemplates:
    """One migrated database on our own server; each database is a copy of it."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._template = server.create()
        migrate(server.url(self._template))

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of a new database, dropped afterwards."""
        name = self._server.create(self._template)
        yield self._server.url(name)
        self._server.drop(name)


__all__ = ["PostgresTemplates", "SqliteTemplates", "make_engine", "migrate"]
