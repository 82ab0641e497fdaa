"""Adds when a stone was sold, and the view of all quotes with typed columns."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


# A value of another type, a masked one, or one out of range is null: no body breaks the view.
def _number(body: str, field: str) -> str:
    path = f"strict $.{field} ? (@.type() == \"number\").double()"
    return f"jsonb_path_query_first({body}, '{path}', '{{}}', true)::double precision"


def _columns(stone: str, quote: str) -> str:
    return f"""
    exchange.started_at AS quoted_at,
    exchange.model,
    exchange.model_version,
    {_number(stone, "carat")} AS carat,
    {stone} ->> 'cut' AS cut,
    {stone} ->> 'color' AS color,
    {stone} ->> 'clarity' AS clarity,
    {_number(stone, "depth")} AS depth_percent,
    {_number(stone, "table")} AS table_percent,
    {_number(stone, "x")} AS x_mm,
    {_number(stone, "y")} AS y_mm,
    {_number(stone, "z")} AS z_mm,
    {_number(quote, "price")} AS price_usd,
    {_number(quote, "low")} AS low_usd,
    {_number(quote, "high")} AS high_usd,
    {_number("exchange.response_body", "coverage")} AS coverage,
    exchange.response_body ->> 'currency' AS currency,
    CASE WHEN jsonb_typeof({quote} -> 'warnings') = 'array'
        THEN jsonb_array_length({quote} -> 'warnings') ELSE 0 END AS warnings,
    exchange.request_headers ->> 'user-agent' AS user_agent"""


_VIEW = f"""
CREATE VIEW quotes AS
SELECT exchange.id AS exchange_id, 0 AS position,
    {_columns("exchange.request_body", "exchange.response_body")},
    feedback.price_usd AS sale_price_usd,
    coalesce(feedback.sold_at, feedback.given_at) AS sold_at
FROM exchanges exchange LEFT JOIN feedback ON feedback.exchange_id = exchange.id
WHERE (exchange.method, left(exchange.path, 200), exchange.path, exchange.status)
    = ('POST', '/predict', '/predict', 200)
    AND jsonb_typeof(exchange.request_body) = 'object' AND jsonb_typeof(exchange.response_body) = 'object'
UNION ALL
SELECT exchange.id, (prediction.number - 1)::integer,
    {_columns("stone.body", "prediction.quote")},
    NULL, NULL
FROM exchanges exchange
CROSS JOIN LATERAL jsonb_array_elements(
    CASE WHEN jsonb_typeof(exchange.response_body -> 'predictions') = 'array'
        THEN exchange.response_body -> 'predictions' ELSE '[]' END
) WITH ORDINALITY AS prediction(quote, number)
CROSS JOIN LATERAL (
    SELECT exchange.request_body -> 'diamonds' -> (prediction.number - 1)::integer AS body
) AS stone
WHERE (exchange.method, left(exchange.path, 200), exchange.path, exchange.status)
    = ('POST', '/predict_batch', '/predict_batch', 200)
    AND jsonb_typeof(stone.body) = 'object' AND jsonb_typeof(prediction.quote) = 'object'
"""


def upgrade() -> None:
    op.add_column("feedback", sa.Column("sold_at", sa.DateTime(timezone=True), comment="null: unknown"))
    op.execute(_VIEW)


def downgrade() -> None:
    op.execute("DROP VIEW quotes")
    op.drop_column("feedback", "sold_at")
