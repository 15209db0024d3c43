"""When and with which code the authorization server refused to renew a pair."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operator_tokens", sa.Column("refused_code", sa.String(length=64), nullable=True))
    op.add_column("operator_tokens", sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
