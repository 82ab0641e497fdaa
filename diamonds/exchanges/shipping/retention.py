"""Applies the retention beside shipping, which must not wait until much has been deleted."""

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from diamonds.exchanges.database.retention import apply_retention
from diamonds.exchanges.shipping.problems import reason_of
from diamonds.settings import settings

logger = logging.getLogger(__name__)


def start_retention() -> None:
    """Starts a thread that deletes what is older than ``DIAMONDS_RETENTION_MONTHS``, if that is set."""
    months = settings().retention_months
    if months is not None:
        threading.Thread(target=_apply, args=(months,), name="retention", daemon=True).start()


def _apply(months: int) -> None:
    try:
        apply_retention(months)
    except (SQLAlchemyError, ConnectionError) as problem:
        logger.warning("Retention stopped; it is applied again later: %s", reason_of(problem))
