from datetime import UTC, datetime

import pytest

from diamonds.database import engine
from diamonds.exchanges import Filter, apply_retention, create_partitions, page
from diamonds.exchanges.database.upsert import upsert
from tests.exchanges.conversations import id_at, make_request, make_response

pytestmark = pytest.mark.usefixtures("empty_database")


def add(moment: datetime, number: int = 0) -> None:
    request = make_request(number, id=id_at(moment, number), started_at=moment.timestamp())
    with engine().begin() as connection:
        upsert(connection, [(request, make_response(request))])


def in_table(name: str) -> int:
    with engine().connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one())  # noqa: S608 - our own


def test_a_month_that_is_made_late_takes_over_its_exchanges_and_is_made_once() -> None:
    new_year = datetime(2031, 1, 1, tzinfo=UTC)
    add(new_year)
    add(datetime(2031, 1, 31, 23, 59, 59, tzinfo=UTC), 1)
    assert in_table("exchanges_default") == 2
    made = create_partitions(new_year)
    assert made == ["exchanges_2031_01", "exchanges_2031_02", "exchanges_2031_03", "exchanges_2031_04"]
    assert (in_table("exchanges_default"), in_table("exchanges_2031_01")) == (0, 2)
    assert create_partitions(new_year) == []


def test_retention_drops_whole_months_and_no_other() -> None:
    december = datetime(2032, 12, 1, tzinfo=UTC)
    create_partitions(december)  # December to March
    for number, moment in enumerate([december, datetime(2033, 1, 1, tzinfo=UTC)]):
        add(moment, number)
    gone = apply_retention(0, datetime(2033, 1, 2, tzinfo=UTC)).partitions
    assert "exchanges_2032_12" in gone
    assert "exchanges_2033_01" not in gone
    assert [one.started_at.month for one in page(Filter(since=december)).exchanges] == [1]
