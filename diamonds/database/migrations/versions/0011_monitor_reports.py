"""Creates the table of the monitoring's reports, and an index of sales by their time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "monitor_reports",
        sa.Column("id", sa.BigInteger, sa.Identity()),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_monitor_reports"),
    )
    op.create_index("ix_monitor_reports_made_at", "monitor_reports", ["made_at"])
    op.create_index("ix_feedback_sold_at", "feedback", [sa.text("coalesce(sold_at, given_at)")])


def downgrade() -> None:
    op.drop_index("ix_feedback_sold_at", "feedback")
    op.drop_table("monitor_reports")
