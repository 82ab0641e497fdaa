"""Adds the order of the keys of a response, which JSONB does not preserve, so that retries get it as sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "names in response_body as sent; null: not for replays"
    op.add_column("exchanges", sa.Column("response_key_order", JSONB, comment=comment))


def downgrade() -> None:
    op.drop_column("exchanges", "response_key_order")
