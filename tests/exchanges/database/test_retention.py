"""Everything that is older than the retention is deleted, wherever it lies, unless the clock is in doubt."""

import logging
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from uuid import uuid4

import pytest

from diamonds.database import engine
from diamonds.exchanges import Body, apply_retention, create_partitions
from diamonds.exchanges.database import dead_letters
from diamonds.exchanges.database.clock import clock_doubt
from diamonds.exchanges.database.dead_letters import Refusal
from diamonds.exchanges.database.erasure import forget
from diamonds.exchanges.database.upsert import upsert
from tests.exchanges.conversations import id_at, make_request, make_response

pytestmark = pytest.mark.usefixtures("empty_database")

NOW = datetime(2041, 6, 15, 12, tzinfo=UTC)
FIRST_LEFT = datetime(2041, 5, 1, tzinfo=UTC)
DAYS = [NOW - timedelta(days=ago) for ago in range(0, 150, 3)]
OLDEST = """
SELECT min(at) FROM (
    SELECT started_at FROM exchanges UNION ALL SELECT given_at FROM feedback
    UNION ALL SELECT forgotten_at FROM forgotten_exchanges
    UNION ALL SELECT started_at FROM dead_letters) AS every (at)
"""


def add(moment: datetime, id_: str, **changes: object) -> None:
    request = make_request(0, id=id_, started_at=moment.timestamp(), **changes)
    with engine().begin() as connection:
        upsert(connection, [(request, make_response(request, body=request.body))])


def fill_all_places(moment: datetime) -> None:
    """Exchanges by the month of their id, of another month, and in no month; and what comes with them."""
    add(moment, id_at(moment))
    add(moment, str(uuid4()))
    add(moment, id_at(moment + timedelta(days=40), 1))
    add(moment, id_at(moment - timedelta(days=40), 2))
    sold = b'{"exchange_id":"%s","price":1,"given_at":"%s"}' % (
        str(uuid4()).encode(),
        moment.isoformat().encode(),
    )
    add(moment, id_at(moment, 3), path="/feedback", body=Body(sold))
    refused, forgotten = make_request(0, started_at=moment.timestamp()), uuid4()
    forget([forgotten])
    with engine().begin() as connection:
        dead_letters.add(connection, (refused, None), Refusal("not this one"))
        connection.exec_driver_sql(
            "UPDATE forgotten_exchanges SET forgotten_at = %(at)s WHERE id = %(id)s",
            {"at": moment, "id": forgotten},
        )


def oldest() -> datetime | None:
    with engine().connect() as connection:
        moment: datetime | None = connection.exec_driver_sql(OLDEST).scalar()
    return moment


def counts() -> dict[str, int]:
    tables = ("exchanges", "feedback", "forgotten_exchanges", "dead_letters")
    with engine().connect() as connection:
        return {
            table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()  # noqa: S608
            for table in tables
        }


def test_what_is_older_than_the_retention_goes_wherever_it_lies_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for ago in (150, 60, 0):
        create_partitions(NOW - timedelta(days=ago))
    for moment in DAYS:
        fill_all_places(moment)
    left = len([moment for moment in DAYS if moment >= FIRST_LEFT])
    with caplog.at_level(logging.WARNING):
        deleted = apply_retention(1, NOW)
    assert oldest() == min(moment for moment in DAYS if moment >= FIRST_LEFT)
    assert counts() == {
        "exchanges": 5 * left,
        "feedback": left,
        "forgotten_exchanges": left,
        "dead_letters": left,
    }
    assert deleted.rows["dead letters"] == len(DAYS) - left
    (announcement,) = caplog.messages
    assert f"{len(DAYS) - left} dead letters" in announcement
    assert "older than 2041-05-01 (DIAMONDS_RETENTION_MONTHS=1)" in announcement
    assert apply_retention(1, NOW).rows == {}


def test_a_month_with_an_exchange_that_is_newer_than_its_id_loses_only_the_others() -> None:
    january = datetime(2042, 1, 1, tzinfo=UTC)
    create_partitions(january)
    add(january, id_at(january))
    add(NOW + timedelta(days=365), id_at(january, 1))
    deleted = apply_retention(1, NOW + timedelta(days=365))
    assert "exchanges_2042_01" not in deleted.partitions
    assert oldest() == NOW + timedelta(days=365)


def test_a_clock_that_jumps_deletes_nothing_before_it_has_gone_on_for_a_day(
    caplog: pytest.LogCaptureFixture,
) -> None:
    create_partitions(NOW)
    add(NOW, id_at(NOW))
    add(NOW, str(uuid4()))
    for hours in range(0, 48, 6):
        apply_retention(1, NOW + timedelta(hours=hours))
    wrong = NOW + timedelta(days=100)
    add(wrong, id_at(wrong, 1))  # recorded before anybody noticed
    for hours in (0, 6, 12, 18):
        assert apply_retention(1, wrong + timedelta(hours=hours)).rows == {}
    assert counts()["exchanges"] == 3
    assert "the clock has jumped from 2041-06-17 06:00 to 2041-09-23 12:00" in caplog.text
    apply_retention(1, NOW + timedelta(days=3))  # set right again
    assert counts()["exchanges"] == 3
    assert apply_retention(1, wrong + timedelta(hours=25)).partitions != []
    assert counts()["exchanges"] == 1


def test_the_first_run_trusts_a_clock_that_the_newest_exchange_agrees_with() -> None:
    add(NOW - timedelta(days=90), str(uuid4()))
    assert apply_retention(1, NOW).rows == {}
    with engine().begin() as connection:
        connection.exec_driver_sql("TRUNCATE clock_sightings")
    add(NOW, str(uuid4()))
    assert apply_retention(1, NOW).rows == {"exchanges": 1}


def hours_ago(*hours: float) -> list[datetime]:
    return [NOW - timedelta(hours=ago) for ago in hours]


@pytest.mark.parametrize(
    ("sightings", "trusted"),
    [
        ([], True),
        (hours_ago(6), True),
        (hours_ago(6, 12, 60, 100), True),
        (hours_ago(100), False),
        (hours_ago(6, 12, 100), False),
        (hours_ago(6, 23, 1000), False),
        (hours_ago(6, 24, 1000), True),
        (hours_ago(-1000, 6), True),  # it was wrong before
        (hours_ago(-1000), True),
    ],
)
def test_the_clock_is_trusted_while_it_goes_on_and_again_after_a_day(
    sightings: list[datetime], trusted: bool
) -> None:
    assert (clock_doubt(NOW, NOW, sightings) is None) == trusted


@pytest.mark.parametrize("hours", [-2400, -1.1, 1.1, 2400])
def test_the_clock_is_not_trusted_when_the_database_has_another(hours: float) -> None:
    doubt = clock_doubt(NOW, NOW + timedelta(hours=hours), [])
    assert doubt is not None
    assert "the clocks of this machine and the database differ" in doubt


def test_writers_wait_for_no_lock_while_somebody_reads_what_is_to_be_dropped() -> None:
    create_partitions(NOW - timedelta(days=150))
    add(NOW - timedelta(days=150), id_at(NOW - timedelta(days=150)))
    add(NOW, id_at(NOW))
    with engine().connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM exchanges")
        retention = Thread(target=apply_retention, args=(1, NOW))
        retention.start()
        for number in range(50):
            write_within_a_second(number)
    retention.join()
    assert oldest() == NOW


def write_within_a_second(number: int) -> None:
    request = make_request(number, started_at=NOW.timestamp())
    with engine().begin() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
        upsert(connection, [(request, None)])
        Event().wait(0.03)
