"""Creates the monthly partitions of ``exchanges`` ahead, and drops those older than the retention."""

import logging
import time
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa

from diamonds.database import Turn, engine, wait_for

logger = logging.getLogger(__name__)

AHEAD = 3
_VACUUMING = "autovacuum_vacuum_insert_scale_factor = 0.02"  # an index alone answers for what was vacuumed
_DROP_ATTEMPTS, _DROP_PAUSE_S = 10, 1.0


def first_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment; ids of other versions are mostly stored in the default partition."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def create_partitions(now: datetime | None = None) -> list[str]:
    """Creates the partitions of this month and the next few; returns the names of those that were missing.

    Raises OperationalError where a long read of exchanges is in the way; no writer waits long for that.
    """
    months = [month_after(now or datetime.now(UTC), ahead) for ahead in range(AHEAD + 1)]
    with engine().begin() as connection:
        wait_for(connection, Turn.PARTITIONS)
        connection.exec_driver_sql("SET LOCAL lock_timeout = '500ms'")  # writers wait behind us for a lock
        return [_name(month) for month in months if _create(connection, month)]


def expired_partitions(connection: sa.Connection, cutoff: datetime) -> list[str]:
    """The partitions of months before the cutoff.

    A client may choose an id of an old month: a partition that has exchanges from after the cutoff stays.
    """
    oldest = _name(cutoff)
    return [
        name for name in _existing(connection) if name < oldest and not _is_used(connection, name, cutoff)
    ]


def drop_partition(name: str) -> bool:
    """Drops a partition; whether it did so without making writers wait for longer than half a second."""
    for _ in range(_DROP_ATTEMPTS):
        try:
            with engine().begin() as connection:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '500ms'")
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
        except sa.exc.OperationalError as error:
            logger.info("Partition %s is in use: %s", name, error.orig)
            time.sleep(_DROP_PAUSE_S)
        else:
            return True
    logger.warning("Partition %s is in use for too long to drop it now.", name)
    return False


def _is_used(connection: sa.Connection, name: str, cutoff: datetime) -> bool:
    newer = f"SELECT EXISTS (SELECT FROM {name} WHERE started_at >= %(cutoff)s)"  # noqa: S608 - a date's name
    return bool(connection.exec_driver_sql(newer, {"cutoff": cutoff}).scalar())


def _create(connection: sa.Connection, month: datetime) -> bool:
    """Creates one partition, and moves into it what the default one took for it."""
    name = _name(month)
    if name in _existing(connection):
        return False
    bounds = {"low": str(first_id(month)), "high": str(first_id(month_after(month, 1)))}
    connection.exec_driver_sql(
        f"CREATE TABLE {name} (LIKE exchanges INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH ({_VACUUMING})"
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


def month_after(moment: datetime, months: int) -> datetime:
    """The first moment of the month so many months after that of ``moment``, or before it."""
    years, month = divmod(moment.month - 1 + months, 12)
    return datetime(moment.year + years, month + 1, 1, tzinfo=UTC)
