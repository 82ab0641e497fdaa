"""Brings batches of exchanges into the database, whatever is in them; what it never takes is set aside."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
import uuid_utils
from sqlalchemy.exc import DataError, DBAPIError

from diamonds.database import engine, migrate
from diamonds.exchanges.database.partitions import drop_months_before, prepare_months
from diamonds.exchanges.database.queries import exchange_on
from diamonds.exchanges.idempotency import same_request
from diamonds.exchanges.journal.reader import Joined
from diamonds.exchanges.metrics import metrics
from diamonds.exchanges.shipping.upsert import insert
from diamonds.settings import settings

logger = logging.getLogger(__name__)

PREPARE_EVERY_S = 6 * 3600.0
REFUSED = "refused.frames"
_OUTAGES = {"08", "25", "40", "42", "53", "55", "57", "58"}
"""Classes of SQLSTATE that tell of the database's own state, whatever the rows are: away, read-only, in a
deadlock, without a table or a right, full, locked, shutting down, with a broken disk.
"""


class Refused(Exception):
    """The database is well, but does not take these rows: the same again would end the same."""


class Store:
    """The database as a place for exchanges; sees to its tables and partitions before the first."""

    def __init__(self, parent: Path) -> None:
        self._refused = parent / REFUSED
        self._prepare_at = 0.0

    @property
    def is_prepared(self) -> bool:
        return self._prepare_at > 0

    def prepare(self) -> None:
        """Raises what the database raises when it is away."""
        if time.monotonic() < self._prepare_at:
            return
        migrate()
        prepare_months()
        keep = settings().retention_months
        if keep is not None:
            drop_months_before(keep)
        self._prepare_at = time.monotonic() + PREPARE_EVERY_S

    def put(self, batch: Sequence[Joined]) -> None:
        """Comes back when the batch is in the database, each exchange once however often it is put.

        What the database refuses is set aside. Raises what the database raises when it is away.
        """
        self.prepare()
        metrics().shipped.inc(self._put(batch))

    def _put(self, batch: Sequence[Joined]) -> int:
        """Halves a refused batch until the rows to blame are alone, so that they hold up no others."""
        try:
            return self._insert(batch)
        except Refused:
            if len(batch) == 1:
                return self._put_as_bytes(batch[0])
        middle = len(batch) // 2
        return self._put(batch[:middle]) + self._put(batch[middle:])

    def _put_as_bytes(self, joined: Joined) -> int:
        """As bytes the database takes any body; what it refuses even so is set aside."""
        try:
            return self._insert([joined], as_bytes=True)
        except Refused as problem:
            self._set_aside(joined, str(problem))
            return 0

    def _insert(self, batch: Sequence[Joined], *, as_bytes: bool = False) -> int:
        try:
            with engine().begin() as connection:
                added = insert(connection, batch, as_bytes=as_bytes)
                self._settle(connection, batch, as_bytes=as_bytes)
        except (DBAPIError, TypeError, ValueError) as problem:
            if isinstance(problem, DBAPIError) and is_outage(problem):
                raise
            raise Refused(reason_of(problem)) from problem
        return added

    def _settle(self, connection: sa.Connection, batch: Sequence[Joined], *, as_bytes: bool) -> None:
        """Keeps under ids of their own what came under ids that turn out to be other requests'."""
        for asked, answer in batch:
            stored = exchange_on(connection, asked.id) if asked.id_unchecked else None
            if stored is not None and not same_request(stored, asked):
                renamed = asked._replace(id=str(uuid_utils.uuid7()), id_unchecked=False)
                logger.warning("Exchange %s is kept as %s: the id was taken.", asked.id, renamed.id)
                insert(connection, [(renamed, answer)], as_bytes=as_bytes)

    def _set_aside(self, joined: Joined, reason: str) -> None:
        metrics().failed.inc()
        logger.error("The database refuses exchange %s: %s", joined[0].id, reason)
        with self._refused.open("ab") as file:
            file.write(joined[0].frame() + (joined[1].frame() if joined[1] else b""))


def is_outage(problem: DBAPIError) -> bool:
    """Whether the database is to blame, so that the same may end well later, rather than the rows."""
    state = getattr(problem.orig, "pgcode", None)
    if state is None:  # the driver's own error: the connection was lost, or it cannot send this value
        return not isinstance(problem, DataError)
    return problem.connection_invalidated or state[:2] in _OUTAGES


def reason_of(problem: Exception) -> str:
    """Its first line: those after it may quote what was to be kept, which no log should."""
    return (str(getattr(problem, "orig", problem)).splitlines() or [type(problem).__name__])[0]
