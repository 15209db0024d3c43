"""Settings of portals, saved views, snapshots; a journal that can be searched; retries of silent auto-off."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "portal_settings",
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_portal_settings")),
    )
    op.create_table(
        "views",
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("view_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("filter", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "view_id", name=op.f("pk_views")),
    )
    op.create_table(
        "snapshots",
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("snapshot_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dialogs", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "user_id", "snapshot_id", name=op.f("pk_snapshots")),
    )
    op.add_column("silent_marks", sa.Column("next_try", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "journal_results",
        sa.Column("name_folded", sa.String(length=512), server_default="", nullable=False),
    )
    _fold_names()


def _fold_names() -> None:
    """Databases fold letters of their own alphabets only, so that this is done here."""
    results = sa.table("journal_results", sa.column("client_name"), sa.column("name_folded"))
    conn = op.get_bind()
    for name in conn.execute(sa.select(results.c.client_name).distinct()).scalars().all():
        folded = name.casefold()[:512]
        conn.execute(sa.update(results).where(results.c.client_name == name).values(name_folded=folded))
