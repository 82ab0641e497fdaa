"""Writes batches of exchanges into the database, and isolates those that it refuses."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
import uuid_utils
from sqlalchemy.exc import DataError, DBAPIError

from diamonds.database import engine, migrate
from diamonds.exchanges.database.partitions import create_partitions, drop_partitions_before
from diamonds.exchanges.database.queries import read_exchange
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.frames import Joined
from diamonds.exchanges.idempotency import same_request
from diamonds.exchanges.metrics import metrics
from diamonds.settings import settings

logger = logging.getLogger(__name__)

PREPARE_EVERY_S = 6 * 3600.0
REFUSED_FILE = "refused.frames"
_OUTAGES = {"08", "25", "40", "42", "53", "55", "57", "58"}
"""Classes of SQLSTATE about the database's own state, whatever the rows are: away, read-only, in a
deadlock, without a table or a right, full, locked, shutting down, with a broken disk.
"""


class RowsRefused(Exception):
    """The database is available, but refuses these rows: trying again would end the same."""


class Sink:
    """The database as the destination of exchanges; creates its tables and partitions first."""

    def __init__(self, parent: Path) -> None:
        self._refused_file = parent / REFUSED_FILE
        self._prepare_at = 0.0

    @property
    def is_prepared(self) -> bool:
        return self._prepare_at > 0

    def prepare(self) -> None:
        """Migrates, and creates and drops partitions; raises the database's error when it is away."""
        if time.monotonic() < self._prepare_at:
            return
        migrate()
        create_partitions()
        months = settings().retention_months
        if months is not None:
            drop_partitions_before(months)
        self._prepare_at = time.monotonic() + PREPARE_EVERY_S

    def write(self, batch: Sequence[Joined]) -> None:
        """Returns when the batch is in the database, each exchange once however often it is written.

        Rows that the database refuses are isolated. Raises the database's error when it is away.
        """
        self.prepare()
        metrics().shipped.inc(self._bisect(batch))

    def _bisect(self, batch: Sequence[Joined]) -> int:
        """Halves a refused batch until the rows to blame are alone, so that they hold up no others."""
        try:
            return self._insert(batch)
        except RowsRefused:
            if len(batch) == 1:
                return self._insert_as_bytes(batch[0])
        middle = len(batch) // 2
        return self._bisect(batch[:middle]) + self._bisect(batch[middle:])

    def _insert_as_bytes(self, exchange: Joined) -> int:
        """As bytes the database takes any body; an exchange that it still refuses is a dead letter."""
        try:
            return self._insert([exchange], as_bytes=True)
        except RowsRefused as problem:
            self._append_refused(exchange, str(problem))
            return 0

    def _insert(self, batch: Sequence[Joined], *, as_bytes: bool = False) -> int:
        try:
            with engine().begin() as connection:
                changed = upsert(connection, batch, as_bytes=as_bytes)
                self._resolve_conflicts(connection, batch, as_bytes=as_bytes)
        except (DBAPIError, TypeError, ValueError) as problem:
            if isinstance(problem, DBAPIError) and is_outage(problem):
                raise
            raise RowsRefused(reason_of(problem)) from problem
        return changed

    def _resolve_conflicts(
        self, connection: sa.Connection, batch: Sequence[Joined], *, as_bytes: bool
    ) -> None:
        """Stores under new ids the exchanges whose ids turn out to belong to other requests."""
        for request, response in batch:
            existing = read_exchange(connection, request.id) if request.id_unchecked else None
            if existing is not None and not same_request(existing, request):
                renamed = request._replace(id=str(uuid_utils.uuid7()), id_unchecked=False)
                logger.warning("Exchange %s is stored as %s: its id was taken.", request.id, renamed.id)
                upsert(connection, [(renamed, response)], as_bytes=as_bytes)

    def _append_refused(self, exchange: Joined, reason: str) -> None:
        request, response = exchange
        metrics().failed.inc()
        logger.error("The database refuses exchange %s: %s", request.id, reason)
        with self._refused_file.open("ab") as file:
            file.write(request.frame() + (response.frame() if response else b""))


def is_outage(problem: DBAPIError) -> bool:
    """Whether an error is due to the database's state, so that a retry may succeed, not to the rows."""
    state = getattr(problem.orig, "pgcode", None)
    if state is None:  # the driver's own error: the connection was lost, or it cannot send this value
        return not isinstance(problem, DataError)
    return problem.connection_invalidated or state[:2] in _OUTAGES


def reason_of(problem: Exception) -> str:
    """The first line of an error: later ones may quote what was to be stored, which must not be logged."""
    return (str(getattr(problem, "orig", problem)).splitlines() or [type(problem).__name__])[0]
