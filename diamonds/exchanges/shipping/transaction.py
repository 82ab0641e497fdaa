"""Opens transactions of shipping, and reports a database that cannot be reached as such."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from diamonds.database import LEAST_FREE_BYTES, engine, is_disk_full
from diamonds.exchanges.shipping.problems import DatabaseProblem

REFUSALS = (SQLAlchemyError, TypeError, ValueError)
"""What is raised in a transaction that an exchange may be to blame for; the last two before it is sent."""


@contextmanager
def transaction() -> Iterator[sa.Connection]:
    """A transaction; raises DatabaseProblem when there is no connection, or no room for what it writes."""
    if is_disk_full():
        least = LEAST_FREE_BYTES // 1024**2
        raise DatabaseProblem(
            "busy", f"the disk of the embedded Postgres is full: less than {least} MiB are free"
        )
    try:
        connection = engine().connect()
    except (SQLAlchemyError, ConnectionError, ValueError) as error:
        raise DatabaseProblem.of(error) from error
    with connection, connection.begin():
        yield connection
