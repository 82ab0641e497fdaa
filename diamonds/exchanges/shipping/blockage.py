"""Reports why the database takes no exchange at present: the worker, a metric and, once a minute, the log."""

import logging
from collections.abc import Callable

from diamonds.exchanges.metrics import metrics
from diamonds.exchanges.shipping.problems import DatabaseProblem, reason_of
from diamonds.logs import OncePerMinute

logger = logging.getLogger(__name__)


class Blockage:
    """Whether the database takes exchanges, and if not, why; ``report`` is called when that changes."""

    def __init__(self, report: Callable[[str | None], None]) -> None:
        self._report = report
        self._problem: str | None = None
        self._log = OncePerMinute()

    def __bool__(self) -> bool:
        return self._problem is not None

    def note(self, error: Exception) -> None:
        """Notes that the database did not take exchanges, by the error that it met them with."""
        metrics().retried.inc()
        problem = DatabaseProblem.of(error)
        if str(problem) != self._problem:
            if self._log.is_due(problem.cause):
                reason = "" if (reason := reason_of(error)) in str(problem) else f": {reason}"
                logger.warning("Exchanges wait in the journal: %s%s", problem, reason)
            self._report(str(problem))
            metrics().set_blocked(problem.state)
        self._problem = str(problem)

    def end(self) -> None:
        """Notes that the database takes exchanges."""
        if self:
            self._report(None)
            metrics().set_blocked(None)
        self._problem = None
