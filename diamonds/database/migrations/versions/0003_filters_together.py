"""Indexes exchanges by all filters together: what few or none match is found without reading what one matches."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_exchanges_status_model_path ON exchanges "
        "(status, model, path, started_at DESC, id DESC)"
    )


def downgrade() -> None:
    op.drop_index("ix_exchanges_status_model_path", "exchanges")
