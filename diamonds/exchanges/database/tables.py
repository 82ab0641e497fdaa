"""Defines the tables of exchanges, of feedback about them, and of ids to forget."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
)

_NEWEST_FIRST = (sa.text("started_at DESC"), sa.text("id DESC"))
_PATH_START = sa.text("left(path, 200)")  # an entry of an index holds no path of any length

exchanges = sa.Table(
    "exchanges",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
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
    sa.Column("response_key_order", JSONB, comment="names in response_body as sent; null: not for replays"),
    sa.Index("ix_exchanges_newest", *_NEWEST_FIRST),
    sa.Index("ix_exchanges_path", _PATH_START, *_NEWEST_FIRST),
    sa.Index("ix_exchanges_status", "status", *_NEWEST_FIRST),
    sa.Index("ix_exchanges_model", "model", *_NEWEST_FIRST),
    sa.Index("ix_exchanges_status_model_path", "status", "model", _PATH_START, *_NEWEST_FIRST),
    sa.Index(
        "ix_exchanges_feedback",
        sa.text("(response_body ->> 'exchange_id')"),
        postgresql_where=sa.text("path = '/feedback'"),
    ),
    sa.Index(
        "ix_exchanges_quoting",
        "started_at",
        "id",
        postgresql_where=sa.text("path IN ('/predict', '/predict_batch')"),
    ),
    postgresql_partition_by="RANGE (id)",
)

# Ids that were erased on request: a copy that has not reached the database yet must not restore them.
forgotten_exchanges = sa.Table(
    "forgotten_exchanges",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Index("ix_forgotten_exchanges_forgotten_at", "forgotten_at"),
)

# The newest sale price of each quoted stone. It has a copy of the quote's figures, because retention may drop
# the quote's exchange; until the quote has arrived, these columns are null.
feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("exchange_id", sa.Uuid, primary_key=True, comment="the exchange that quoted the stone"),
    sa.Column("price_usd", sa.Double, nullable=False, comment="what the stone was sold for"),
    sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column(
        "given_by",
        sa.Uuid,
        nullable=False,
        comment="the exchange that gave this feedback",
    ),
    sa.Column("quoted_at", sa.DateTime(timezone=True)),
    sa.Column("quoted_usd", sa.Double),
    sa.Column("low_usd", sa.Double),
    sa.Column("high_usd", sa.Double),
    sa.Column("coverage", sa.Double, comment="the promised share of true prices between low and high"),
    sa.Column("model", sa.Text),
    sa.Column("model_version", sa.Text),
    sa.Column("stone", JSONB, comment="the quoted stone, as it was asked"),
    sa.Column("sold_at", sa.DateTime(timezone=True), comment="null: unknown"),
    sa.Index("ix_feedback_given_at", "given_at"),
    sa.Index("ix_feedback_model_version", "model_version", "given_at"),
    sa.Index(
        "ix_feedback_sold_at",
        sa.text("coalesce(sold_at, given_at)"),
        "exchange_id",
        postgresql_include=["sold_at", "given_at", "quoted_usd"],
    ),
    sa.Index("ix_feedback_waiting", "exchange_id", postgresql_where=sa.text("quoted_at IS NULL")),
)

# Exchanges that the database refuses, as they were in the journal, until they are retried or removed.
dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("exchange_id", sa.Uuid, primary_key=True),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="of the exchange"),
    sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("sqlstate", sa.Text, comment="null: the connection was lost, or the driver refused it"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="1"),
    sa.Column("retry_at", sa.DateTime(timezone=True), comment="null: it is not retried automatically"),
    sa.Column("frames", sa.LargeBinary, nullable=False, comment="request and response, as in a journal"),
    sa.Index("ix_dead_letters_retry_at", "retry_at"),
    sa.Index("ix_dead_letters_started_at", "started_at"),
)

# When retention ran, by the clock of the machine that ran it.
clock_sightings = sa.Table(
    "clock_sightings",
    metadata,
    sa.Column("seen_at", sa.DateTime(timezone=True), primary_key=True),
)

# What the monitoring found, and what it did.
monitor_reports = sa.Table(
    "monitor_reports",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("report", JSONB, nullable=False),
    sa.Index("ix_monitor_reports_made_at", "made_at"),
)

# Every change of a switch of the loop, where hosts share the database and no model store.
switch_changes = sa.Table(
    "switch_changes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("switch", sa.Text, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)
