"""Whether the app is in a portal. The rule: what is read of its row stays so until the transaction ends.

So an uninstallation waits for who writes rows of an installed portal, or they for it and write none.
"""

from typing import Any

from sqlalchemy import Column, Connection, select

from app.storage.tables import installations


def is_installed(conn: Connection, member_id: str) -> bool:
    """Whether the app is there; several may ask at once."""
    return bool(held(conn, member_id, installations.c.active, read=True))


def held(conn: Connection, member_id: str, column: Column[Any], *, read: bool = False) -> Any:
    """A column of the portal's row, which stays so until the transaction ends; None without a row."""
    query = select(column).where(installations.c.member_id == member_id)
    if conn.dialect.name == "postgresql":
        query = query.with_for_update(read=read)
    return conn.execute(query).scalar()
