"""Removes exchanges for good, also those that are still on their way to the database."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from diamonds.database import engine
from diamonds.exchanges.database.feedback import said_about
from diamonds.exchanges.database.tables import exchanges, feedback, forgotten_exchanges


def is_forgotten(id: UUID) -> bool:  # noqa: A002 - the column's name
    """Whether the exchange with this id was removed for good."""
    with engine().connect() as connection:
        found = sa.select(sa.exists().where(forgotten_exchanges.c.id == id))
        return bool(connection.scalar(found))


def forget(ids: Collection[UUID]) -> int:
    """Removes the exchanges with these ids, now and whenever they come; the number that was there.

    What was said about them as feedback goes with them.
    """
    if not ids:
        return 0
    with engine().begin() as connection:
        # Waits for the batches that are being inserted; those that follow see what is forgotten.
        connection.exec_driver_sql("LOCK TABLE exchanges IN SHARE ROW EXCLUSIVE MODE")
        gone = {*ids, *said_about(connection, ids)}
        never_again = insert(forgotten_exchanges).values([{"id": each} for each in gone])
        connection.execute(never_again.on_conflict_do_nothing())
        known = feedback.c
        connection.execute(sa.delete(feedback).where(known.exchange_id.in_(ids) | known.given_by.in_(gone)))
        connection.execute(sa.delete(exchanges).where(exchanges.c.id.in_(gone.difference(ids))))
        return connection.execute(sa.delete(exchanges).where(exchanges.c.id.in_(ids))).rowcount
