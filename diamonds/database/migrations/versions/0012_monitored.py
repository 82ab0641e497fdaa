"""Indexes what the monitoring reads: calls that quote and sales, each by its time, without their rows.

While the first index is built, which reads the whole record once, exchanges wait in the journals.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_PARTITIONS = (
    "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'exchanges'::regclass ORDER BY 1"
)


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_exchanges_quoting ON exchanges (started_at, id) "
        "WHERE path IN ('/predict', '/predict_batch')"
    )
    op.drop_index("ix_feedback_sold_at", "feedback")
    op.execute(
        "CREATE INDEX ix_feedback_sold_at ON feedback (coalesce(sold_at, given_at), exchange_id) "
        "INCLUDE (sold_at, given_at, quoted_usd)"
    )
    # An index saves reading the rows of pages that were vacuumed since they were written.
    _vacuum_after("SET (autovacuum_vacuum_insert_scale_factor = 0.02)")


def downgrade() -> None:
    _vacuum_after("RESET (autovacuum_vacuum_insert_scale_factor)")
    op.drop_index("ix_feedback_sold_at", "feedback")
    op.execute("CREATE INDEX ix_feedback_sold_at ON feedback (coalesce(sold_at, given_at))")
    op.drop_index("ix_exchanges_quoting", "exchanges")


def _vacuum_after(change: str) -> None:
    partitions = [name for (name,) in op.get_bind().exec_driver_sql(_PARTITIONS)]
    for table in (*partitions, "feedback"):
        op.execute(f"ALTER TABLE {table} {change}")
