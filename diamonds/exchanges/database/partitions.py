"""The monthly partitions of ``exchanges``: made ahead, and dropped whole when their time is over."""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.database.feedback import match_waiting

AHEAD = 3
_ONE_AT_A_TIME = 0x6D6F6E74  # "mont"


def first_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment; ids of other versions mostly fall into the default partition."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def prepare_months(now: datetime | None = None) -> list[str]:
    """Makes the partitions of this month and the next few; the names of those that were missing."""
    months = [_month_after(now or datetime.now(UTC), ahead) for ahead in range(AHEAD + 1)]
    with engine().begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ONE_AT_A_TIME})
        return [_name(month) for month in months if _make(connection, month)]


def drop_months_before(keep: int, now: datetime | None = None) -> list[str]:
    """Drops the partitions older than ``keep`` whole months before this one; their names."""
    oldest = _name(_month_after(now or datetime.now(UTC), -keep))
    with engine().begin() as connection:
        gone = [name for name in _existing(connection) if name < oldest]
        match_waiting(connection)  # feedback outlives the quotes that it is about
        for name in gone:
            connection.exec_driver_sql(f"DROP TABLE {name}")
    return gone


def _make(connection: sa.Connection, month: datetime) -> bool:
    """Makes one partition, moving in what the default one took for it."""
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
    found = connection.exec_driver_sql(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'exchanges'::regclass"
    ).scalars()
    return sorted(name for name in found if name != "exchanges_default")


def _name(month: datetime) -> str:
    return f"exchanges_{month:%Y_%m}"


def _month_after(moment: datetime, months: int) -> datetime:
    years, month = divmod(moment.month - 1 + months, 12)
    return datetime(moment.year + years, month + 1, 1, tzinfo=UTC)
