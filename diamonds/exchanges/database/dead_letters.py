"""Stores dead letters, the exchanges that the database refuses: adds, reads, retries and removes them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from diamonds.exchanges.database.tables import dead_letters
from diamonds.exchanges.frames import Joined, Request, decode_frame

# What several attempts under one id left is stored together; a copy of what is there changes nothing.
_ADD = """
INSERT INTO dead_letters AS existing (exchange_id, started_at, reason, sqlstate, retry_at, frames)
SELECT coming.id, to_timestamp(coming.started_at), coming.reason, coming.sqlstate,
    CASE WHEN coming.retries THEN now() + interval '1 second' END, coming.frames
FROM (SELECT %(id)s::uuid AS id, %(started_at)s::double precision AS started_at, %(reason)s::text AS reason,
    %(sqlstate)s::text AS sqlstate, %(retries)s::boolean AS retries, %(frames)s::bytea AS frames) AS coming
WHERE NOT EXISTS (SELECT FROM forgotten_exchanges forgotten WHERE forgotten.id = coming.id)
ON CONFLICT (exchange_id) DO UPDATE SET
    reason = excluded.reason, sqlstate = excluded.sqlstate, retry_at = excluded.retry_at,
    frames = existing.frames || excluded.frames
WHERE position(excluded.frames IN existing.frames) = 0
"""

# The next attempt is scheduled before this one, so that one which ends the server's process counts as well.
_TAKE_DUE = sa.text("""
UPDATE dead_letters SET attempts = attempts + 1, retry_at = CASE
    WHEN attempts >= 3 AND (sqlstate IS NULL OR sqlstate LIKE '57P%') THEN NULL
    ELSE now() + least(power(2, least(attempts, 10)), 600) * interval '1 second' END
WHERE exchange_id IN (
    SELECT exchange_id FROM dead_letters WHERE retry_at <= now()
    ORDER BY retry_at LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING *
""").columns(*dead_letters.c)

_ERASE = """
DELETE FROM dead_letters WHERE exchange_id = ANY(%(ids)s::uuid[])
OR EXISTS (SELECT FROM unnest(%(ids)s::text[]) AS id WHERE position(convert_to(id, 'UTF8') IN frames) > 0)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An exchange that the database refuses, with the reason; the names are the table's columns.

    ``retry_at``: when it is retried automatically, because the reason may pass; None for other reasons.
    """

    exchange_id: UUID
    started_at: datetime
    refused_at: datetime
    reason: str
    sqlstate: str | None
    attempts: int
    retry_at: datetime | None
    frames: bytes

    def exchanges(self) -> list[Joined]:
        """The attempts under this id: each request, with its response if there was one."""
        return exchanges_in(self.frames)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the database refuses an exchange; ``retries``: the reason may pass."""

    reason: str
    sqlstate: str | None = None
    retries: bool = False


def add(connection: sa.Connection, exchange: Joined, refusal: Refusal) -> None:
    """Stores an exchange as a dead letter, unless it is one already or was forgotten."""
    request = exchange[0]
    parameters = {
        "id": request.id,
        "started_at": request.started_at,
        "reason": refusal.reason,
        "sqlstate": refusal.sqlstate,
        "retries": refusal.retries,
        "frames": frames_of(exchange),
    }
    connection.exec_driver_sql(_ADD, parameters)


def take_due(connection: sa.Connection, limit: int) -> list[DeadLetter]:
    """Dead letters that are due to be retried, after scheduling their next attempt."""
    return [DeadLetter(**row._mapping) for row in connection.execute(_TAKE_DUE, {"limit": limit})]


def read(connection: sa.Connection, ids: Collection[UUID] = (), limit: int | None = None) -> list[DeadLetter]:
    """The newest dead letters, or those with these ids, newest first."""
    query = sa.select(dead_letters).order_by(dead_letters.c.refused_at.desc()).limit(limit)
    chosen = query.where(dead_letters.c.exchange_id.in_(ids)) if ids else query
    return [DeadLetter(**row._mapping) for row in connection.execute(chosen)]


def remove(connection: sa.Connection, ids: Collection[UUID]) -> int:
    """Removes the dead letters with these ids for good, and returns how many there were."""
    return connection.execute(sa.delete(dead_letters).where(dead_letters.c.exchange_id.in_(ids))).rowcount


def erase_mentions(connection: sa.Connection, ids: Collection[UUID]) -> int:
    """Removes the dead letters with these ids, or in which one of them is mentioned, such as feedback."""
    return connection.exec_driver_sql(_ERASE, {"ids": [str(each) for each in ids]}).rowcount


def count(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(dead_letters)) or 0


def frames_of(exchange: Joined) -> bytes:
    """An exchange as it is written in a journal."""
    request, response = exchange
    return request.frame() + (response.frame() if response else b"")


def exchanges_in(frames: bytes) -> list[Joined]:
    """The inverse of ``frames_of``, for any number of exchanges one after another."""
    joined: list[Joined] = []
    start = 0
    while start < len(frames):
        frame, start = decode_frame(frames, start)
        if isinstance(frame, Request):
            joined.append((frame, None))
        else:
            joined[-1] = (joined[-1][0], frame)
    return joined
