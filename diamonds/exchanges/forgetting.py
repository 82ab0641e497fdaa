"""Removes exchanges for good, also those that are still on their way to the database."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from diamonds.database import engine
from diamonds.exchanges.tables import exchanges, forgotten_exchanges


def forget(ids: Collection[UUID]) -> int:
    """Removes the exchanges with these ids, now and whenever they come; the number that was there."""
    if not ids:
        return 0
    with engine().begin() as connection:
        # Waits for the batches that are being inserted; those that follow see what is forgotten.
        connection.exec_driver_sql("LOCK TABLE exchanges IN SHARE ROW EXCLUSIVE MODE")
        never_again = insert(forgotten_exchanges).values([{"id": each} for each in ids])
        connection.execute(never_again.on_conflict_do_nothing())
        return connection.execute(sa.delete(exchanges).where(exchanges.c.id.in_(ids))).rowcount
