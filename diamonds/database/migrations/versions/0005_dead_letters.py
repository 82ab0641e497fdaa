"""Creates the table of dead letters: exchanges that the database refuses, as they were in the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dead_letters",
        sa.Column("exchange_id", sa.Uuid),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="of the exchange"),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("sqlstate", sa.Text, comment="null: the connection was lost, or the driver refused it"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="1"),
        sa.Column("retry_at", sa.DateTime(timezone=True), comment="null: it is not retried automatically"),
        sa.Column("frames", sa.LargeBinary, nullable=False, comment="request and response, as in a journal"),
        sa.PrimaryKeyConstraint("exchange_id", name="pk_dead_letters"),
    )
    op.create_index("ix_dead_letters_retry_at", "dead_letters", ["retry_at"])
    op.create_index("ix_dead_letters_started_at", "dead_letters", ["started_at"])


def downgrade() -> None:
    op.drop_table("dead_letters")
