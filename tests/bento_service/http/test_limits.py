"""Whatever is sent, an error is short, and there is a limit to what is looked at to find it."""

from collections.abc import Iterator

import httpx
import pytest

from tests.bento_service.conftest import WHOLE_STONE
from tests.bento_service.http.test_app import GRADES, JSON, assert_error

LONGEST_ERROR = 8_000  # bytes
LONGEST_TEXT = 500  # characters, of which at most 100 are repeated from the request, twice at most
LONG = "x" * 50_000


def fields(number: int, value: bytes = b"1") -> bytes:
    """An object with fields that no schema knows."""
    return b"{" + b",".join(b'"%d":%s' % (name, value) for name in range(number)) + b"}"


def stones(*stones: bytes) -> bytes:
    return b'{"diamonds":[' + b",".join(stones) + b"]}"


PLAIN_STONE = b'{"carat":1,%b}' % GRADES
DEEP = b"[" * 150 + b"]" * 150
BODIES = {
    "20,000 fields, the last one twice": (fields(20_000)[:-1] + b',"19999":1}', "more than 1,000 values"),
    "100,000 fields": (fields(100_000), "more than 1,000 values"),
    "999 fields": (fields(999), "an object with 999 fields; expected at most 100"),
    "90 unknown fields": (fields(90), "`carat` is missing. (93 more, see `fields`.)"),
    "a field 90 times": (b'{"a":1' + b',"a":1' * 89 + b"}", "The field `a` is given 90 times"),
    "colons": (b'{"carat":1,"cut":"' + b":" * 9_000_000 + b'"}', "more than 1,000 values"),
    "a million arrays": (b'{"carat":[' + b"[]," * 1_000_000 + b"0]}", "more than 1,000 values"),
    "a thousand deep arrays": (b'{"carat":[' + b",".join([DEEP] * 900) + b"]}", "more than 100 arrays"),
    "a thousand objects": (b'{"carat":[' + b"{}," * 900 + b"0]}", "more than 100 objects"),
    "a long weight": (b'{"carat":"%b","cut":"Ideal"}' % (b"x" * 9_000_000), "Got carat='xxx"),
    "a long grade": (b'{"carat":1,"cut":"%b"}' % (b"x" * 9_000_000), "Got cut='xxx"),
    "a long name": (b'{"%b":1}' % (b"carat" * 200_000), "(4 more, see `fields`.)"),
    "a long name twice": (b'{"%b":1,"%b":1}' % ((b"carat" * 200_000,) * 2), "is given 2 times"),
    "a number of 5,000 digits": (b'{"carat":1%b,%b}' % (b"0" * 5000, GRADES), "number out of range"),
    "a million letters": (b"x" * 1_000_000, "expected a JSON object"),
}
BATCHES = {
    "400,000 fields in a stone": (stones(fields(400_000)), "with 400,000 fields"),
    "400,000 fields that are NaN": (stones(fields(400_000, b"NaN")), "with 400,000 fields"),
    "400,000 times one field": (stones(b"{" + b'"a":1,' * 399_999 + b'"a":1}'), "with 400,000 fields"),
    "600,000 fields beside the stones": (fields(600_000), "more than 500,000 values"),
    "400,000 arrays": (stones(b'{"carat":[' + b"[]," * 400_000 + b"0]}"), "more than 100 arrays"),
    "three million objects": (stones(*[b"{}"] * 3_000_000), "more than 500,000 values"),
    "400,000 objects": (stones(*[b"{}"] * 400_000), "more than 50,100 objects"),
    "400,000 numbers": (stones(*[b"0"] * 400_000), "Got diamonds[0]=0; expected a JSON object."),
    "50,001 stones": (stones(*[PLAIN_STONE] * 50_001), "expected at most 50000 items"),
}
QUERIES = {
    "10,000 parameters": ("&".join(f"{name}=" for name in range(10_000)), "more than 100 query parameters"),
    "90 parameters": ("&".join(f"{name}=" for name in range(90)), "`champion` is missing. (91 more"),
    "a parameter 90 times": ("champion=1&" * 89 + "champion=1", "`champion` is given 90 times"),
    "a long name": (f"{LONG}=1", "`champion` is missing. (2 more"),
    "a long value": (f"champion={LONG}&challenger=1", "Got champion='xxx"),
}
LONG_NAMES = {
    "/%s": 404,
    "/models/%s": 404,
    "/versions/%s": 404,
    "/version_files/%s": 404,
    "/datasets/%s": 404,
    "/exchanges/%s": 400,
    "/exchanges?cursor=%s": 400,
    "/exchanges?since=%s": 400,
    "/exchanges?%s": 400,
}


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def assert_short(answer: httpx.Response) -> None:
    assert len(answer.content) <= LONGEST_ERROR
    assert len(answer.json()["error"]["fields"]) <= 20
    assert max(map(len, texts(answer.json()))) <= LONGEST_TEXT


@pytest.mark.parametrize(("body", "message"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["/predict", "/explain"])
def test_a_body_with_too_much_in_it_is_a_short_400(
    client: httpx.Client, path: str, body: bytes, message: str
) -> None:
    answer = client.post(path, content=body, headers=JSON)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
    assert_short(answer)


@pytest.mark.parametrize(("body", "message"), BATCHES.values(), ids=BATCHES)
def test_a_batch_with_too_much_in_it_is_a_short_400(client: httpx.Client, body: bytes, message: str) -> None:
    answer = client.post("/predict_batch", content=body, headers=JSON)
    assert answer.status_code == 400
    assert_error(answer, "invalid_input", message)
    assert_short(answer)


@pytest.mark.parametrize(("query", "message"), QUERIES.values(), ids=QUERIES)
def test_a_query_with_too_much_in_it_is_a_short_400(client: httpx.Client, query: str, message: str) -> None:
    answer = client.get(f"/comparison?{query}")
    assert answer.status_code == 400
    assert_error(answer, "invalid_input", message)
    assert_short(answer)


@pytest.mark.parametrize(("path", "status"), LONG_NAMES.items())
def test_a_long_name_is_repeated_in_part(client: httpx.Client, path: str, status: int) -> None:
    answer = client.get(path % LONG)
    assert answer.status_code == status
    assert_short(answer)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/predict", {"carat": 1, "cut": "Ideal", "color": "G", "clarity": "IF", "model": LONG}, 404),
        ("/promotions", {"version": "x" * 200}, 404),
        ("/promotions", {"version": LONG}, 400),
        ("/promotions/rollback", {"version": "x" * 200}, 409),
        ("/feedback", {"exchange_id": LONG, "price": 1}, 400),
    ],
)
def test_a_long_value_is_repeated_in_part(
    client: httpx.Client, path: str, body: dict[str, object], status: int
) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == status
    assert_short(answer)


def test_a_long_content_type_is_repeated_in_part(client: httpx.Client) -> None:
    answer = client.post("/predict", content=b"{}", headers={"content-type": LONG})
    assert answer.status_code == 415
    assert_short(answer)


def test_a_long_path_is_repeated_in_part_where_its_method_is_wrong(client: httpx.Client) -> None:
    answer = client.delete(f"/models/{LONG}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert_short(answer)


def test_a_large_batch_within_the_limits_is_quoted(client: httpx.Client) -> None:
    stone = {**WHOLE_STONE, "cut": "ideal"}  # not written plainly, so that the schema parses it
    answer = client.post("/predict_batch", json={"diamonds": [stone] * 50_000, "model": "linear"})
    assert len(answer.json()["predictions"]) == 50_000
