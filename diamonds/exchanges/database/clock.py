"""Decides whether retention may trust the clock: after a jump not before it has been seen for a day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from diamonds.exchanges.database.tables import clock_sightings, exchanges

MAX_DIFFERENCE = timedelta(hours=1)
MAX_GAP = timedelta(days=3)
CONFIRMED_AFTER = timedelta(days=1)
_SIGHTINGS_STORED = 1000  # one an hour


def clock_doubt(now: datetime, database_now: datetime, sightings: Sequence[datetime]) -> str | None:
    """Why the time may be wrong, or None if it is to be trusted.

    ``sightings`` are the times of earlier runs. Where more than three days lie between two of them, or the
    last and now, the clock may have jumped: then the time is trusted when it has gone on for a day since.
    """
    difference = abs(now - database_now)
    if difference > MAX_DIFFERENCE:
        return f"the clocks of this machine and the database differ by {difference}"
    began, earlier = now, sorted((seen for seen in sightings if seen <= now), reverse=True)
    for seen in earlier:
        if began - seen > MAX_GAP:
            break
        began = seen
    else:
        return None
    if now - began >= CONFIRMED_AFTER:
        return None
    return (
        f"the clock has jumped from {seen:%Y-%m-%d %H:%M} to {began:%Y-%m-%d %H:%M}, or nothing ran meanwhile"
    )


def record_sighting(connection: sa.Connection, now: datetime) -> list[datetime]:
    """Stores that the clock was seen in this hour, and returns the sightings before, newest first.

    The first time, the newest exchange counts as one.
    """
    seen_at = clock_sightings.c.seen_at
    sightings = list(connection.scalars(sa.select(seen_at).order_by(seen_at.desc()).limit(_SIGHTINGS_STORED)))
    if not sightings:
        sightings = _newest_exchange(connection, now)
    if len(sightings) == _SIGHTINGS_STORED:
        connection.execute(sa.delete(clock_sightings).where(seen_at < sightings[-1]))
    hours = {moment.replace(minute=0, second=0, microsecond=0) for moment in (now, *sightings[:1])}
    new = insert(clock_sightings).values([{"seen_at": hour} for hour in hours])
    connection.execute(new.on_conflict_do_nothing())
    return sightings


def _newest_exchange(connection: sa.Connection, now: datetime) -> list[datetime]:
    started_at = exchanges.c.started_at
    return list(
        connection.scalars(
            sa.select(started_at).where(started_at <= now).order_by(started_at.desc()).limit(1)
        )
    )
