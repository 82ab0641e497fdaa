"""No client holds a connection or the end of the service for ever, or sends headers without end."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from diamonds.settings import settings
from tests.bento_service.raw_client import Connect, connected, post, read_all, read_response
from tests.bento_service.recorded_service import recorded, serving
from tests.processes import wait_until

LIMITS = {
    "DIAMONDS_REQUEST_TIMEOUT_SECONDS": "2",
    "DIAMONDS_SHUTDOWN_SECONDS": "2",
    "DIAMONDS_KEEP_ALIVE_SECONDS": "1",
}
UPGRADES = {
    "h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n",
    "TLS": b"Upgrade: TLS/1.2\r\nConnection: keep-alive, upgrade\r\n",
    "two": b"Upgrade: websocket\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n",
}
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("connections") / "log", LIMITS) as url:
        yield url


@pytest.mark.parametrize(
    "start", [b"G", b"GET /echo HTTP/1.1\r\n", b"GET /echo HTTP/1.1\r\nHost: localhost\r\nA: "]
)
def test_headers_that_do_not_arrive_in_time_are_rejected(connect: Connect, start: bytes) -> None:
    late = connect()
    late.sendall(start)
    response = read_response(late)
    assert (response.status_code, response.json()["error"]["code"]) == (408, "request_timeout")


@pytest.mark.parametrize("start", [b"", b"\r\n"])
def test_a_client_that_never_begins_a_request_is_disconnected(connect: Connect, start: bytes) -> None:
    idle = connect()
    idle.sendall(start)
    assert read_all(idle) == b""


def test_a_client_that_does_not_read_its_response_is_disconnected(connect: Connect) -> None:
    unread = connect()
    unread.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait_until(lambda: is_served(unread))
    wait_until(lambda: not is_served(unread))


def is_served(connection: socket.socket) -> bool:
    """Whether a process has the other end of the connection open."""
    other_end = connection.getpeername(), connection.getsockname()
    return any((each.laddr, each.raddr) == other_end and each.pid for each in psutil.net_connections("tcp"))


@pytest.mark.parametrize("path", ["/echo", "/slow"])
def test_a_client_that_has_closed_its_side_gets_its_response(connect: Connect, path: str) -> None:
    half_closed = connect()
    half_closed.sendall(post(path, b"[1, 2]"))
    half_closed.shutdown(socket.SHUT_WR)
    _interim, _, response = read_all(half_closed).rpartition(b"HTTP/1.1 ")
    assert response.startswith(b"200 OK")
    assert response.endswith(b"[1, 2]")
    assert recorded(exchange_id(response)).status == 200


def exchange_id(response: bytes) -> str:
    (line,) = [line for line in response.split(b"\r\n") if line.startswith(b"x-exchange-id: ")]
    return line.split()[1].decode()


def test_pipelined_requests_of_a_client_that_has_closed_its_side_are_all_answered(connect: Connect) -> None:
    half_closed = connect()
    half_closed.sendall(post("/slow", b"1") + post("/echo", b"2") + post("/echo", b"3"))
    half_closed.shutdown(socket.SHUT_WR)
    assert read_all(half_closed).count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /echo HTTP/1.1\r\nHost: localhost\r\nUser-Agent: %s\r\n\r\n" % (b"a" * 70_000),
        b"GET /echo HTTP/1.1\r\nHost: localhost\r\nUser-Agent: %s" % (b"a" * 70_000),
        b"GET /echo HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (b"A: b\r\n" * 200_000),
        b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"a" * 70_000),
        b"GET /echo HTTP/1.1\r\nHost: localhost\r\n%s: 1\r\n\r\n" % (b"a" * 1_000_000),
    ],
    ids=["value", "value without an end", "many", "path", "name"],
)
def test_headers_above_the_limit_are_rejected(connect: Connect, request_: bytes) -> None:
    large = connect()
    large.sendall(request_)
    response = read_response(large)
    assert (response.status_code, response.json()["error"]["code"]) == (431, "headers_too_large")


def test_the_trace_of_a_request_is_stored(url: str) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    response = httpx.get(f"{url}/echo", headers={"traceparent": trace, "User-Agent": "a"})
    one = recorded(response.headers["X-Exchange-Id"])
    assert one.request_headers == {"traceparent": trace, "user-agent": "a"}


def test_of_long_headers_the_first_characters_are_stored(url: str) -> None:
    response = httpx.get(f"{url}/echo", headers={"User-Agent": "a" * 60_000})
    one = recorded(response.headers["X-Exchange-Id"])
    assert one.request_headers == {"user-agent": "a" * 1000}


def test_an_upgrade_is_ignored_and_its_request_answered(connect: Connect) -> None:
    upgrading = connect()
    upgrading.sendall(
        b"GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert upgrading.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("headers", UPGRADES.values(), ids=UPGRADES)
def test_the_body_of_a_request_for_an_upgrade_is_read_and_the_next_request_too(
    connect: Connect, headers: bytes
) -> None:
    upgrading = connect()
    upgrading.sendall(
        post("/echo", b"[1]", headers=headers) + CHUNKED + headers + b"\r\n3\r\n[2]\r\n0\r\n\r\n"
    )
    upgrading.shutdown(socket.SHUT_WR)
    received = read_all(upgrading)
    assert received.count(b"HTTP/1.1 200 OK") == 2
    exchanges = [recorded(each.decode()) for each in re.findall(rb"x-exchange-id: (\S+)", received)]
    assert [(each.status, each.request_body) for each in exchanges] == [(200, [1]), (200, [2])]


@pytest.mark.parametrize("headers", [UPGRADES["h2c"], UPGRADES["h2c"].replace(b": Up", b": close, Up")])
def test_a_connection_is_closed_after_a_request_for_an_upgrade_that_wants_it(
    connect: Connect, headers: bytes
) -> None:
    upgrading = connect()
    version = b"HTTP/1.1" if b"close" in headers else b"HTTP/1.0"
    upgrading.sendall(post("/echo", b"[1]", headers=headers).replace(b"HTTP/1.1", version))
    response = read_all(upgrading)
    assert b"\r\nconnection: close\r\n" in response
    assert response.endswith(b"[1]")


def test_many_requests_for_upgrades_at_once_are_all_answered(connect: Connect) -> None:
    upgrading = connect()
    upgrading.sendall(2000 * (b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n" + UPGRADES["h2c"] + b"\r\n"))
    upgrading.shutdown(socket.SHUT_WR)
    assert read_all(upgrading).count(b"HTTP/1.1 204 ") == 2000


def test_trailers_are_no_headers(connect: Connect) -> None:
    one = connect()
    one.sendall(CHUNKED + b"\r\n1\r\n1\r\n0\r\nHost: evil.example\r\nX-Exchange-Id: none\r\n\r\n")
    assert read_response(one).status_code == 200


@pytest.mark.parametrize(
    "large", [b"1\r\n1\r\n0\r\nA: %s", b"1\r\n1\r\n0;%s", b"1;%s"], ids=["trailer", "last chunk", "chunk"]
)
def test_what_comes_between_and_after_chunks_is_limited(connect: Connect, large: bytes) -> None:
    one = connect()
    one.sendall(CHUNKED + b"\r\n" + large % (b"a" * 1_000_000))
    response = read_response(one)
    assert (response.status_code, response.json()["error"]["code"]) == (431, "headers_too_large")


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (b"GET http://localhost/nothing HTTP/1.1", "/nothing"),
        (b"GET http://user:secret@localhost:1/nothing?a=1 HTTP/1.1", "/nothing"),
        (b"GET http://localhost HTTP/1.1", "/"),
        (b"GET http://localhost?a=1 HTTP/1.1", "/"),
    ],
)
def test_a_request_line_may_have_a_whole_url(connect: Connect, line: bytes, path: str) -> None:
    one = connect()
    one.sendall(line + b"\r\nHost: localhost\r\n\r\n")
    assert read_response(one).status_code == (404 if path == "/" else 204)


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.2"])
def test_another_version_of_http_is_refused(connect: Connect, version: bytes) -> None:
    one = connect()
    one.sendall(b"GET /nothing %s\r\nHost: localhost\r\n\r\n" % version)
    assert read_response(one).status_code == 400


EXPECTING = b"Host: localhost\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"


def test_a_client_that_waits_is_told_to_go_on(connect: Connect) -> None:
    waiting = connect()
    waiting.sendall(b"POST /echo HTTP/1.1\r\n" + EXPECTING % 1)
    assert waiting.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    waiting.sendall(b"1")
    assert read_response(waiting).content == b"1"


def test_a_client_that_waits_with_too_much_is_not(connect: Connect) -> None:
    waiting = connect()
    waiting.sendall(b"POST /echo HTTP/1.1\r\n" + EXPECTING % 10_000_001)
    response = read_all(waiting)
    assert response.startswith(b"HTTP/1.1 413 ")
    assert recorded(exchange_id(response)).status == 413


def test_a_client_of_an_older_http_gets_no_interim_response(connect: Connect) -> None:
    waiting = connect()
    waiting.sendall(b"POST /echo HTTP/1.0\r\n" + EXPECTING % 1 + b"1")
    assert read_all(waiting).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("headers", [b"", b"Connection: close\r\n"], ids=["kept open", "to be closed"])
def test_a_client_that_reads_only_when_all_is_sent_gets_its_response(
    connect: Connect, headers: bytes
) -> None:
    sending = connect()
    sending.sendall(post("/echo", bytes(50_000_000), headers=headers))
    response = read_all(sending)
    assert response.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in response


def test_a_client_that_never_stops_sending_is_disconnected_in_the_end(connect: Connect) -> None:
    sending = connect()
    sending.sendall(post("/echo", b"", declared=10**12))

    def is_gone() -> bool:
        try:
            sending.sendall(b"x" * 1000)
        except OSError:
            return True
        return False

    wait_until(is_gone)


def test_a_connection_is_kept_open_for_the_time_of_the_setting(connect: Connect) -> None:
    assert settings().keep_alive_seconds > 60  # by default, as long as balancers wait
    idle = connect()
    idle.sendall(post("/echo", b"1"))
    assert read_all(idle).endswith(b"1")


def test_what_is_no_http_gets_an_error_of_the_usual_shape(connect: Connect) -> None:
    one = connect()
    one.sendall(b"\x16\x03\x01 no HTTP at all\r\n\r\n")
    response = read_response(one)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_http")


def test_a_complete_request_is_answered_before_an_invalid_one_after_it(connect: Connect) -> None:
    one = connect()
    one.sendall(post("/slow", b"1") + b"\0\0\0 no HTTP at all\r\n\r\n")
    response = read_response(one)
    assert (response.status_code, response.content) == (200, b"1")
    assert recorded(response.headers["X-Exchange-Id"]).status == 200


def test_a_server_that_is_stopped_ends_whatever_its_clients_do(tmp_path: Path) -> None:
    limits = LIMITS | {"DIAMONDS_REQUEST_TIMEOUT_SECONDS": "600"}
    with ExitStack() as opened:
        with serving(tmp_path / "log", limits) as url:
            half_sent, held, begun, unread = (opened.enter_context(connected(url)) for _ in range(4))
            half_sent.sendall(post("/echo", b"1", declared=100))
            held.sendall(b"GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n")
            begun.sendall(b"GET /never HTTP/1.1\r\n")
            unread.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answered = httpx.post(f"{url}/echo", json=1)
        stopped = [read_response(each) for each in (half_sent, held)]
    assert [response.status_code for response in stopped] == [503, 503]
    ids = [response.headers["X-Exchange-Id"] for response in (*stopped, answered)]
    assert [recorded(each).status for each in ids] == [503, 503, 200]
