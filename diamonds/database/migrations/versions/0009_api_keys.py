"""Creates the table of API keys, which holds their salted hashes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text, comment="the public part of the key"),
        sa.Column("name", sa.Text, nullable=False, comment="rotated keys share it"),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False, comment="SHA-256 of the salt and the whole key"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), comment="null: never"),
        sa.Column("last_used_at", sa.DateTime(timezone=True), comment="null: not yet"),
        sa.Column("revoked_at", sa.DateTime(timezone=True), comment="null: it is not"),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_index("ix_api_keys_name", "api_keys", ["name"])


def downgrade() -> None:
    op.drop_table("api_keys")
