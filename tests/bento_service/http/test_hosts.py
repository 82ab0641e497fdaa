"""Under which names the service may be called: not under one that a page of another site has lead here."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.bento_service.raw_client import read_response
from tests.bento_service.recorded_service import recorded, serving

OWN = (
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost:1",
    "127.0.0.1",
    "127.0.0.1:99",
    "127.9.9.9",
    "[::1]",
    "[::1]:80",
)
FOREIGN = (
    "evil.example",
    "evil.example:3000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil-localhost",
    "user@localhost",
    "localhost@evil.example",
    "localhost, evil.example",
    "localhost evil.example",
    "localhost/evil.example",
    "localhost:port",
    "localhost:",
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "[fe80::1]",
    "[::1",
    "2130706433",
    "0x7f.1",
    "..",
    ".",
    "",
    "stones.example.",
)
STONES = ("stones.example", "STONES.example.", "stones.example:8443")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("hosts") / "log", {}) as url:
        yield url


@pytest.fixture(scope="module")
def stones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    environment = {"DIAMONDS_ALLOWED_HOSTS": '["Stones.Example", "gems.example."]'}
    with serving(tmp_path_factory.mktemp("stones") / "log", environment) as url:
        yield url


def ask(url: str, *headers: str, line: str = "GET /nothing HTTP/1.1") -> httpx.Response:
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=60) as connection:
        connection.sendall("\r\n".join([line, *headers, "", ""]).encode("latin-1"))
        return read_response(connection)


@pytest.mark.parametrize("host", OWN)
def test_the_names_of_loopback_are_ours(url: str, host: str) -> None:
    assert ask(url, f"Host: {host}").status_code == 204


@pytest.mark.parametrize("host", FOREIGN)
def test_any_other_name_is_refused_with_the_setting_that_adds_it(url: str, host: str) -> None:
    refused = ask(url, f"Host: {host}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "foreign_host")
    assert "DIAMONDS_ALLOWED_HOSTS" in refused.json()["error"]["message"]
    assert recorded(refused.headers["X-Exchange-Id"]).status == 403


@pytest.mark.parametrize("host", STONES)
def test_a_name_of_the_settings_is_ours(stones: str, host: str) -> None:
    assert ask(stones, f"Host: {host}").status_code == 204
    assert ask(stones, "Host: www.stones.example").status_code == 403


@pytest.mark.parametrize(
    "headers", [(), ("Host: localhost", "Host: localhost"), ("Host: localhost", "host: evil.example")]
)
def test_a_request_has_one_host(url: str, headers: tuple[str, ...]) -> None:
    refused = ask(url, *headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_host")


def test_a_client_of_http_1_0_may_leave_it_out(url: str) -> None:
    assert ask(url, line="GET /nothing HTTP/1.0").status_code == 204
    assert ask(url, "Host: evil.example", line="GET /nothing HTTP/1.0").status_code == 403


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        ("http://localhost/nothing", "evil.example", 204),
        ("http://localhost:80/nothing", "localhost", 204),
        ("http://[::1]:80/nothing", "localhost", 204),
        ("http://evil.example/nothing", "localhost", 403),
        ("http://evil.example:3000/nothing", "localhost", 403),
        ("http://localhost@evil.example/nothing", "localhost", 403),
        ("HTTP://EVIL.EXAMPLE/nothing", "localhost", 403),
    ],
)
def test_the_host_of_a_whole_url_counts_instead_of_the_header(
    url: str, target: str, host: str, status: int
) -> None:
    assert ask(url, f"Host: {host}", line=f"GET {target} HTTP/1.1").status_code == status


@pytest.mark.parametrize("host", ["evil.example", "10.1.2.3:3000", ""])
def test_probes_of_health_may_use_any_name(url: str, host: str) -> None:
    assert ask(url, f"Host: {host}", line="GET /readyz HTTP/1.1").status_code == 200
