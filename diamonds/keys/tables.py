"""The table of API keys."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

metadata = sa.MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_name)s"}
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="the public part of the key"),
    sa.Column("name", sa.Text, nullable=False, index=True, comment="rotated keys share it"),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False, comment="SHA-256 of the salt and the whole key"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), comment="null: never"),
    sa.Column("last_used_at", sa.DateTime(timezone=True), comment="null: not yet"),
    sa.Column("revoked_at", sa.DateTime(timezone=True), comment="null: it is not"),
)
