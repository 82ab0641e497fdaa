from uuid import UUID

import pytest
import sqlalchemy as sa

from diamonds.database import copy_in, engine
from diamonds.exchanges import Body, Exchange, exchange
from diamonds.exchanges.database.erasure import forget
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.frames import Joined
from tests.exchanges.conversations import make_request, make_response

pytestmark = pytest.mark.usefixtures("empty_database")

# Few come as JSON, many by COPY: what is kept is the same.
FEW_AND_MANY = pytest.mark.parametrize("beside", [0, 300])

ODD = r"\N \. \\ \t" + " tab\t line\n return\r bell\x07 ü 💎 ''\"\" $1 %(rows)s {}"


def put(*batch: Joined, beside: int) -> int:
    """Inserts the batch among so many others; gives how many of all were added or changed."""
    others = [(one, make_response(one)) for one in map(make_request, range(beside))]
    with engine().begin() as connection:
        return upsert(connection, [*others[: beside // 2], *batch, *others[beside // 2 :]])


def stored(id_: str) -> Exchange:
    found = exchange(UUID(id_))
    assert found is not None
    return found


@FEW_AND_MANY
def test_texts_come_back_as_they_went(beside: int) -> None:
    request = make_request(1, path="/" + ODD, query=ODD, method="ODD", headers={"user-agent": ODD})
    put((request, make_response(request, model=ODD, model_version="")), beside=beside)
    kept = stored(request.id)
    assert (kept.path, kept.query, kept.method) == ("/" + ODD, ODD, "ODD")
    assert (kept.request_headers, kept.model, kept.model_version) == ({"user-agent": ODD}, ODD, "")


@FEW_AND_MANY
def test_bodies_come_back_as_they_went(beside: int) -> None:
    json, pretty = rb'{"a": "\\N \t \n \u00fc", "b": [1e40, null, true]}', b'{\n\t"a":\r\n 1}'
    cut = Body(b"\x00\xff\\N\t\n", 5_000_000, "ab" * 32)
    first, second, third = (
        make_request(1, body=Body(json)),
        make_request(2, body=cut),
        make_request(3, body=Body(b"")),
    )
    batch = [
        (first, make_response(first, body=Body(pretty))),
        (second, make_response(second, body=Body(b"not JSON\t\n"))),
        (third, None),
    ]
    put(*batch, beside=beside)
    one, two, three = (stored(request.id) for request, _ in batch)
    assert one.request_body == {"a": "\\N \t \n ü", "b": [10**40, None, True]}
    assert (one.response_body, one.response_bytes, one.response_size) == ({"a": 1}, None, None)
    assert (two.request_body, two.request_bytes) == (None, cut.content)
    assert (two.request_size, two.request_sha256) == (5_000_000, b"\xab" * 32)
    assert (two.response_body, two.response_bytes) == (None, b"not JSON\t\n")
    assert (three.request_body, three.request_bytes, three.status, three.duration_ms) == (None,) * 4


@FEW_AND_MANY
def test_each_is_there_once_and_those_forgotten_never(beside: int) -> None:
    first, forgotten = make_request(1), make_request(2)
    forget([UUID(forgotten.id)])
    batch: list[Joined] = [
        (first, None),
        (first, make_response(first)),
        (forgotten, make_response(forgotten)),
    ]
    assert put(*batch, beside=beside) == beside + 1
    assert put((first, make_response(first)), beside=beside) == beside
    assert stored(first.id).status == 200
    assert exchange(UUID(forgotten.id)) is None


def test_two_batches_of_one_transaction_are_counted_apart() -> None:
    with engine().begin() as connection:
        for count in (200, 150):
            assert (
                upsert(connection, [(one, make_response(one)) for one in map(make_request, range(count))])
                == count
            )


def test_what_cannot_be_copied_is_said_as_sqlalchemy_says_it() -> None:
    with engine().begin() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE numbers (number integer) ON COMMIT DROP")
        with pytest.raises(sa.exc.DataError, match="invalid input syntax for type integer"):
            copy_in(connection, "numbers", [(1,), ("two",)])
