import gzip
import hashlib
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from diamonds.exchanges import Exchange, Filter, page
from tests.bento_service.recorded_service import recorded, serving
from tests.processes import wait_until


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    limits = {
        "DIAMONDS_REQUEST_TIMEOUT_SECONDS": "3",
        "DIAMONDS_MAX_CONCURRENCY": "3",
        "DIAMONDS_API_KEYS": '["let-me-read-them"]',
    }
    with serving(tmp_path_factory.mktemp("recorded") / "log", limits) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client


def recorded_of(response: httpx.Response) -> Exchange:
    return recorded(response.headers["X-Exchange-Id"])


def as_stored(response: httpx.Response) -> tuple[Any, bytes | None]:
    """The body of a response as JSON, or as bytes; an empty one is stored as neither."""
    if response.headers.get("Content-Type") == "application/json":
        return response.json(), None
    return None, response.content or None


def left_at(path: str) -> Exchange:
    """The exchange at a path that one client left, who never learned its id."""
    (one,) = wait_until(lambda: page(Filter(path=path)).exchanges)
    return one


def test_a_request_is_recorded_with_its_response_and_the_version_that_gave_it(client: httpx.Client) -> None:
    response = client.post("/predict?lang=en", json={"carat": 0.7})
    one = recorded_of(response)
    assert (one.method, one.path, one.query, one.status) == ("POST", "/predict", "lang=en", 200)
    assert (one.request_body, one.response_body) == ({"carat": 0.7}, response.json())
    assert (one.model, one.model_version) == ("linear", "diamonds-linear:abc")
    assert one.duration_ms is not None
    assert one.duration_ms > 0
    assert UUID(response.headers["X-Exchange-Id"]).version == 7


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("DELETE", "/predict", 405),
        ("GET", "/fail", 500),
        ("GET", "/nothing", 204),
        ("GET", "/stream", 200),
        ("HEAD", "/echo", 200),
        ("OPTIONS", "/echo", 405),
        ("GET", "/never", 504),
    ],
)
def test_whatever_the_outcome_it_is_recorded(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    one = recorded_of(response)
    assert (one.method, one.status) == (method, status)
    assert (one.response_body, one.response_bytes) == as_stored(response)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="invalid JSON"),
        pytest.param(b"\xff\xfe{}", id="invalid UTF-8"),
        pytest.param(rb'{"cut":"a\u0000b"}', id="NUL in a string"),
        pytest.param(b"a\0b", id="NUL"),
        pytest.param(rb'["\ud800"]', id="lone surrogate"),
        pytest.param(b'{"carat":1e400}', id="1e400"),
        pytest.param(b'{"carat":1,"carat":2}', id="duplicate keys"),
        pytest.param(rb'{"a":1,"a":"\u0022\u0022"}', id="duplicate keys behind escapes"),
        pytest.param(b"NaN", id="NaN"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[" * 5000 + b"]" * 5000, id="nesting bomb"),
        pytest.param(gzip.compress(b'{"carat":1}', mtime=0), id="gzip"),
        pytest.param(bytes(range(256)) * 4096, id="exactly the limit"),
    ],
)
def test_what_jsonb_cannot_hold_is_stored_to_the_byte(client: httpx.Client, body: bytes) -> None:
    one = recorded_of(client.post("/echo", content=body))
    assert (one.request_body, one.response_body) == (None, None)
    stored = body or None
    assert (one.request_bytes, one.response_bytes) == (stored, stored)


@pytest.mark.parametrize(
    "text", ['{"a":[1.50,true,null,"\\u00e9"]}', "[]", '"x"', "0", "12345678901234567890123"]
)
def test_json_is_stored_as_json(client: httpx.Client, text: str) -> None:
    one = recorded_of(client.post("/echo", content=text))
    assert one.request_body == json.loads(text)
    assert one.request_bytes is None


def test_of_a_long_body_the_first_bytes_the_size_and_the_hash_are_stored(client: httpx.Client) -> None:
    body = b"0123456789" * 999_999
    one = recorded_of(client.post("/echo", content=body))
    assert (one.request_bytes, one.response_bytes) == (body[: 1024**2], body[: 1024**2])
    assert (one.request_size, one.response_size) == (len(body), len(body))
    assert one.request_sha256 == one.response_sha256 == hashlib.sha256(body).digest()


def test_a_chunked_upload_is_stored_whole(client: httpx.Client) -> None:
    one = recorded_of(client.post("/echo", content=iter([b"one,", b"two,", b"three"])))
    assert one.request_bytes == b"one,two,three"


def test_too_long_a_body_is_rejected_and_recorded(client: httpx.Client) -> None:
    response = client.post("/echo", content=b"x" * 10_000_001)
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "too_large"
    assert recorded_of(response).status == 413


def test_more_requests_at_once_than_allowed_are_rejected_and_recorded(url: str) -> None:
    with ThreadPoolExecutor(5) as clients:
        held = [clients.submit(httpx.get, f"{url}/held", timeout=60) for _ in range(5)]
        finished = as_completed(held)
        rejected = [next(finished).result(), next(finished).result()]
        httpx.get(f"{url}/docs/release")
        answered = [each.result() for each in finished]
    for responses, status in ((rejected, 429), (answered, 200)):
        assert {response.status_code for response in responses} == {status}
        assert {recorded_of(response).status for response in responses} == {status}


def test_a_pipelined_pair_is_recorded_as_two(client: httpx.Client) -> None:
    one = connected(str(client.base_url))
    first = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nfirst"
    last = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlast"
    one.sendall(first + last)
    ids = [
        line.split(b": ")[1].decode()
        for line in read_all(one).split(b"\r\n")
        if line.lower().startswith(b"x-exchange-id")
    ]
    assert [recorded(id).request_bytes for id in ids] == [b"first", b"last"]  # noqa: A001


def test_a_client_that_leaves_before_its_answer_is_recorded_without_status(url: str) -> None:
    one = connected(url)
    one.sendall(b"GET /left?early=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    one.close()
    left = left_at("/left")
    assert (left.status, left.query, left.response_body) == (None, "early=1", None)


def test_a_client_that_leaves_half_way_through_its_upload_is_recorded_without_status(url: str) -> None:
    one = connected(url)
    one.sendall(b"PUT /echo/half HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nonly this")
    one.close()
    left = left_at("/echo/half")
    assert (left.status, left.response_bytes) == (None, None)


@pytest.mark.parametrize(
    "path", ["/readyz", "/metrics", "/docs", "/docs.json", "/", "/exchanges", "/exchanges/1"]
)
def test_health_metrics_docs_and_reads_of_exchanges_are_not_recorded(client: httpx.Client, path: str) -> None:
    before = datetime.now(UTC)
    client.get(path, headers={"Authorization": "Bearer let-me-read-them"})
    recorded_of(client.get("/nothing"))
    assert page(Filter(path=path, since=before)).exchanges == []


def test_readyz_reports_the_state_of_the_recording(client: httpx.Client) -> None:
    assert client.get("/readyz").headers["X-Recording"] == "ok"


def test_a_server_that_is_stopped_by_a_signal_stops_the_embedded_postgres_too(tmp_path: Path) -> None:
    with serving(tmp_path / "log", {"DIAMONDS_HOME": str(tmp_path)}):
        pid_file = tmp_path / "postgres" / "postmaster.pid"
        wait_until(lambda: pid_file.exists() and "ready" in pid_file.read_text())
    assert not pid_file.exists()


@pytest.mark.parametrize("key", [None, "", "Bearer", "Bearer let-me-read", "Bearer let-me-read-them-all"])
def test_exchanges_are_read_with_one_of_the_configured_keys_only(
    client: httpx.Client, key: str | None
) -> None:
    response = client.get("/exchanges", headers={} if key is None else {"Authorization": key})
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "no_key"


def test_feedback_is_given_with_one_of_the_configured_keys_only(client: httpx.Client) -> None:
    feedback = {"exchange_id": str(uuid4()), "price": 1}
    assert client.post("/feedback", json=feedback).status_code == 401
    key = {"Authorization": "Bearer let-me-read-them"}
    assert client.post("/feedback", json=feedback, headers=key).status_code == 404  # not of this small API


def test_credentials_are_never_stored(client: httpx.Client) -> None:
    response = client.get(
        "/nothing?api_key=s3cret&page=2&access%5Ftoken=s3cret",
        headers={"Authorization": "Bearer s3cret", "Cookie": "s3cret", "X-Api-Key": "s3cret"},
    )
    one = recorded_of(response)
    assert one.query == "api_key=***&page=2&access%5Ftoken=***"
    assert "s3cret" not in str(one)


def test_fields_to_mask_are_never_stored_in_either_direction(masking: httpx.Client) -> None:
    error = {"error": {"fields": [{"field": "name", "message": "Got name='Ann'", "got": "Ann"}]}}
    response = masking.post("/echo", json={"name": "Ann", "carat": 1, "of": [{"name": "Bo"}, error]})
    one = recorded_of(response)
    assert one.request_body["name"] == "***"
    assert one.request_body["carat"] == 1
    assert "Ann" not in str(one)
    assert "Bo" not in str(one)


def test_of_a_body_that_cannot_be_masked_only_the_size_is_stored(masking: httpx.Client) -> None:
    one = recorded_of(masking.post("/echo", content=b'{"name": "Ann", '))
    assert (one.request_body, one.request_bytes, one.request_size) == (None, None, 16)


def test_a_retry_is_answered_as_the_first_time_and_is_no_second_exchange(client: httpx.Client) -> None:
    id = {"X-Exchange-Id": str(uuid4())}  # noqa: A001
    first = client.post("/predict", json={"carat": 1}, headers=id)
    recorded_of(first)
    again = client.post("/predict", json={"carat": 1}, headers=id)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["X-Exchange-Id"] == id["X-Exchange-Id"]


@pytest.mark.parametrize("number", ["1e40", "1" + 40 * "0", "0.1e-400", "1.50"])
def test_a_retry_is_recognised_by_its_numbers_however_the_database_writes_them(
    client: httpx.Client, number: str
) -> None:
    id = {"X-Exchange-Id": str(uuid4()), "content-type": "application/json"}  # noqa: A001
    recorded_of(client.post("/predict", content=f'{{"carat": {number}}}', headers=id))
    assert client.post("/predict", content=f'{{"carat": {number}}}', headers=id).status_code == 200


@pytest.mark.parametrize("body", [b"no JSON", b"x" * 2_000_000])
def test_a_retry_of_what_was_not_stored_whole_is_answered_anew(client: httpx.Client, body: bytes) -> None:
    id = {"X-Exchange-Id": str(uuid4())}  # noqa: A001
    stored = recorded_of(client.post("/echo", content=body, headers=id))
    again = client.post("/echo", content=body, headers=id)
    assert (again.content, again.headers["content-type"]) == (body, "application/octet-stream")
    assert recorded_of(again) == stored


def test_a_retry_is_not_answered_with_what_was_masked(masking: httpx.Client) -> None:
    id = {"X-Exchange-Id": str(uuid4())}  # noqa: A001
    recorded_of(masking.post("/echo", json={"name": "Ann"}, headers=id))
    assert masking.post("/echo", json={"name": "Ann"}, headers=id).json() == {"name": "Ann"}


def test_a_retry_of_what_failed_is_answered_anew_and_its_row_describes_the_last_attempt(
    client: httpx.Client,
) -> None:
    id = {"X-Exchange-Id": str(uuid4())}  # noqa: A001
    failed = client.get("/fail/once", headers=id)
    assert (failed.status_code, recorded_of(failed).status) == (500, 500)
    succeeded = client.get("/fail/once", headers=id)
    wait_until(lambda: recorded_of(succeeded).status == 200)
    assert recorded_of(succeeded).response_body == succeeded.json() == {"calls": 2}
    assert client.get("/fail/once", headers=id).json() == {"calls": 2}


@pytest.mark.parametrize("change", ["body", "path", "method"])
def test_another_request_under_a_used_id_is_rejected_and_recorded_under_its_own(
    client: httpx.Client, change: str
) -> None:
    id = str(uuid4())  # noqa: A001
    first = client.post("/echo", json={"carat": 1}, headers={"X-Exchange-Id": id})
    stored = recorded_of(first)
    response = client.request(
        "PUT" if change == "method" else "POST",
        "/predict" if change == "path" else "/echo",
        json={"carat": 2 if change == "body" else 1},
        headers={"X-Exchange-Id": id},
    )
    assert response.status_code == 409
    assert response.headers["X-Exchange-Id"] != id
    assert recorded_of(response).status == 409
    assert recorded(id) == stored


def test_a_request_that_is_rejected_leaves_its_id_free_for_another_try(client: httpx.Client) -> None:
    id = {"X-Exchange-Id": str(uuid4())}  # noqa: A001
    rejected = client.post("/echo", content=b"x" * 10_000_001, headers=id)
    assert (rejected.status_code, recorded_of(rejected).status) == (413, 413)
    assert rejected.headers["X-Exchange-Id"] != id["X-Exchange-Id"]
    assert client.post("/echo", content=b"less", headers=id).headers["X-Exchange-Id"] == id["X-Exchange-Id"]


@pytest.mark.parametrize("id", ["7", "'; DROP TABLE exchanges; --", "0" * 5000])
def test_an_id_that_is_no_uuid_is_rejected(client: httpx.Client, id: str) -> None:  # noqa: A002
    response = client.get("/nothing", headers={"X-Exchange-Id": id})
    assert response.status_code == 400
    assert response.json()["error"]["fields"][0]["field"] == "X-Exchange-Id"
    assert recorded_of(response).status == 400


@pytest.fixture(scope="module")
def masking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    log = tmp_path_factory.mktemp("masking") / "log"
    with (
        serving(log, {"DIAMONDS_MASKED_FIELDS": '["name"]'}) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield client


def connected(url: str) -> socket.socket:
    return socket.create_connection((urlsplit(url).hostname, urlsplit(url).port))


def read_all(connection: socket.socket) -> bytes:
    chunks = []
    while chunk := connection.recv(65536):
        chunks.append(chunk)
    connection.close()
    return b"".join(chunks)
