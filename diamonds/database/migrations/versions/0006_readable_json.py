"""Creates a function that leaves out JSON whose text is too long for Postgres to return."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # JSONB takes 1e-16383 in eight bytes and returns it in 16,385: many of them exceed the longest text.
    op.execute("""
        CREATE FUNCTION readable_json(body jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
        BEGIN
            PERFORM octet_length(body::text);
            RETURN body;
        EXCEPTION WHEN program_limit_exceeded OR internal_error OR out_of_memory THEN
            RETURN NULL;
        END $$""")


def downgrade() -> None:
    op.execute("DROP FUNCTION readable_json")
