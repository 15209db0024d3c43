"""Whether the database has today's schema, told without the migration tool: that is for releases to load.

The rule: what a later release has migrated serves this one as well, since its migration only adds; so the
workers of this release go on beside the next one, until they are replaced.
"""

from pathlib import Path

from sqlalchemy import Engine, column, inspect, select, table

from app.storage.engine import reading

_VERSIONS = Path(__file__).with_name("migrations") / "versions"
_APPLIED = table("alembic_version", column("version_num"))


def newest() -> str:
    """The last revision of this code; their files are named by their numbers."""
    return max((path.name.split("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py")), key=int)


def is_current(engine: Engine) -> bool:
    """Tell whether the newest revision that this code knows is applied, or a later one."""
    with reading(engine) as conn:
        if not inspect(conn).has_table("alembic_version"):
            return False
        applied = conn.execute(select(_APPLIED.c.version_num)).scalars().all()
    return any(found.isdecimal() and int(found) >= int(newest()) for found in applied)
