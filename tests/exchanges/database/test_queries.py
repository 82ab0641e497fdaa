from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges import BadCursor, Body, Filter, create_partitions, page
from diamonds.exchanges.database.filters import newest
from diamonds.exchanges.database.queries import LARGEST_PAGE_BYTES
from diamonds.exchanges.database.retention import apply_retention
from diamonds.exchanges.database.tables import exchanges
from diamonds.exchanges.database.upsert import upsert
from tests.exchanges.conversations import make_request, make_response

pytestmark = pytest.mark.usefixtures("empty_database")

START = datetime(2026, 11, 1, tzinfo=UTC)


def add(count: int, *, minute: int = 0) -> None:
    """Exchanges that began a second apart, with ids of any version, mixed."""
    with engine().begin() as connection:
        for second in range(count):
            began = START + timedelta(minutes=minute, seconds=second)
            request = make_request(
                second, id=str(uuid4()), started_at=began.timestamp(), path=f"/p{second % 3}"
            )
            upsert(
                connection,
                [(request, make_response(request, status=200 + second % 2, model=f"m{second % 5}"))],
            )


def test_pages_follow_one_another_newest_first_without_gap_or_overlap_while_rows_arrive() -> None:
    add(50)
    seen, cursor = [], None
    for number in range(8):
        found = page(Filter(until=START + timedelta(minutes=1)), limit=7, cursor=cursor)
        seen += [one.started_at for one in found.exchanges]
        add(3, minute=number + 2)
        cursor = found.next
    assert seen == [START + timedelta(seconds=second) for second in reversed(range(50))]
    assert cursor is None


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(), 30),
        (Filter(path="/p1"), 10),
        (Filter(status=201), 15),
        (Filter(model="m4"), 6),
        (Filter(path="/p0", status=200, model="m0"), 1),
        (Filter(path="/p1", status=200), 5),
        (Filter(status=201, model="m4"), 3),
        (Filter(path="/p1", status=404), 0),
        (Filter(since=START + timedelta(seconds=20)), 10),
        (Filter(until=START + timedelta(seconds=20)), 20),
        (Filter(path="'; DROP TABLE exchanges; --"), 0),
        (Filter(path="/" + "x" * 100_000), 0),
        (Filter(status=-32768), 0),
    ],
)
def test_filters_let_through_what_they_say(wanted: Filter, count: int) -> None:
    add(30)
    assert len(page(wanted).exchanges) == count


@pytest.mark.parametrize("length", [199, 200, 201, 1000])
def test_a_path_is_found_as_a_whole_however_long(length: int) -> None:
    with engine().begin() as connection:
        for number, long in enumerate((199, 200, 201, 1000)):
            request = make_request(number, path="💎" * long)
            upsert(connection, [(request, make_response(request))])
    (found,) = page(Filter(path="💎" * length)).exchanges
    assert len(found.path) == length


@pytest.mark.parametrize(
    "wanted", [Filter(path="/a", status=200), Filter(path="/a", model="m"), Filter(status=200, model="m")]
)
def test_two_filters_let_through_whatever_the_third_column_holds(wanted: Filter) -> None:
    rows = 3 * [*product(("/a", "/b", "/c"), (200, 404, None), ("m", "n", None))]
    for second, (path, status, model) in enumerate(rows):
        request = make_request(second, started_at=START.timestamp() + second, path=path)
        with engine().begin() as connection:
            upsert(connection, [(request, make_response(request, status=status, model=model))])
    asked_for = (wanted.path, wanted.status, wanted.model)
    passing = [
        START + timedelta(seconds=second)
        for second, row in enumerate(rows)
        if all(value in (None, there) for value, there in zip(asked_for, row, strict=True))
    ]
    seen: list[datetime] = []
    cursor = None
    while cursor is not None or not seen:
        found = page(wanted, limit=4, cursor=cursor)
        seen += [one.started_at for one in found.exchanges]
        cursor = found.next
    assert len(seen) == 9
    assert seen == passing[::-1]


@pytest.mark.parametrize(
    "cursor", ["", "x", "....", "MTIzLmFi", "9" * 500, "'; DROP TABLE exchanges; --", "\0"]
)
def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor, match="expected the `next` of an earlier page"):
        page(Filter(), cursor=cursor)


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(),
        Filter(path="/p1"),
        Filter(status=200),
        Filter(model="m1"),
        Filter(path="/absent", status=200, model="m1"),
    ],
)
def test_a_page_is_read_from_an_index_of_each_partition_without_sorting(wanted: Filter) -> None:
    plan = plan_of(wanted)
    assert "Sort  (" not in plan
    assert "Filter: " not in plan
    assert "Index Scan" in plan


@pytest.mark.parametrize(
    "wanted", [Filter(path="/" + 300 * "x"), Filter(path="/" + 300 * "x", status=200, model="m1")]
)
def test_a_page_of_a_long_path_is_read_from_an_index_of_how_it_begins(wanted: Filter) -> None:
    plan = plan_of(wanted)
    assert "Sort  (" not in plan
    assert '("left"(path, 200) = ' in plan
    filters = {line.strip()[:15] for line in plan.splitlines() if line.strip().startswith("Filter: ")}
    assert filters == {"Filter: (path ="}


@pytest.mark.parametrize(
    "wanted",
    [Filter(path="/p1", status=404), Filter(path="/absent", model="m1"), Filter(status=200, model="m1")],
)
def test_a_page_of_two_filters_reads_nothing_that_does_not_pass(wanted: Filter) -> None:
    plan = plan_of(wanted)
    filters = {line.strip() for line in plan.splitlines() if line.strip().startswith("Filter: ")}
    assert filters == {"Filter: (value IS NOT NULL)"}
    assert "Seq Scan" not in plan


def plan_of(wanted: Filter) -> str:
    """How a later page is read, where rows are as many as here they are not."""
    # Of emptied partitions the planner remembers what other tests had put into them; of new ones, nothing.
    apply_retention(0, datetime.now(UTC) + timedelta(days=400))
    create_partitions()
    add(300)
    with engine().begin() as connection:
        connection.exec_driver_sql("ANALYZE exchanges")
        for cheap_where_rows_are_few in ("seqscan", "bitmapscan", "sort"):
            connection.exec_driver_sql(f"SET LOCAL enable_{cheap_where_rows_are_few} = off")
        query = newest(sa.select(exchanges), wanted, 10, (START + timedelta(seconds=200), uuid4()))
        text = query.compile(engine(), compile_kwargs={"literal_binds": True})
        return "\n".join(connection.exec_driver_sql(f"EXPLAIN {text}").scalars())


@pytest.mark.parametrize("wanted", [Filter(), Filter(path="/p1", status=200), Filter(text="large")])
def test_a_page_ends_before_its_bodies_become_too_large_and_its_cursor_goes_on(wanted: Filter) -> None:
    note = '{"large":"' + LARGEST_PAGE_BYTES // 8 * "x" + '"}'
    with engine().begin() as connection:
        for second in range(20):
            request = make_request(second, started_at=START.timestamp() + second, path=f"/p{second % 2}")
            upsert(connection, [(request, make_response(request, body=Body(note.encode())))])
    pages = [page(wanted)]
    while pages[-1].next:
        pages.append(page(wanted, cursor=pages[-1].next))
    ids = [one.id for each in pages for one in each.exchanges]
    assert len(ids) == len(set(ids)) == (10 if wanted.path else 20)
    assert max(len(each.exchanges) for each in pages) == 7


def test_an_exchange_larger_than_a_page_is_a_page_of_its_own() -> None:
    note = b'"' + LARGEST_PAGE_BYTES * b"x" + b'"'
    request = make_request(0, started_at=START.timestamp() + 3600, body=Body(note))
    with engine().begin() as connection:
        upsert(connection, [(request, None)])
    add(2)
    first = page(Filter())
    assert [str(one.id) for one in first.exchanges] == [request.id]
    assert len(page(Filter(), cursor=first.next).exchanges) == 2


@pytest.mark.parametrize("wanted", [Filter(), Filter(path="/p1", status=200), Filter(text="number")])
def test_a_page_without_bodies_is_the_same_page_otherwise(wanted: Filter) -> None:
    add(12)
    whole = page(wanted).exchanges
    lean = page(wanted, bodies=False).exchanges

    assert all(each.request_body for each in whole)
    assert lean == [
        replace(each, request_body=None, response_body=None, request_bytes=None, response_bytes=None)
        for each in whole
    ]
