"""Creates the table of exchanges, partitioned by the months that UUIDv7 ids carry in their first bits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NEWEST_FIRST = [sa.text("started_at DESC"), sa.text("id DESC")]


def upgrade() -> None:
    op.create_table(
        "exchanges",
        sa.Column("id", sa.Uuid),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Double, comment="null: the worker was killed before it had an answer"),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("status", sa.SmallInteger, comment="null: the client left, or the worker was killed"),
        sa.Column("request_headers", JSONB, comment="those of a short list of names only"),
        sa.Column("request_body", JSONB, comment="null when JSONB cannot hold it, or when there was none"),
        sa.Column("response_body", JSONB, comment="null when JSONB cannot hold it, or when there was none"),
        sa.Column("request_bytes", sa.LargeBinary, comment="what JSONB cannot hold"),
        sa.Column("response_bytes", sa.LargeBinary, comment="what JSONB cannot hold"),
        sa.Column("request_size", sa.BigInteger, comment="set when only the first bytes were kept"),
        sa.Column("request_sha256", sa.LargeBinary, comment="of the whole body, when only a part was kept"),
        sa.Column("response_size", sa.BigInteger, comment="set when only the first bytes were kept"),
        sa.Column("response_sha256", sa.LargeBinary, comment="of the whole body, when only a part was kept"),
        sa.Column("model", sa.Text),
        sa.Column("model_version", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_exchanges"),
        postgresql_partition_by="RANGE (id)",
    )
    op.execute("CREATE TABLE exchanges_default PARTITION OF exchanges DEFAULT")
    op.create_index("ix_exchanges_newest", "exchanges", NEWEST_FIRST)
    for column in ("path", "status", "model"):
        op.create_index(f"ix_exchanges_{column}", "exchanges", [column, *NEWEST_FIRST])
    op.create_table(
        "forgotten_exchanges",
        sa.Column("id", sa.Uuid),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_forgotten_exchanges"),
    )


def downgrade() -> None:
    op.drop_table("forgotten_exchanges")
    op.drop_table("exchanges")
