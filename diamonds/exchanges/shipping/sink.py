"""Writes batches of exchanges into the database, and isolates those that it refuses."""

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path

import uuid_utils
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from diamonds.database import migrate, newest_revision
from diamonds.exchanges.database.partitions import create_partitions
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.frames import Body, Joined, Request
from diamonds.exchanges.metrics import metrics
from diamonds.exchanges.shipping.conflicts import upsert_resolved
from diamonds.exchanges.shipping.problems import DatabaseProblem, is_connection_lost, may_pass, reason_of
from diamonds.exchanges.shipping.refusals import Refusals
from diamonds.exchanges.shipping.transaction import REFUSALS, transaction

logger = logging.getLogger(__name__)

PREPARE_EVERY_S = 6 * 3600.0
RECOVERY_S = 20.0
_CRASHES_BEFORE_BLAME = 3
_MAX_PROBE_BYTES = 1024 * 1024


class Sink:
    """The database as the destination of exchanges; creates its tables and partitions first.

    Whether an error is due to an exchange or to the database is found out by trying: where the database does
    not take a probe either, which is a new exchange that is rolled back, every exchange waits.
    """

    def __init__(self, parent: Path) -> None:
        self.refusals = Refusals(parent)
        self._prepare_at = 0.0
        self._newer_revision: str | None = None
        self._no_partitions: str | None = None
        self._crashes = 0

    @property
    def is_prepared(self) -> bool:
        return self._prepare_at > 0

    def prepare(self) -> None:
        """Migrates and creates partitions; raises DatabaseProblem when it cannot."""
        if time.monotonic() < self._prepare_at:
            return
        try:
            self._newer_revision = migrate()
            self._create_partitions()
        except (SQLAlchemyError, ConnectionError, ValueError) as error:
            raise DatabaseProblem.of(error) from error
        self._prepare_at = time.monotonic() + PREPARE_EVERY_S

    def _create_partitions(self) -> None:
        """Exchanges are taken all the same where there is no right to create some, or a reader in the way."""
        try:
            create_partitions()
        except DBAPIError as error:
            if is_connection_lost(error):
                raise
            if str(error.orig) != self._no_partitions:
                logger.warning("The default partition takes what has no other: %s", reason_of(error))
            self._no_partitions = str(error.orig)

    def check(self) -> None:
        """Raises DatabaseProblem unless the database takes exchanges."""
        self.prepare()
        self._probe()

    def write(self, batch: Sequence[Joined]) -> None:
        """Returns when each exchange is in the database, once however often it is written, or a dead letter.

        Raises DatabaseProblem when the database takes no exchange at all.
        """
        self.prepare()
        metrics().shipped.inc(self._store(batch))
        self._crashes = 0

    def _store(self, batch: Sequence[Joined]) -> int:
        try:
            return _insert(batch)
        except REFUSALS as error:
            if is_connection_lost(error):
                self._crashes += 1
            self._probe_after(error, _size_of(batch))
            return self._divide(batch)

    def _divide(self, batch: Sequence[Joined]) -> int:
        """Halves a refused batch until the exchanges to blame are alone, so that they hold up no others."""
        if len(batch) == 1:
            return self._isolate(batch[0])
        middle = len(batch) // 2
        return self._store_part(batch[:middle]) + self._store_part(batch[middle:])

    def _store_part(self, part: Sequence[Joined]) -> int:
        try:
            return _insert(part)
        except REFUSALS as error:
            self._probe_after(error)
            return self._divide(part)

    def _isolate(self, exchange: Joined) -> int:
        """Tries an exchange once more, on its own; then it becomes a dead letter."""
        try:
            return _insert_alone(exchange)
        except REFUSALS as error:
            self._probe_after(error)
            self.refusals.add(exchange, error)
            return 0

    def _probe_after(self, error: Exception, size: int = 0) -> None:
        """Probes; waits for the server to recover first, where exchanges seem to be what crashes it."""
        crashes = is_connection_lost(error) and self._crashes >= _CRASHES_BEFORE_BLAME
        give_up_at = time.monotonic() + (RECOVERY_S if crashes else 0.0)
        while True:
            try:
                self._probe(size)
                return
            except DatabaseProblem:
                if time.monotonic() >= give_up_at:
                    raise
                time.sleep(0.1)

    def _probe(self, size: int = 0) -> None:
        """Raises DatabaseProblem unless the database takes a harmless exchange with a body of that size."""
        try:
            with transaction() as connection:
                upsert(connection, [(_probe_request(size), None)])
                connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
                connection.rollback()
        except SQLAlchemyError as error:
            self._prepare_at = 0.0  # it may be another database by now
            raise self._problem_of(error) from error

    def _problem_of(self, error: Exception) -> DatabaseProblem:
        """Names the migration that this version lacks, where that may be why the database refuses."""
        problem = DatabaseProblem.of(error)
        if problem.state != "refusing" or self._newer_revision is None:
            return problem
        lacks = f"this version lacks migration {self._newer_revision}; its newest is {newest_revision()}"
        return DatabaseProblem("refusing", f"{problem}; {lacks}", problem.sqlstate)


def _insert(batch: Sequence[Joined]) -> int:
    with transaction() as connection:
        return upsert_resolved(connection, batch)


def _insert_alone(exchange: Joined) -> int:
    """Inserts an exchange, as bytes if its JSON is what the database refuses.

    Both attempts see one state of the database: where it stops refusing between them, the JSON is not to
    blame, and a quote that was stored as bytes would be missing from ``quotes`` for good.
    """
    with transaction() as connection:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        try:
            with connection.begin_nested():
                return upsert_resolved(connection, [exchange])
        except REFUSALS as error:
            if may_pass(error) or connection.invalidated:
                raise
            return upsert_resolved(connection, [exchange], as_bytes=True)


def _probe_request(size: int) -> Request:
    body = Body(os.urandom(min(size, _MAX_PROBE_BYTES)))  # nothing that compression makes small
    return Request(0, str(uuid_utils.uuid7()), time.time(), "GET", "/", "", None, False, body)


def _size_of(batch: Sequence[Joined]) -> int:
    bodies = [each.body for exchange in batch for each in exchange if each is not None]
    return sum(len(body.content) for body in bodies)
