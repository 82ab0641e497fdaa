"""An embedded Postgres with an empty table of exchanges for each test."""

import pytest

from diamonds.database import engine, migrate
from diamonds.exchanges import prepare_months


@pytest.fixture
def empty_database() -> None:
    migrate()
    prepare_months()
    with engine().begin() as connection:
        connection.exec_driver_sql("TRUNCATE exchanges, forgotten_exchanges, feedback")
