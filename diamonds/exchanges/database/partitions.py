"""Creates the monthly partitions of ``exchanges`` ahead, and drops those older than the retention."""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.database.feedback import join_pending

AHEAD = 3
_LOCK = 0x6D6F6E74  # "mont": an advisory lock, so that only one process creates them


def first_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment; ids of other versions are mostly stored in the default partition."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def create_partitions(now: datetime | None = None) -> list[str]:
    """Creates the partitions of this month and the next few; returns the names of those that were missing."""
    months = [_month_after(now or datetime.now(UTC), ahead) for ahead in range(AHEAD + 1)]
    with engine().begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        return [_name(month) for month in months if _create(connection, month)]


def drop_partitions_before(months: int, now: datetime | None = None) -> list[str]:
    """Drops the partitions older than ``months`` whole months before this one; returns their names."""
    oldest = _name(_month_after(now or datetime.now(UTC), -months))
    with engine().begin() as connection:
        expired = [name for name in _existing(connection) if name < oldest]
        join_pending(connection)  # feedback outlives the quotes that it is about
        for name in expired:
            connection.exec_driver_sql(f"DROP TABLE {name}")
    return expired


def _create(connection: sa.Connection, month: datetime) -> bool:
    """Creates one partition, and moves into it what the default one took for it."""
    name = _name(month)
    if name in _existing(connection):
        return False
    bounds = {"low": str(first_id(month)), "high": str(first_id(_month_after(month, 1)))}
    connection.exec_driver_sql(
        f"CREATE TABLE {name} (LIKE exchanges INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
    )
    move = f"""
        WITH moved AS (DELETE FROM exchanges_default WHERE id >= %(low)s AND id < %(high)s RETURNING *)
        INSERT INTO {name} SELECT * FROM moved"""  # noqa: S608 - the name is made of a date
    connection.exec_driver_sql(move, bounds)
    connection.exec_driver_sql(
        f"ALTER TABLE exchanges ATTACH PARTITION {name} FOR VALUES FROM (%(low)s) TO (%(high)s)", bounds
    )
    return True


def _existing(connection: sa.Connection) -> list[str]:
    partitions = connection.exec_driver_sql(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'exchanges'::regclass"
    ).scalars()
    return sorted(name for name in partitions if name != "exchanges_default")


def _name(month: datetime) -> str:
    return f"exchanges_{month:%Y_%m}"


def _month_after(moment: datetime, months: int) -> datetime:
    years, month = divmod(moment.month - 1 + months, 12)
    return datetime(moment.year + years, month + 1, 1, tzinfo=UTC)
