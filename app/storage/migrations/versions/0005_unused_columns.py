"""Columns that nothing read: when an event was done, and when an operator was last seen."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("event_queue", "done_at")
    op.drop_column("operator_tokens", "seen_at")
