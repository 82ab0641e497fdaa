"""Indexes only the beginning of paths: a whole one may be longer than an entry of an index can be."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEWEST_FIRST = "started_at DESC, id DESC"


def upgrade() -> None:
    _replace_indexes("left(path, 200)")  # at most 800 bytes of the 2704 that an entry can have


def downgrade() -> None:
    _replace_indexes("path")


def _replace_indexes(path: str) -> None:
    for name, columns in (("path", path), ("status_model_path", f"status, model, {path}")):
        op.drop_index(f"ix_exchanges_{name}", "exchanges")
        op.execute(f"CREATE INDEX ix_exchanges_{name} ON exchanges ({columns}, {NEWEST_FIRST})")
