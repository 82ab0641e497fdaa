"""Creates the table of the changes of the loop's switches, which all hosts of one database share."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "switch_changes",
        sa.Column("id", sa.BigInteger, sa.Identity()),
        sa.Column("switch", sa.Text, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_switch_changes"),
    )


def downgrade() -> None:
    op.drop_table("switch_changes")
