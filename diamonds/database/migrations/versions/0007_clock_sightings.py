"""Creates the table of clock sightings: when retention ran, so that it can notice a jump of the clock."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock_sightings",
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("seen_at", name="pk_clock_sightings"),
    )
    op.create_index("ix_forgotten_exchanges_forgotten_at", "forgotten_exchanges", ["forgotten_at"])


def downgrade() -> None:
    op.drop_index("ix_forgotten_exchanges_forgotten_at", "forgotten_exchanges")
    op.drop_table("clock_sightings")
