"""Bodies that arrive slowly, not at all or in too great number are rejected, recorded, and hold up nobody."""

import socket
from collections.abc import Iterator

import pytest

from tests.bento_service.raw_client import Connect, post, read_response
from tests.bento_service.recorded_service import recorded, serving

MOST_INCOMPLETE = 5
LIMITS = {
    "DIAMONDS_REQUEST_TIMEOUT_SECONDS": "2",
    "DIAMONDS_MAX_INCOMPLETE_REQUESTS": str(MOST_INCOMPLETE),
    "DIAMONDS_MAX_INCOMPLETE_BYTES": "1000000",
    "DIAMONDS_API_KEYS": '["let-me-in-please"]',
}
KEY = b"Authorization: Bearer let-me-in-please\r\n"
BYTES = b"Content-Type: application/octet-stream\r\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("bodies") / "log", LIMITS) as url:
        yield url


def test_a_body_that_does_not_arrive_in_time_is_rejected_and_recorded(connect: Connect) -> None:
    late = connect()
    late.sendall(post("/echo", b"1", declared=100))
    response = read_response(late)
    assert (response.status_code, response.json()["error"]["code"]) == (408, "request_timeout")
    one = recorded(response.headers["X-Exchange-Id"])
    assert (one.status, one.request_body, one.response_body) == (408, 1, response.json())


def test_a_body_that_arrives_byte_by_byte_is_rejected_all_the_same(connect: Connect) -> None:
    late = connect()
    late.sendall(post("/echo", b"", declared=10_000))
    late.settimeout(0.05)
    assert trickle(late).startswith(b"HTTP/1.1 408 ")


def trickle(connection: socket.socket) -> bytes:
    """Sends a byte now and then until there is a response."""
    while True:
        connection.sendall(b"1")
        try:
            return connection.recv(65536)
        except TimeoutError:
            continue


def test_more_incomplete_requests_than_allowed_are_rejected_and_recorded(connect: Connect) -> None:
    incomplete = [connect() for _ in range(MOST_INCOMPLETE + 1)]
    for each in incomplete:
        each.sendall(post("/echo", b"1", declared=2))
    responses = [read_response(each) for each in incomplete]
    assert sorted(response.status_code for response in responses) == [408] * MOST_INCOMPLETE + [429]
    (rejected,) = [response for response in responses if response.status_code == 429]
    assert rejected.headers["Retry-After"] == "1"
    assert recorded(rejected.headers["X-Exchange-Id"]).status == 429


def test_complete_requests_are_answered_while_as_many_as_allowed_are_incomplete(connect: Connect) -> None:
    incomplete = [connect() for _ in range(MOST_INCOMPLETE)]
    for each in incomplete:
        each.sendall(post("/echo", b"1", declared=2))
    complete = connect()
    complete.sendall(post("/echo", b"1"))
    assert read_response(complete).status_code == 200
    assert {read_response(each).status_code for each in incomplete} == {408}


def test_incomplete_bodies_above_the_limit_of_memory_are_rejected_and_recorded(connect: Connect) -> None:
    incomplete = [connect() for _ in range(2)]
    for each in incomplete:
        each.sendall(post("/echo", b"1" * 600_000, declared=700_000))
    responses = {response.status_code: response for response in map(read_response, incomplete)}
    assert set(responses) == {408, 429}
    assert recorded(responses[429].headers["X-Exchange-Id"]).status == 429


def test_the_memory_of_bodies_is_free_again_once_they_are_complete(connect: Connect) -> None:
    for _ in range(3):
        complete = connect()
        complete.sendall(post("/echo", b"1" * 900_000))
        assert read_response(complete).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (BYTES, 401),
        (BYTES + KEY + b"Origin: https://elsewhere.example\r\n", 403),
        (b"Content-Type: text/plain\r\n" + KEY, 415),
        (BYTES + KEY, 413),
    ],
)
def test_an_upload_is_rejected_and_recorded_before_its_body_arrives(
    connect: Connect, headers: bytes, status: int
) -> None:
    upload = connect()
    declared = b"Content-Length: 900000000\r\n"
    upload.sendall(b"POST /version_files HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (declared + headers))
    response = read_response(upload)
    assert response.status_code == status
    assert recorded(response.headers["X-Exchange-Id"]).status == status


def test_a_declared_length_above_the_limit_is_rejected_before_the_body_arrives(connect: Connect) -> None:
    large = connect()
    large.sendall(post("/echo", b"", declared=10_000_001))
    assert read_response(large).status_code == 413
