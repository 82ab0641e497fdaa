"""Advisory locks, by which processes take turns at what only one may do at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import sqlalchemy as sa

from diamonds.database.engine import engine


class Turn(IntEnum):
    """What is done by one process at a time."""

    MIGRATION = 0x6469616D
    PARTITIONS = 0x6D6F6E74
    RETENTION = 0x72657465
    STUDIES = 0x73747564


@contextmanager
def alone(turn: Turn) -> Iterator[sa.Connection]:
    """A transaction in which no other process does this; waits up to a minute for its turn."""
    with engine().begin() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '1min'")
        wait_for(connection, turn)
        yield connection


def wait_for(connection: sa.Connection, turn: Turn) -> None:
    """Waits until no other process does this; lasts until the transaction ends."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(turn.value)))


def take(connection: sa.Connection, turn: Turn) -> bool:
    """Takes the lock if no other process has it, until the transaction ends; returns whether it did."""
    return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(turn.value))))
