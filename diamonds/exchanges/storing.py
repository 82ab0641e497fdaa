"""Brings batches of exchanges into the database, whatever is in them; what it never takes is set aside."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
import uuid_utils
from sqlalchemy.exc import DataError

from diamonds.database import engine, migrate
from diamonds.exchanges.claims import same_request
from diamonds.exchanges.insert import insert
from diamonds.exchanges.metrics import metrics
from diamonds.exchanges.months import drop_months_before, prepare_months
from diamonds.exchanges.reader import exchange_on
from diamonds.exchanges.unshipped import Joined
from diamonds.settings import settings

logger = logging.getLogger(__name__)

PREPARE_EVERY_S = 6 * 3600.0
REFUSED = "refused.frames"
_REFUSALS = (DataError, TypeError, ValueError)  # the rows are to blame, so the same again would end the same


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

        Raises what the database raises when it is away.
        """
        self.prepare()
        try:
            with engine().begin() as connection:
                added = insert(connection, batch)
                self._settle(connection, batch)
        except _REFUSALS:
            added = sum(self._put_alone(joined) for joined in batch)
        metrics().shipped.inc(added)

    def _settle(self, connection: sa.Connection, batch: Sequence[Joined]) -> None:
        """Keeps under ids of their own what came under ids that turn out to be other requests'."""
        for asked, answer in batch:
            stored = exchange_on(connection, asked.id) if asked.id_unchecked else None
            if stored is not None and not same_request(stored, asked):
                renamed = asked._replace(id=str(uuid_utils.uuid7()), id_unchecked=False)
                logger.warning("Exchange %s is kept as %s: the id was taken.", asked.id, renamed.id)
                insert(connection, [(renamed, answer)])

    def _put_alone(self, joined: Joined) -> int:
        """What the database refuses never holds up the rest: as bytes it takes any body."""
        try:
            with engine().begin() as connection:
                return insert(connection, [joined])
        except _REFUSALS:
            return self._put_as_bytes(joined)

    def _put_as_bytes(self, joined: Joined) -> int:
        try:
            with engine().begin() as connection:
                return insert(connection, [joined], as_bytes=True)
        except _REFUSALS as problem:
            self._set_aside(joined, reason_of(problem))
            return 0

    def _set_aside(self, joined: Joined, reason: str) -> None:
        metrics().failed.inc()
        logger.error("The database refuses exchange %s: %s", joined[0].id, reason)
        with self._refused.open("ab") as file:
            file.write(joined[0].frame() + (joined[1].frame() if joined[1] else b""))


def reason_of(problem: Exception) -> str:
    """Its first line: those after it may quote what was to be kept, which no log should."""
    return (str(getattr(problem, "orig", problem)).splitlines() or [type(problem).__name__])[0]
