"""Values that JSONB takes, and changes or cannot give back."""

from pathlib import Path
from uuid import UUID

import pyarrow.parquet as pq
import pytest

from diamonds.database import engine
from diamonds.exchanges import Body, Exchange, Filter, exchange, page
from diamonds.exchanges.database.export import export
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.idempotency import claim
from tests.exchanges.conversations import make_request, make_response

pytestmark = pytest.mark.usefixtures("empty_database")

TINY = b'{"carat": [%s]}' % b", ".join([b"1e-16383"] * 70_000)


def store(body: bytes, number: int = 0) -> str:
    request = make_request(number, body=Body(body))
    with engine().begin() as connection:
        upsert(connection, [(request, make_response(request, body=Body(body)))])
    return request.id


def stored(id_: str) -> Exchange:
    one = exchange(UUID(id_))
    assert one is not None
    return one


@pytest.mark.parametrize(
    "body",
    [
        TINY,
        b"[" + b",".join([b"1e300"] * 20) + b"]",
        b'{"carat": 1e400}',
        b'{"carat": 1E-5000}',
        b'{"carat": 1e-00000000000000000005}',
        b"0." + b"1" * 20_000,
        b"9" * 400,
        b'{"carat":1,"carat":2}',
        rb'"\u0000"',
        rb'"\ud800"',
        b"NaN",
    ],
    ids=lambda body: body[:20].decode(),
)
def test_what_jsonb_would_change_or_could_not_give_back_is_stored_to_the_byte(body: bytes) -> None:
    one = stored(store(body))
    assert (one.request_body, one.response_body) == (None, None)
    assert (one.request_bytes, one.response_bytes) == (body, body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"[1e40, -0.5, 1.50, 1e-7, -10, 2.0E+2, -0.0]", [10**40, -0.5, 1.5, 1e-7, -10, 200, 0]),
        (b'"there is no 3e456789-07d5, -0, -0.0"', "there is no 3e456789-07d5, -0, -0.0"),
        (b'{"id": "1e16383"}', {"id": "1e16383"}),
        (b"12345678901234567890123", 12345678901234567890123),
    ],
)
def test_usual_numbers_and_texts_that_look_like_odd_ones_are_stored_as_json(
    body: bytes, value: object
) -> None:
    one = stored(store(body))
    assert (one.request_body, one.request_bytes) == (value, None)


def test_a_retry_of_what_is_stored_to_the_byte_is_recognised() -> None:
    request = make_request(1, id_from_client=True, body=Body(TINY))
    with engine().begin() as connection:
        upsert(connection, [(request, make_response(request))])
    replayed = claim(request)
    assert isinstance(replayed, Exchange)
    assert replayed.response_body == {"price": 1}
    assert claim(request._replace(body=Body(TINY.replace(b"1e-16383", b"2e-16383")))) == "taken"


@pytest.fixture
def unreadable() -> str:
    """The id of an exchange from before such bodies were stored as bytes."""
    store(b'{"note": "before"}')
    id_ = store(b'{"note": "replaced"}', 1)
    store(b'{"note": "after"}', 2)
    with engine().begin() as connection:
        connection.exec_driver_sql(
            "UPDATE exchanges SET request_body = %(body)s::jsonb WHERE id = %(id)s",
            {"body": TINY.decode(), "id": id_},
        )
    return id_


@pytest.mark.slow  # Postgres writes a gigabyte before it notices
def test_one_body_that_cannot_be_read_back_spoils_neither_pages_nor_searches_nor_exports(
    unreadable: str, tmp_path: Path
) -> None:
    one = stored(unreadable)
    assert (one.request_body, one.response_body) == (None, {"note": "replaced"})
    listed = {str(each.id): each for each in page(Filter()).exchanges}
    assert len(listed) == 3
    assert listed[unreadable] == one
    assert [each.request_body for each in page(Filter(text="before")).exchanges] == [{"note": "before"}]
    assert export(Filter(), tmp_path / "file.parquet") == 3
    texts = pq.read_table(tmp_path / "file.parquet")["request_body"].to_pylist()
    assert sorted(map(str, texts)) == ["None", '{"note": "after"}', '{"note": "before"}']


def test_a_request_under_the_id_of_a_body_that_cannot_be_read_back_is_answered(unreadable: str) -> None:
    assert claim(make_request(1, id=unreadable)) == "taken"
