"""Exchanges are found by what is in their bodies, a bounded number looked through at a time."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from diamonds.cli.app import app
from diamonds.database import engine
from diamonds.exchanges import Body, Filter, page
from diamonds.exchanges.database.queries import MOST_SEARCHED
from diamonds.exchanges.database.upsert import upsert
from tests.exchanges.conversations import make_request, make_response

pytestmark = pytest.mark.usefixtures("empty_database")

START = datetime(2026, 11, 1, tzinfo=UTC)


def add(bodies: list[bytes], *, minute: int = 0, answered: bytes = b'{"price":1}') -> list[str]:
    """Exchanges with these requests, a second apart; their ids, newest first."""
    began = [START + timedelta(minutes=minute, seconds=second) for second in range(len(bodies))]
    requests = [
        make_request(number, started_at=moment.timestamp(), body=Body(body))
        for number, (moment, body) in enumerate(zip(began, bodies, strict=True))
    ]
    with engine().begin() as connection:
        upsert(connection, [(one, make_response(one, body=Body(answered))) for one in requests])
    return [one.id for one in requests[::-1]]


def found(text: str, limit: int = 100) -> list[str]:
    """The ids of all pages of a search."""
    ids: list[str] = []
    cursor = None
    while True:
        one = page(Filter(text=text), limit=limit, cursor=cursor)
        ids += [str(exchange.id) for exchange in one.exchanges]
        cursor = one.next
        if cursor is None:
            return ids


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"cut":"Very Good"}', "very good"),
        (b'{"cut":"Very Good","carat":1}', '"cut":"Very'),
        (b'{"cut":"Very Good","carat":1}', '"cut": "very'),
        (b'{"note":"say \\"cheese\\""}', 'say "cheese"'),
        (b'{"note":"one\\ntwo"}', "one\ntwo"),
        ('{"note":"\u00c9clat 50%_"}'.encode(), "\u00e9CLAT"),
        (b'{"note":"50%"}', "50%"),
        (b'{"note":"a_b"}', "a_b"),
        (b'{"note":"a/b"}', "a/b"),
        (b'{"note":"a\\\\b"}', "a\\b"),
        (b"{not json: Ideal", "not JSON: ideal"),
        (b"\xff\x00 Ideal \\ %", "ideal \\ %"),
        ("\u00e9clat, no JSON".encode(), "\u00e9clat, NO"),
    ],
)
def test_a_text_is_found_in_whatever_way_the_body_is_kept(body: bytes, text: str) -> None:
    (wanted, *_) = add([b'{"note":"50 or a-b"}', body, b"", b"\xfe other", b"null"])[3:4]
    assert found(text) == [wanted]


def test_a_text_is_found_in_answers_too() -> None:
    ids = add([b"{}"] * 3, answered=b'{"error":{"message":"There is no field tabel"}}')
    add([b"{}"] * 3, minute=1)
    assert found("TABEL") == ids


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_pages_of_a_search_have_no_gap_or_overlap(limit: int) -> None:
    ids = add([b'{"n":"%s"}' % (b"odd" if number % 2 else b"even") for number in range(50)])
    assert found("odd", limit) == ids[::2]


def test_a_search_that_finds_nothing_goes_on_from_where_it_stopped_while_rows_arrive() -> None:
    (needle,) = add([b'{"note":"needle"}'])
    with engine().begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO exchanges (id, started_at, method, path, query, request_body)"
            " SELECT uuidv7(), timestamptz '2026-11-02' + n * interval '1 ms', 'POST', '/predict', '', '{}'"
            " FROM generate_series(0, %(last)s) n",
            {"last": MOST_SEARCHED},
        )
    first = page(Filter(text="needle"))
    assert (first.exchanges, first.next is None) == ([], False)

    add([b'{"note":"needle, too late for this search"}'], minute=60 * 24 * 10)
    ids, cursor = [], first.next
    while cursor is not None:
        following = page(Filter(text="needle"), cursor=cursor)
        ids += [str(one.id) for one in following.exchanges]
        cursor = following.next
    assert ids == [needle]


def test_a_search_keeps_to_the_other_filters() -> None:
    add([b'{"note":"needle"}'] * 3)
    assert page(Filter(text="needle", path="/similar")).exchanges == []
    assert len(page(Filter(text="needle", since=START + timedelta(seconds=2))).exchanges) == 1


def test_the_terminal_finds_what_is_in_bodies() -> None:
    (needle, *_) = add([b"{}"] * 3 + [b'{"note":"Needle"}'])
    add([b"{}"] * 300, minute=1)
    result = CliRunner().invoke(app, ["exchanges", "--text", "needle", "--json"])
    assert [each["id"] for each in json.loads(result.output)] == [needle]
