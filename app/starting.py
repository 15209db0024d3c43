"""What has to be there before anything is served: the settings, the files, the database, the types.

The rule: whatever starts the app (gunicorn's master, Flask's server, a command) ends here with one sentence.
Outside development a PostgreSQL that is away stops nothing: events are kept until it is back.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.config import Settings, settings_or_exit, stop
from app.setting_values import BadSetting
from app.storage.engine import make_engine, reading


def start_or_exit() -> Settings:
    """The settings of a process that may start; else one sentence on stderr and exit code 2."""
    settings = settings_or_exit()
    try:
        check_database(settings)
    except BadSetting as error:
        stop(str(error))
    return settings


def know_types() -> None:
    """Let msgspec look at each of our types once, while there are no threads.

    It does so when a type is first decoded, and a thread that decodes it meanwhile meets half of what it
    needs: the process dies (msgspec 0.22.0).
    """
    for kind in _below(msgspec.Struct):
        with suppress(TypeError):  # what is only ever written may hold what cannot be read
            msgspec.json.Decoder(kind)


def _below(kind: type) -> Iterator[type]:
    children: list[type] = kind.__subclasses__()
    for each in children:
        yield each
        yield from _below(each)


def check_database(settings: Settings) -> None:
    """Raise BadSetting for a SQLite file that cannot be used, in development for any database that is away.

    The text holds nothing of the address, which may hold a password.
    """
    url = settings.database_url
    if not (url.startswith("sqlite") or settings.allow_local):
        return
    try:
        engine = make_engine(url)
    except (OSError, ValueError, SQLAlchemyError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no address of a database"
        raise BadSetting(f"DATABASE_URL cannot be used: {why}.") from None
    try:
        _check_file(engine.url.database if url.startswith("sqlite") else None)
        if settings.allow_local:
            with reading(engine) as conn:
                conn.execute(select(1))
    except SQLAlchemyError:
        raise BadSetting("DATABASE_URL names a database that does not answer.") from None
    finally:
        engine.dispose()


def _check_file(name: str | None) -> None:
    """Raise BadSetting unless this is a file to read and write; it is not opened (see `make_engine`)."""
    if name is not None and not (Path(name).is_file() and os.access(name, os.R_OK | os.W_OK)):
        raise BadSetting("DATABASE_URL names no file that can be read and written.")
