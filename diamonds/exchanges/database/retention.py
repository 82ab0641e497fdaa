"""Deletes what is older than the retention: exchanges in any place, feedback, forgotten ids, dead letters."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from diamonds.database import Turn, engine, take
from diamonds.exchanges.database.clock import clock_doubt, record_sighting
from diamonds.exchanges.database.feedback import join_pending
from diamonds.exchanges.database.partitions import drop_partition, expired_partitions, month_after
from diamonds.exchanges.database.tables import dead_letters, exchanges, feedback, forgotten_exchanges

logger = logging.getLogger(__name__)

_BATCH = 1000
_AGES: Mapping[str, sa.Column[Any]] = {
    "exchanges": exchanges.c.started_at,
    "feedback": feedback.c.given_at,
    "forgotten ids": forgotten_exchanges.c.forgotten_at,
    "dead letters": dead_letters.c.started_at,
}


@dataclass(frozen=True, slots=True)
class Deleted:
    """The names of dropped partitions, and numbers of other rows deleted by their kind."""

    partitions: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)


def apply_retention(months: int, now: datetime | None = None) -> Deleted:
    """Deletes what is older than ``months`` whole months before this one, and returns what it was.

    It is announced in the log before. Nothing is deleted while the clock is in doubt (see ``clock_doubt``),
    or while another process does it. Writers wait for no lock longer than half a second. ``now`` stands in
    for the clocks of this machine and of the database.
    """
    with engine().connect() as guard:
        if not take(guard, Turn.RETENTION):
            return Deleted()
        with engine().begin() as connection:
            if not _is_clock_trusted(connection, now):
                return Deleted()
        return _delete_before(month_after(now or datetime.now(UTC), -months), months)


def _is_clock_trusted(connection: sa.Connection, now: datetime | None) -> bool:
    database_now = now or connection.execute(sa.select(sa.func.now())).scalar_one()
    now = now or datetime.now(UTC)
    doubt = clock_doubt(now, database_now, record_sighting(connection, now))
    if doubt is not None:
        logger.warning("Retention deletes nothing for now: %s.", doubt)
    return doubt is None


def _delete_before(cutoff: datetime, months: int) -> Deleted:
    with engine().begin() as connection:
        join_pending(connection)  # feedback is stored longer than the quotes that it is about
        partitions = expired_partitions(connection, cutoff)
        expired = {kind: count for kind in _AGES if (count := _count(connection, kind, cutoff))}
    if not partitions and not expired:
        return Deleted()
    announcement = ", ".join([*partitions, *(f"{count:,} {kind}" for kind, count in expired.items())])
    logger.warning(
        "Deleting what is older than %s (DIAMONDS_RETENTION_MONTHS=%s): %s.",
        cutoff.date(),
        months,
        announcement,
    )
    dropped = [name for name in partitions if drop_partition(name)]
    return Deleted(dropped, {kind: _delete_rows(_AGES[kind], cutoff) for kind in expired})


def _count(connection: sa.Connection, kind: str, cutoff: datetime) -> int:
    age = _AGES[kind]
    return connection.scalar(sa.select(sa.func.count()).select_from(age.table).where(age < cutoff)) or 0


def _delete_rows(age: sa.Column[Any], cutoff: datetime) -> int:
    """Deletes rows in small transactions."""
    (key,) = age.table.primary_key
    oldest = sa.select(key).where(age < cutoff).order_by(age).limit(_BATCH)
    deleted = 0
    while True:
        with engine().begin() as connection:
            batch = list(connection.scalars(oldest))
            deleted += connection.execute(sa.delete(age.table).where(key.in_(batch))).rowcount
        if len(batch) < _BATCH:
            return deleted
