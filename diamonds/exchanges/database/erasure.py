"""Erases exchanges for good, including those that have not reached the database yet."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from diamonds.database import engine
from diamonds.exchanges.database import dead_letters
from diamonds.exchanges.database.feedback import feedback_exchanges, feedback_lists
from diamonds.exchanges.database.tables import exchanges, feedback, forgotten_exchanges


def is_forgotten(id: UUID) -> bool:  # noqa: A002 - the column's name
    """Whether the exchange with this id was erased for good."""
    with engine().connect() as connection:
        return bool(connection.scalar(sa.select(sa.exists().where(forgotten_exchanges.c.id == id))))


def forget(ids: Collection[UUID]) -> int:
    """Erases the exchanges with these ids, and any copy that arrives later; returns how many were stored.

    Feedback about them is erased as well, and dead letters. Of a list of feedback about others, too, the
    exchange is erased; what it said about the others stays.
    """
    if not ids:
        return 0
    with engine().begin() as connection:
        # Waits for the batches that are being inserted; later ones see the ids in forgotten_exchanges.
        connection.exec_driver_sql("LOCK TABLE exchanges IN SHARE ROW EXCLUSIVE MODE")
        erased = {*ids, *feedback_exchanges(connection, ids)}
        lists = feedback_lists(connection, ids)
        blocked = insert(forgotten_exchanges).values([{"id": each} for each in (erased | {*lists})])
        connection.execute(blocked.on_conflict_do_nothing())
        dead_letters.erase_mentions(connection, ids)
        column = feedback.c
        connection.execute(
            sa.delete(feedback).where(column.exchange_id.in_(ids) | column.given_by.in_(erased))
        )
        others = (erased | {*lists}).difference(ids)
        connection.execute(sa.delete(exchanges).where(exchanges.c.id.in_(others)))
        return connection.execute(sa.delete(exchanges).where(exchanges.c.id.in_(ids))).rowcount
