"""Creates the table of feedback: what quoted stones were sold for, beside what was quoted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("exchange_id", sa.Uuid, comment="the exchange that quoted the stone"),
        sa.Column("price_usd", sa.Double, nullable=False, comment="what the stone was sold for"),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.Uuid, nullable=False, comment="the exchange that gave this feedback"),
        sa.Column("quoted_at", sa.DateTime(timezone=True)),
        sa.Column("quoted_usd", sa.Double),
        sa.Column("low_usd", sa.Double),
        sa.Column("high_usd", sa.Double),
        sa.Column("coverage", sa.Double, comment="the promised share of true prices between low and high"),
        sa.Column("model", sa.Text),
        sa.Column("model_version", sa.Text),
        sa.Column("stone", JSONB, comment="the quoted stone, as it was asked"),
        sa.PrimaryKeyConstraint("exchange_id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_given_at", "feedback", ["given_at"])
    op.create_index("ix_feedback_model_version", "feedback", ["model_version", "given_at"])
    # Those whose quote has not come yet are few, and looked for often.
    op.create_index(
        "ix_feedback_waiting", "feedback", ["exchange_id"], postgresql_where=sa.text("quoted_at IS NULL")
    )
    # Finds what was said about a quote that is to be forgotten.
    op.create_index(
        "ix_exchanges_feedback",
        "exchanges",
        [sa.text("(response_body ->> 'exchange_id')")],
        postgresql_where=sa.text("path = '/feedback'"),
    )


def downgrade() -> None:
    op.drop_index("ix_exchanges_feedback", "exchanges")
    op.drop_table("feedback")
