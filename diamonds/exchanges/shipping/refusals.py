"""Handles the exchanges that the database refuses: stores them as dead letters, and retries them."""

import logging
from collections.abc import Sequence
from pathlib import Path

from diamonds.exchanges.database import dead_letters
from diamonds.exchanges.database.dead_letters import DeadLetter, Refusal
from diamonds.exchanges.frames import Joined
from diamonds.exchanges.metrics import metrics
from diamonds.exchanges.shipping.conflicts import upsert_resolved
from diamonds.exchanges.shipping.problems import DatabaseProblem, may_pass, reason_of, sqlstate_of
from diamonds.exchanges.shipping.refused_file import RefusedFile
from diamonds.exchanges.shipping.transaction import REFUSALS, transaction
from diamonds.logs import OncePerMinute

logger = logging.getLogger(__name__)

REFUSED_FILE = "refused.frames"
_RETRIES_AT_ONCE = 100


class Refusals:
    """Dead letters in their table, or in a file of this machine until the table takes them."""

    def __init__(self, parent: Path) -> None:
        self._file = RefusedFile(parent / REFUSED_FILE)
        self._log = OncePerMinute()

    def add(self, exchange: Joined, error: Exception) -> None:
        """Makes an exchange a dead letter; it is retried automatically if the reason may pass.

        Raises DatabaseProblem where neither the database nor the disk takes it.
        """
        refusal = Refusal(reason_of(error), sqlstate_of(error), may_pass(error))
        metrics().failed.inc()
        if self._log.is_due(refusal.sqlstate):
            logger.error("The database refuses exchange %s: %s", exchange[0].id, refusal.reason)
        try:
            _store([(exchange, refusal)])
        except (DatabaseProblem, *REFUSALS):
            self._append(exchange, refusal)

    def _append(self, exchange: Joined, refusal: Refusal) -> None:
        try:
            self._file.append(exchange, refusal)
        except OSError as error:
            raise DatabaseProblem("busy", f"no dead letters can be written: {error.strerror}") from error

    def retry_due(self) -> None:
        """Retries the dead letters that are due, and counts those that are left; raises DatabaseProblem."""
        self.move_file()
        with transaction() as connection:
            due = dead_letters.take_due(connection, _RETRIES_AT_ONCE)
        for letter in due:
            retry(letter)
        with transaction() as connection:
            metrics().refused.set(dead_letters.count(connection))

    def move_file(self) -> None:
        """Moves what is in the file to the table."""
        self._file.move(_store)


def retry(letter: DeadLetter) -> str | None:
    """Writes a dead letter again, and removes it; returns the reason if the database still refuses it."""
    try:
        with transaction() as connection:
            added = upsert_resolved(connection, letter.exchanges())
            dead_letters.remove(connection, [letter.exchange_id])
    except REFUSALS as error:
        return reason_of(error)
    metrics().shipped.inc(added)
    return None


def _store(refused: Sequence[tuple[Joined, Refusal]]) -> None:
    with transaction() as connection:
        for exchange, refusal in refused:
            dead_letters.add(connection, exchange, refusal)
