"""Whether the database has today's schema, told without the migration tool: that is for releases to load."""

from pathlib import Path

from sqlalchemy import Engine, column, inspect, select, table

from app.storage.engine import reading

_VERSIONS = Path(__file__).with_name("migrations") / "versions"
_APPLIED = table("alembic_version", column("version_num"))


def newest() -> str:
    """The last revision of this code; their files are named by their numbers."""
    return max(path.name.split("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))


def is_current(engine: Engine) -> bool:
    """Tell whether exactly the newest revision is applied."""
    with reading(engine) as conn:
        if not inspect(conn).has_table("alembic_version"):
            return False
        return list(conn.execute(select(_APPLIED.c.version_num)).scalars()) == [newest()]
